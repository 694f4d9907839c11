// SPDX-License-Identifier: MIT
// What is told about a box or an arrow: the chain rule with its numbers, and every way to the output.

import { byId, count, el, exact, factor, plural, short } from "./dom.js";
import type { Engine } from "./engine.js";
import type { Box, Edge, Model } from "./model.js";
import { flow, partial } from "./model.js";
import type { Picture } from "./picture.js";
import { placeOf } from "./steps.js";

const ENDS = 4; // names of a long path that are told from either end

/** "a → b → … 30 more → loss" */
function brief(names: string[]): string[] {
    const hidden = names.length - 2 * ENDS;
    return hidden > 1 ? [...names.slice(0, ENDS), `… ${hidden} more`, ...names.slice(-ENDS)] : names;
}

/** "1 (×17) · 0.92": factors that repeat are counted. */
function productOf(factors: number[]): string {
    const runs: { x: number; n: number }[] = [];
    for (const x of factors) {
        const last = runs.at(-1);
        if (last && Object.is(last.x, x)) last.n++;
        else runs.push({ x, n: 1 });
    }
    return brief(runs.map(({ x, n }) => (n > 2 ? `${factor(x)} (×${n})` : Array<string>(n).fill(factor(x)).join(" · ")))).join(" · ");
}

export class Details {
    readonly root = byId("details");
    private pinned: Box | undefined;
    private told: Box | Edge | undefined;

    constructor(
        private readonly engine: Engine,
        private readonly picture: Picture,
    ) {
        this.clear();
    }

    private get model(): Model {
        return this.picture.model;
    }

    clear() {
        this.pinned = this.told = undefined;
        this.fill("Why is a gradient what it is?", [
            el(
                "p",
                {},
                "Point at a box or an arrow, or walk over them with the arrow keys: its chain rule is told here. Click a box, or press Enter, for every path from it to the output.",
            ),
        ]);
        if (this.picture.model) this.picture.highlight([], []);
    }

    /** Told again with other numbers; of another graph, if it has a value of the same name. */
    renew() {
        const box = this.pinned && this.model.boxes.find(({ name }) => name === this.pinned!.name);
        if (box) this.pin(box);
        else this.clear();
    }

    private fill(title: string, parts: Node[]) {
        byId("details-title").textContent = title;
        byId("told").replaceChildren(...parts);
        this.root.classList.toggle("idle", !this.told);
    }

    /** While pointing; what is pinned comes back afterwards. */
    peek(what: Box | Edge) {
        if (what === this.told) return;
        this.told = what;
        if (what === this.pinned) {
            this.pin(what);
        } else if ("uses" in what) {
            this.tell(what, []);
        } else {
            this.picture.highlight([what.from, what.to], [what]);
            this.fill(`arrow ${what.from.name} → ${what.to.name}`, this.arrow(what));
        }
    }

    unpeek() {
        if (this.told !== this.pinned) this.renew();
    }

    pin(box: Box) {
        this.pinned = this.told = box;
        this.tell(box, this.paths(box));
    }

    private tell(box: Box, more: Node[]) {
        this.picture.highlight([box, ...box.uses.map((edge) => edge.to)], box.uses);
        this.fill(box.folded ? `${box.name} × ${count(box.detail.count)}` : box.name, [...this.facts(box), ...this.rule(box), ...more]);
    }

    private facts(box: Box): Node[] {
        const list = el("dl");
        const row = (name: string, ...value: (Node | string)[]) => list.append(el("dt", {}, name), el("dd", {}, ...value));
        const number = (x: number, hex: string) => (hex ? `${exact(x)}  (${hex})` : exact(x));
        if (box.folded) {
            row("folded", `${plural(box.detail.count, "value")} made in the same way: ${box.kind === "result" ? box.node.op : box.kind}`);
            row("median", `data ${short(box.data)}, gradient ${short(box.grad)}`);
            return [list];
        }
        if (box.kind === "result") row("came about", `${box.detail.formula} = ${box.detail.arithmetic}`);
        else row("kind", box.kind);
        row("data", number(box.data, box.detail.data_hex));
        row("gradient", box.kind === "number" ? `${exact(box.grad)}, but a number does not vary` : number(box.grad, box.detail.grad_hex));
        if (placeOf(box)) row("place", el("code", {}, placeOf(box)));
        return [list];
    }

