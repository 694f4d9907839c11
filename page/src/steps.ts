// SPDX-License-Identifier: MIT
// The sweeps, step by step: forward one value after the other, then the seed, then backward every accumulation.

import { factor, short } from "./dom.js";
import type { Box, Edge, Model } from "./model.js";
import { flow, partial } from "./model.js";
import type { Shown } from "./picture.js";

export interface Step {
    half: "start" | "forward" | "backward";
    text: string;
    box?: Box;
    edge?: Edge;
    known: number;
    add?: { to: Box; term: number };
}

export function placeOf(box: Box): string {
    return box.node.file ? `${box.node.file}:${box.node.line}` : "";
}

/** Every step of the picture's boxes; a folded box is one. */
export function makeSteps(model: Model): Step[] {
    const { boxes, total } = model;
    const steps: Step[] = [{ half: "start", text: "Inputs and numbers are known; nothing is computed yet.", known: 0 }];
    for (const box of boxes) {
        if (box.kind !== "result") continue;
        const text = box.folded
            ? `forward: ${box.name}, ${box.detail.count} values of ${box.node.op}, median ${short(box.data)}`
            : `forward: ${box.name} = ${box.detail.formula} = ${box.detail.arithmetic} = ${short(box.data)}`;
        steps.push({ half: "forward", text, box, known: box.index + 1 });
    }
    const known = boxes.length;
    for (const box of boxes.filter((b) => b.output))
        steps.push({
            half: "backward",
            text: `backward: ${box.name}.grad = 1, the seed: ${partial(total, box.name)} = 1`,
            box,
            known,
            add: { to: box, term: 1 },
        });
    const sums = new Map<Box, number>(boxes.filter((b) => b.output).map((b) => [b, 1]));
    for (const to of [...boxes].reverse()) {
        if (model.view.graph.folded || model.view.graph.left_out) {
            if (to.kind !== "number" && !to.output)
                steps.push({
                    half: "backward",
                    text: `backward: ${to.name}, ${to.detail.count === 1 ? "its gradient is" : `${to.detail.count} gradients, median`} ${short(to.grad)}`,
                    box: to,
                    known,
                    add: { to, term: to.grad },
                });
            continue;
        }
        const upstream = sums.get(to) ?? 0;
        for (const edge of to.operands) {
            if (edge.from.kind === "number") continue; // a number does not vary
            const before = sums.get(edge.from);
            const term = flow(edge.local, upstream);
            const sum = (before ?? 0) + term;
            sums.set(edge.from, sum);
            const { rule } = edge;
            const place = placeOf(to);
            steps.push({
                half: "backward",
                box: to,
                edge,
                known,
                add: { to: edge.from, term },
                text:
                    `backward: ${edge.from.name}.grad += ${partial(total, to.name)} · ${partial(to.name, edge.from.name)} = ${factor(upstream)} · ${factor(edge.local)} = ${short(term)}` +
                    (before === undefined ? "" : `   (${short(before)} → ${short(sum)})`) +
                    (rule ? `   rule ${rule}` : "") +
                    (place ? `   ${place}` : ""),
            });
        }
    }
    return steps;
}

/** What is known after step k. */
export function shownAt(steps: Step[], k: number): Shown {
    const step = steps[k]!;
    const sums = new Map<Box, number>();
    for (let i = 0; i <= k; i++) {
        const add = steps[i]!.add;
        if (add) sums.set(add.to, (sums.get(add.to) ?? 0) + add.term);
    }
    const backward = step.half === "backward";
    return {
        whole: false,
        active: step.add?.to ?? step.box,
        edge: step.edge,
        data: (box) => box.kind !== "result" || box.index < step.known,
        grad: (box) => (backward ? (sums.get(box) ?? 0) : undefined),
    };
}

/** All is known: the picture as it came. */
export const everything: Shown = { whole: true, data: () => true, grad: (box) => box.grad };

/** Plays steps in time and tells whoever listens. */
export class Player {
    steps: Step[] = [];
    at = 0;
    playing = false;
    speed = 1;
    private timer = 0;

    constructor(private readonly changed: (player: Player) => void) {}

    get last(): number {
        return this.steps.length;
    } // one behind the steps: everything
    get shown(): Shown {
        return this.at >= this.steps.length ? everything : shownAt(this.steps, this.at);
    }

    reset(steps: Step[], keep: boolean) {
        this.pause(true);
        const atEnd = !keep || this.at >= this.last || steps.length !== this.steps.length;
        this.steps = steps;
        this.at = atEnd ? this.last : this.at;
    }

    go(to: number) {
        this.at = Math.max(0, Math.min(this.last, to));
        this.changed(this);
    }

    pause(silent = false) {
        clearTimeout(this.timer);
        if (!this.playing) return;
        this.playing = false;
        if (!silent) this.changed(this);
    }

    play() {
        this.playing = true;
        this.go(this.at >= this.last ? 0 : this.at);
        const next = () => {
            if (!this.playing) return;
            if (this.at >= this.last) return this.pause();
            this.go(this.at + 1);
            this.timer = window.setTimeout(next, 900 / this.speed);
        };
        this.timer = window.setTimeout(next, 900 / this.speed);
    }

    toggle() {
        if (this.playing) this.pause();
        else this.play();
    }
}
