// SPDX-License-Identifier: MIT
// The inputs: to be edited, their exact gradients beside numerical ones at an h that one chooses.

import { drawCurve, sentence } from "./curve.js";
import { agreement, byId, el, ENOUGH, exact, on, short } from "./dom.js";
import type { Engine, Input, View } from "./engine.js";
import type { Picture } from "./picture.js";

const ROWS = 30; // that are shown at once
const AT_ONCE = 300000; // values computed for verdicts without asking
const SMALL = 5000; // values of a graph whose slopes follow every move; of larger ones they follow when it ends

interface Line {
    id: number;
    field: HTMLInputElement;
    grad: HTMLElement;
    numeric: HTMLElement;
    agree: HTMLElement;
    row: HTMLElement;
}

export class Inputs {
    private readonly root = byId("inputs");
    private readonly filter = byId<HTMLInputElement>("filter");
    private readonly body = byId("lines");
    private readonly more = byId("more");
    private readonly problem = byId("input-problem");
    private readonly slider = byId<HTMLInputElement>("h");
    private readonly power = byId("power");
    private readonly method = byId<HTMLSelectElement>("method");
    private readonly curve = byId("curve");
    private readonly said = byId("said");
    private lines: Line[] = [];
    private view!: View;
    private known = new Map<number, Input>();
    private chosen: number | undefined;
    private first = new Map<number, number>();
    private idle = 0;
    private soon = 0;

    constructor(
        private readonly engine: Engine,
        private readonly picture: Picture,
        private readonly changed: () => void,
        private readonly measured: () => void,
    ) {
        on("filter", "input", () => this.list());
        on("reset", "click", () => this.reset());
        on("h", "input", () => this.compare());
        on("method", "change", () => this.compare());
    }

    get h(): number {
        return 10 ** Number(this.slider.value);
    }
    get central(): boolean {
        return this.method.value === "central";
    }

    /** Another graph. */
    start(view: View) {
        this.first = new Map(view.inputs.map((input) => [input.id, Number(input.data)]));
        this.chosen = view.inputs.find((input) => !input.frozen)?.id;
        this.filter.value = "";
        this.problem.textContent = "";
        this.see(view);
        this.root.hidden = !view.inputs.length;
        this.filter.hidden = view.inputs.length <= ROWS;
        this.list();
    }

    /** The same graph with other numbers. */
    renew(view: View) {
        this.see(view);
        for (const line of this.lines) {
            const input = this.known.get(line.id)!;
            if (document.activeElement !== line.field) line.field.value = exact(Number(input.data));
            line.grad.textContent = short(Number(input.grad));
            line.grad.className = "number";
            line.grad.title = "";
        }
        this.compare();
    }

    private see(view: View) {
        this.view = view;
        this.known = new Map(view.inputs.map((input) => [input.id, input]));
    }

    private list() {
        const word = this.filter.value.trim().toLowerCase();
        const found = this.view.inputs.filter((input) => input.name.toLowerCase().includes(word));
        this.lines = found.slice(0, ROWS).map((input) => this.line(input));
        this.body.replaceChildren(...this.lines.map((line) => line.row));
        this.more.textContent = found.length > ROWS ? `${ROWS} of ${found.length} inputs; type a name to see others` : "";
        this.compare();
    }

    private line(input: Input): Line {
        const field = el("input", {
            type: "text",
            inputmode: "decimal",
            value: exact(Number(input.data)),
            "aria-label": `number of ${input.name}`,
            disabled: input.frozen,
            spellcheck: "false",
            oninput: () => this.edit(line),
            onfocus: () => this.choose(input.id),
            onblur: () => {
                if (!this.problem.textContent) return;
                field.value = exact(this.data(input.id));
                this.complain(line, "");
            },
            onkeydown: (event: KeyboardEvent) => this.nudge(line, event),
        });
        const name = el(
            "th",
            { scope: "row" },
            el("button", { class: "link", onclick: () => this.choose(input.id), title: "show its error curve" }, input.name),
        );
        const [grad, numeric, agree] = [
            el("td", { class: "number" }, short(Number(input.grad))),
            el("td", { class: "number" }),
            el("td", { class: "number" }),
        ];
        if (input.frozen) agree.textContent = numeric.textContent = "–";
        if (input.frozen) field.title = "something that depends on it was computed by the program and can't be computed again here";
        const line: Line = {
            id: input.id,
            field,
            grad,
            numeric,
            agree,
            row: el("tr", {}, name, el("td", {}, field), grad, numeric, agree),
        };
        return line;
    }

