// SPDX-License-Identifier: MIT
// The boxes of the picture as they are told by the engine, linked both ways.

import type { Detail, GraphNode, Num, Span, View } from "./engine.js";

/** An arrow from `from` to `to`. */
export interface Edge {
    from: Box;
    to: Box;
    count: number;
    local: number;
    rule: string;
    id: string;
}

export interface Box {
    id: number;
    index: number;
    name: string;
    kind: GraphNode["kind"];
    node: GraphNode;
    detail: Detail;
    data: number;
    grad: number;
    folded: boolean;
    output: boolean;
    operands: Edge[];
    uses: Edge[];
}

export interface Model {
    boxes: Box[];
    byId: Map<number, Box>;
    view: View;
    total: string;
    most: number;
    middle: number;
}

/** Of many the median. */
function middle(x: Num | Span | undefined): number {
    return x === undefined ? NaN : typeof x === "object" ? Number(x.median) : Number(x);
}

function link(to: Box, byId: Map<number, Box>) {
    to.node.operands.forEach((operand, k) => {
        const from = byId.get(operand.node);
        if (!from || from === to) return;
        const { operands } = to.detail;
        const local = typeof operand.local === "object" ? Number(operand.local.min) : Number(operand.local ?? NaN);
        const known = operand.position === undefined ? operands.find(({ id }) => id === from.id) : operands[operand.position];
        const edge = {
            from,
            to,
            count: operand.count ?? 1,
            local,
            rule: to.folded || from.folded ? "" : (known?.rule ?? ""),
            id: `e${to.id}-${operand.position ?? k}`,
        };
        to.operands.push(edge);
        from.uses.push(edge);
    });
}

export function makeModel(view: View): Model {
    const boxes = view.graph.nodes.map((node, index): Box => {
        const detail = view.details[index]!;
        return {
            id: node.id,
            index,
            name: detail.name,
            kind: node.kind,
            node,
            detail,
            data: middle(node.data),
            grad: Number(detail.grad),
            folded: detail.count > 1,
            output: detail.output,
            operands: [],
            uses: [],
        };
    });
    const byId = new Map(boxes.map((box) => [box.id, box]));
    for (const box of boxes) link(box, byId);
    const sizes = boxes
        .filter((box) => box.kind !== "number" && Number.isFinite(box.grad) && box.grad !== 0)
        .map((box) => Math.abs(box.grad))
        .sort((a, b) => a - b);
    const total = view.outputs.length === 1 ? view.outputs[0]!.name : "Σ";
    return { boxes, byId, view, total, most: sizes.at(-1) ?? 0, middle: sizes[(sizes.length - 1) >> 1] ?? 0 };
}

/** How strong the colour of a number is, 0 to 1, beside the largest and the middle one (slope__strength). */
export function strength(x: number, most: number, middle: number): number {
    if (!(most > 0) || x === 0 || Number.isNaN(x)) return 0;
    return Math.min(1, Number.isFinite(x) ? Math.asinh(Math.abs(x) / middle) / Math.asinh(most / middle) : 1);
}

/** local * upstream; an exact zero is zero, even against NaN and infinity. */
export function flow(local: number, upstream: number): number {
    return local === 0 || upstream === 0 ? 0 : local * upstream;
}

/** A name that is a formula itself, in brackets. */
function quoted(name: string): string {
    return /[\s+*/^-]/.test(name) ? `(${name})` : name;
}

/** "∂L/∂e" */
export function partial(of: string, by: string): string {
    return `∂${quoted(of)}/∂${quoted(by)}`;
}
