// SPDX-License-Identifier: MIT
// The SVG on the page: renewing it without losing focus, painting it, walking over it by keys.

import { agreement, byId, ENOUGH, glyph, short, svg } from "./dom.js";
import type { Box, Edge, Model } from "./model.js";
import { strength } from "./model.js";

export type Mode = "gradient" | "value" | "error" | "finite";

/** What is shown while stepping; undefined: not known yet. */
export interface Shown {
    data: (box: Box) => boolean;
    grad: (box: Box) => number | undefined;
    active?: Box;
    edge?: Edge;
    whole: boolean;
}

const ADVANCE = 7.2; // units that a letter of 12 px is wide, as in svg.c
const PAD = 8; // between text and outline

export class Picture {
    model!: Model;
    mode: Mode = "gradient";
    digits = new Map<number, number>(); // agreeing digits by input
    private elements = new Map<number, SVGGElement>();
    private texts = new Map<SVGTextElement, string>(); // what stands in a text when nothing is stepped

    get svg(): SVGSVGElement {
        return byId<SVGSVGElement>("graph");
    }
    element(box: Box): SVGGElement {
        return this.elements.get(box.id)!;
    }
    arrow(edge: Edge): SVGGElement {
        return byId<SVGGElement>(edge.id);
    }
    boxAt(target: EventTarget | null): Box | undefined {
        const g = (target as Element | null)?.closest<SVGGElement>("g.box");
        return g ? this.model.byId.get(Number(g.dataset.number)) : undefined;
    }
    edgeAt(target: EventTarget | null): Edge | undefined {
        const g = (target as Element | null)?.closest<SVGGElement>("g.edge");
        return g ? this.model.byId.get(Number(g.dataset.to))?.operands.find((edge) => edge.id === g.id) : undefined;
    }

    /** Shows another model: in place where it is the same graph with other numbers, so that focus and places stay. */
    show(model: Model, sameGraph: boolean) {
        this.model = model;
        const made = new DOMParser().parseFromString(`<body>${model.view.svg}`, "text/html").querySelector("svg")!;
        if (sameGraph) this.patch(made);
        else this.svg.replaceWith(made);
        this.elements.clear();
        this.texts.clear();
        for (const box of model.boxes) this.elements.set(box.id, byId<SVGGElement>(`n${box.id}`));
        for (const text of this.svg.querySelectorAll("text")) this.texts.set(text, text.textContent);
        if (!sameGraph) this.rove(model.boxes[0]);
    }

    private patch(made: SVGSVGElement) {
        for (const from of made.querySelectorAll<SVGGElement>("g.box, g.edge")) {
            const to = byId<SVGGElement>(from.id);
            for (const name of ["class", "style", "aria-label"]) {
                const value = from.getAttribute(name);
                if (value !== null) to.setAttribute(name, value);
            }
            to.replaceChildren(...from.childNodes);
        }
    }

    /** Colours every box by the mode, and hides what is not known yet. */
    paint(shown: Shown) {
        const { boxes, view } = this.model;
        const values = boxes
            .map((box) => Math.abs(box.data))
            .filter((x) => Number.isFinite(x) && x > 0)
            .sort((a, b) => a - b);
        const most = this.mode === "value" ? (values.at(-1) ?? 0) : this.model.most;
        const middle = this.mode === "value" ? values[(values.length - 1) >> 1]! : this.model.middle;
        for (const box of boxes) {
            const grad = shown.grad(box);
            const known = shown.data(box);
            const x = this.mode === "gradient" ? (box.kind === "number" ? 0 : (grad ?? 0)) : this.mode === "value" && known ? box.data : 0;
            const digits = this.digits.get(box.id);
            const odd = known && (!Number.isFinite(box.data) || (grad !== undefined && !Number.isFinite(grad) && box.kind !== "number"));
            const g = this.element(box);
            const on = (name: string, is: boolean) => g.classList.toggle(name, is);
            on("pos", x > 0);
            on("neg", x < 0);
            on("pending", !known);
            on("odd", odd && (shown.whole || this.mode === "finite"));
            on("first", view.origin?.box === box.id);
            on("dead", shown.whole && box.detail.dead && this.mode === "gradient");
            on("active", shown.active === box);
            const checked = this.mode === "error" && digits !== undefined && !Number.isNaN(digits);
            on("agree", checked && digits >= ENOUGH);
            on("differ", checked && digits < ENOUGH);
            this.mark(box, checked ? agreement(digits) : "");
            g.style.setProperty("--t", `${Math.round(100 * strength(x, most, middle))}%`);
            this.write(box, shown, grad, known);
        }
        for (const arrow of this.svg.querySelectorAll(".edge.active")) arrow.classList.remove("active");
        if (shown.edge) this.arrow(shown.edge)?.classList.add("active");
    }