    private data(id: number): number {
        return Number(this.known.get(id)?.data);
    }

    private complain(line: Line, text: string) {
        this.problem.textContent = text;
        line.field.setAttribute("aria-invalid", String(text !== ""));
        if (text) line.field.setAttribute("aria-describedby", "input-problem");
        else line.field.removeAttribute("aria-describedby");
    }

    private edit(line: Line) {
        const text = line.field.value.trim().replace("−", "-");
        const x = Number(text);
        if (text === "" || Number.isNaN(x))
            return this.complain(line, `“${line.field.value}” is not a number; write one like -1.5 or 2e-3`);
        this.complain(line, "");
        const { error } = this.engine.set(line.id, x);
        if (error) this.complain(line, error.message);
        else this.changed();
    }

    /** Up and down change the last digit but one: by a tenth of the number's size. */
    private nudge(line: Line, event: KeyboardEvent) {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        event.preventDefault();
        const x = this.data(line.id);
        const step = 10 ** Math.floor(Math.log10(Math.max(Math.abs(x), 0.1)) - 1e-9) * (event.shiftKey ? 1 : 0.1);
        line.field.value = exact(Number((x + (event.key === "ArrowUp" ? step : -step)).toPrecision(12)));
        this.edit(line);
    }

    reset() {
        for (const [id, x] of this.first) if (this.data(id) !== x) this.engine.set(id, x);
        this.problem.textContent = "";
        this.changed();
        for (const line of this.lines) line.field.value = exact(this.data(line.id));
    }

    private choose(id: number) {
        if (this.chosen === id || this.known.get(id)?.frozen) return;
        this.chosen = id;
        this.compare();
    }

    /** What depends on h, at once or, where that takes long, soon. */
    private compare() {
        this.power.textContent = this.h.toExponential(1);
        this.slider.setAttribute("aria-valuetext", `h = ${this.power.textContent}`);
        clearTimeout(this.soon);
        if (this.view.graph.values <= SMALL) this.measure();
        else this.soon = window.setTimeout(() => this.measure(), 150);
    }

    /** The numerical slopes at the present h, and the curve of the chosen input. */
    private measure() {
        let digits = 0;
        this.picture.digits.clear();
        for (const line of this.lines) {
            line.row.classList.toggle("chosen", line.id === this.chosen);
            if (line.field.disabled) continue; // nothing can be computed again
            const check = this.engine.check(line.id, this.h, this.central);
            line.numeric.textContent = short(Number(check.numeric));
            const agree = Number.isFinite(Number(check.exact)) && Number.isFinite(Number(check.numeric)) ? check.digits : NaN;
            line.agree.textContent = agreement(agree);
            line.agree.className = `number ${Number.isNaN(agree) ? "unsure" : agree >= ENOUGH ? "right" : "wrong"}`;
            this.picture.digits.set(line.id, agree);
            if (line.id === this.chosen) digits = agree;
        }
        if (this.chosen !== undefined) {
            const rows = this.engine.sweep(this.chosen);
            const name = this.known.get(this.chosen)?.name ?? "";
            if (!rows.error) {
                this.curve.replaceChildren(
                    drawCurve(rows, this.h, this.central),
                    el("figcaption", {}, `the numerical slope by ${name}: — forward, ┄ central`),
                );
                this.said.textContent = sentence(rows, this.h, this.central, digits);
            }
        }
        this.curve.hidden = this.said.hidden = this.chosen === undefined;
        this.measured();
        clearTimeout(this.idle);
        this.idle = window.setTimeout(() => this.judge(), 250);
    }

    /** Richardson's extrapolation takes a hundred evaluations: when nothing else is to do, and not on large graphs. */
    private judge() {
        for (const line of this.lines) {
            if (line.field.disabled || (this.view.graph.values * this.lines.length > AT_ONCE && line.id !== this.chosen)) continue;
            const { error, verdict, digits, numeric } = this.engine.verdict(line.id);
            if (error) continue;
            const [style, sign] =
                verdict === "right" ? ["right", "✓"] : verdict === "wrong" ? ["wrong", "✗ wrong"] : ["unsure", `? ${verdict}`];
            line.grad.title = `extrapolated: ${exact(Number(numeric))}, ${digits.toFixed(1)} digits agree: ${verdict}`;
            line.grad.className = `number ${style}`;
            line.grad.textContent = `${short(Number(this.known.get(line.id)!.grad))} ${sign}`;
        }
    }
}