    /** The product for one use. */
    private product(edge: Edge): string {
        const { total } = this.model;
        return `${partial(total, edge.to.name)} · ${partial(edge.to.name, edge.from.name)} = ${factor(edge.to.grad)} · ${factor(edge.local)} = ${short(flow(edge.local, edge.to.grad))}`;
    }

    private rule(box: Box): Node[] {
        const { total, view } = this.model;
        if (box.kind === "number") return [];
        if (view.graph.folded && (box.folded || box.uses.some((edge) => edge.to.folded || edge.count > 1)))
            return [el("p", { class: "quiet" }, "Part of it is folded: open boxes to follow single values.")];
        const name = partial(total, box.name);
        const lines = box.uses.map((edge) =>
            el("li", {}, el("code", {}, `${name}${box.uses.length > 1 ? "  +=  " : " = "}${this.product(edge)}`), this.because(edge)),
        );
        const terms = box.uses.map((edge) => flow(edge.local, edge.to.grad));
        const hidden = box.detail.uses - box.uses.length;
        if (hidden > 0) lines.push(el("li", {}, el("small", {}, `${plural(hidden, "use")} that ${hidden > 1 ? "are" : "is"} not drawn`)));
        if (box.output) {
            lines.push(
                el(
                    "li",
                    {},
                    el("code", {}, `${name}${lines.length ? "  +=  1" : " = 1"}`),
                    el("small", {}, `the seed: ${box.name} is ${view.outputs.length > 1 ? "one of the outputs" : "the output"}`),
                ),
            );
            terms.push(1);
        }
        const parts: Node[] = [el("h3", {}, "chain rule"), el("ol", { class: "rule" }, ...lines)];
        if (terms.length + hidden > 1)
            parts.push(
                el(
                    "p",
                    { class: "sum" },
                    el("code", {}, `${name} = ${terms.map(factor).join(" + ")}${hidden > 0 ? " + …" : ""} = ${short(box.grad)}`),
                    el("br"),
                    `${plural(terms.length + hidden, "path")} meet here, and their contributions add up`,
                ),
            );
        if (box.grad === 0 && lines.length)
            parts.push(el("p", { class: "quiet" }, "Its gradient is 0: to first order the output does not change with it."));
        return parts;
    }

    private because(edge: Edge): HTMLElement {
        const { rule } = edge;
        const place = placeOf(edge.to);
        return el("small", {}, [rule && `since ${rule}`, place].filter(Boolean).join(", "));
    }

    private arrow(edge: Edge): Node[] {
        if (edge.count > 1) return [el("p", {}, `${plural(edge.count, "operand")}; the local derivatives begin at ${short(edge.local)}`)];
        return [
            el("p", {}, el("code", {}, `${partial(edge.to.name, edge.from.name)} = ${exact(edge.local)}`), " ", this.because(edge)),
            el("p", {}, "it brings back ", el("code", {}, this.product(edge))),
        ];
    }

    private paths(box: Box): Node[] {
        if (box.folded) return [];
        const { paths, listed } = this.engine.paths(box.id);
        if (!listed?.length) return [];
        const total = Number(paths);
        const lines = listed.map((path) => {
            const light = () => {
                const boxes = path.nodes.map((id) => this.model.byId.get(id)).filter((b) => b !== undefined);
                const edges = boxes.flatMap((b, k) => b.uses.filter((edge) => edge.to === boxes[k + 1]));
                this.picture.highlight(boxes, edges);
            };
            const product = path.local.length ? ` ${productOf(path.local.map(Number))} =` : "";
            return el(
                "li",
                {},
                el(
                    "button",
                    { class: "path", onmouseenter: light, onfocus: light, onclick: light },
                    el("span", {}, brief(path.names).join(" → ")),
                    el("code", {}, `${product} ${short(Number(path.contribution))}`),
                ),
            );
        });
        const sum = listed.reduce((s, path) => s + Number(path.contribution), 0);
        const all = total === listed.length;
        return [
            el("h3", {}, `${plural(total, "path")} to ${this.model.total}${all ? "" : `, the ${listed.length} that bring most`}`),
            el("ol", { class: "paths" }, ...lines),
            el(
                "p",
                { class: "sum" },
                el("code", {}, `sum ${all ? "" : "of these "}= ${short(sum)}`),
                all ? "" : ` of ${short(box.grad)} in all`,
            ),
        ];
    }
}