    /** In the upper right corner, which is empty in boxes of inputs. */
    private mark(box: Box, text: string) {
        const g = this.element(box);
        g.querySelector(".mark")?.remove();
        if (!text) return;
        const name = g.querySelector(".name")!;
        const right = g.querySelector<SVGPathElement>(".shape")!.getBBox().width - PAD;
        g.append(svg("text", { class: "mark", x: right, y: name.getAttribute("y")!, "text-anchor": "end" }, text));
    }

    /** The lines of a box: all as the engine wrote them, or while stepping what is known so far. */
    private write(box: Box, shown: Shown, grad: number | undefined, known: boolean) {
        for (const text of this.element(box).querySelectorAll<SVGTextElement>("text:not(.mark)")) {
            const own = text.classList;
            let line = this.texts.get(text)!;
            if (!shown.whole && own.contains("data")) line = known ? line : "\u00a0\u00a0data ·";
            if (!shown.whole && own.contains("grad"))
                line = grad === undefined ? "\u00a0\u00a0grad ·" : `${glyph(grad)}\u00a0grad\u00a0${short(grad)}`;
            own.toggle("unknown", !shown.whole && ((own.contains("stat") && !known) || (own.contains("paths") && grad !== box.grad)));
            if (text.textContent === line) continue;
            text.textContent = line;
            const room = this.element(box).querySelector<SVGPathElement>(".shape")!.getBBox().width - 2 * PAD;
            text.setAttribute("textLength", Math.min(line.length * ADVANCE, room).toFixed(1));
        }
    }

    /** Lets these stand out, or nothing. */
    highlight(boxes: Iterable<Box>, edges: Iterable<Edge>) {
        for (const old of this.svg.querySelectorAll(".lit")) old.classList.remove("lit");
        for (const box of boxes) this.element(box).classList.add("lit");
        for (const edge of edges) this.arrow(edge)?.classList.add("lit");
    }

    /** One box is in the order of the Tab key; the arrow keys go on from there. */
    rove(box: Box | undefined) {
        if (!box) return;
        for (const g of this.svg.querySelectorAll("g.box[tabindex='0']")) g.setAttribute("tabindex", "-1");
        this.element(box).setAttribute("tabindex", "0");
    }

    focus(box: Box | undefined) {
        if (!box) return;
        this.rove(box);
        this.element(box).focus({ preventScroll: true });
    }

    /** Where a key leads from a box: along the arrows, or among its neighbours. */
    neighbour(box: Box, key: string): Box | undefined {
        const { boxes } = this.model;
        const siblings = box.uses[0]?.to.operands.map((edge) => edge.from) ?? [];
        const at = siblings.indexOf(box);
        switch (key) {
            case "ArrowLeft":
                return box.operands[0]?.from;
            case "ArrowRight":
                return box.uses[0]?.to;
            case "ArrowUp":
                return siblings[at - 1] ?? boxes[box.index - 1];
            case "ArrowDown":
                return siblings[at + 1] ?? boxes[box.index + 1];
            case "Home":
                return boxes[0];
            case "End":
                return boxes.at(-1);
            default:
                return undefined;
        }
    }
}
