// SPDX-License-Identifier: MIT
// What is told about a box or an arrow: the chain rule with its numbers, and every way to the output.

import { count, el, exact, factor, plural, short } from "./dom.js";
import type { Engine } from "./engine.js";
import type { Box, Edge, Model } from "./model.js";
import { arithmetic, flow, partial } from "./model.js";
import type { Picture } from "./picture.js";
import { placeOf, ruleOf } from "./steps.js";

export class Details {
    readonly root = el("section", { id: "details", "aria-labelledby": "details-title" });
    private pinned: Box | undefined;

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
        this.pinned = undefined;
        this.fill("Why is a gradient what it is?", [
            el(
                "p",
                {},
                "Point at a box or an arrow, or walk over them with the arrow keys: its chain rule is told here. Click a box, or press Enter, for every path from it to the output.",
            ),
        ]);
        if (this.picture.model) this.picture.highlight([], []);
    }

    /** Told again with other numbers. */
    renew() {
        const box = this.pinned && this.model.byId.get(this.pinned.id);
        if (box) this.pin(box);
        else this.clear();
    }

    private fill(title: string, parts: Node[]) {
        const live = el("div", { "aria-live": "polite" }, ...parts);
        this.root.replaceChildren(el("h2", { id: "details-title" }, title), live);
    }

    /** While pointing; what is pinned comes back afterwards. */
    peek(what: Box | Edge) {
        if ("uses" in what) {
            this.tell(what, []);
        } else {
            this.picture.highlight([what.from, what.to], [what]);
            this.fill(`arrow ${what.from.name} → ${what.to.name}`, this.arrow(what));
        }
    }

    unpeek() {
        this.renew();
    }

    pin(box: Box) {
        this.pinned = box;
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
        row("came about", box.kind === "result" ? `${box.detail.formula} = ${arithmetic(box, factor)}` : box.kind);
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
        if (terms.length > 1)
            parts.push(
                el(
                    "p",
                    { class: "sum" },
                    el("code", {}, `${name} = ${terms.map(factor).join(" + ")} = ${short(box.grad)}`),
                    ` ${plural(terms.length, "path")} meet here, and their contributions add up`,
                ),
            );
        if (box.grad === 0 && lines.length)
            parts.push(el("p", { class: "quiet" }, "Its gradient is 0: to first order the output does not change with it."));
        return parts;
    }

    private because(edge: Edge): HTMLElement {
        const rule = ruleOf(edge);
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
            const product = path.local.length ? ` ${path.local.map((x) => factor(Number(x))).join(" · ")} =` : "";
            return el(
                "li",
                {},
                el(
                    "button",
                    { class: "path", onmouseenter: light, onfocus: light, onclick: light },
                    el("span", {}, path.names.join(" → ")),
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
