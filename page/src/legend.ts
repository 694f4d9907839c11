// SPDX-License-Identifier: MIT
// What outlines, colours and signs of the picture mean.

import { el, short } from "./dom.js";
import type { Model } from "./model.js";
import type { Mode } from "./picture.js";

function swatch(classes: string, percent: number, text: string): HTMLElement {
    return el("span", { class: "row" }, el("i", { class: `swatch ${classes}`, style: `--t:${percent}%` }), text);
}

/** The colours from one end to the other. */
function scale(low: string, high: string): HTMLElement[] {
    return [swatch("neg", 100, low), swatch("neg", 30, ""), swatch("zero", 0, "0"), swatch("pos", 30, ""), swatch("pos", 100, high)];
}

export function legend(model: Model, mode: Mode): HTMLElement[] {
    const { most, total, view } = model;
    const parts = ["input", "number", "result", "output"].map((kind) => swatch(kind, 0, kind));
    if (view.graph.folded) parts.push(swatch("folded", 0, "× n: many values folded"));
    if (mode === "gradient") parts.push(...scale(`▼ ${short(-most)}`, `▲ ${short(most)}, colour and outline: gradient of ${total}`));
    if (mode === "gradient") parts.push(swatch("dead", 0, "gradient exactly 0"));
    if (mode === "value") parts.push(...scale("▼ negative", "▲ positive, colour and outline: value"));
    if (mode === "error")
        parts.push(swatch("agree", 0, "✓ the numerical slope agrees on 4 digits and more"), swatch("differ", 0, "✗ on fewer"));
    parts.push(swatch("odd", 0, "not finite"), el("span", {}, "on an arrow: the local derivative"));
    return parts;
}
