// SPDX-License-Identifier: MIT
// The error of a numerical slope against h: truncation falls from the right, rounding rises to the left.

import { short, svg } from "./dom.js";
import type { Row } from "./engine.js";

const [W, H, LEFT, BOTTOM, TOP, RIGHT] = [340, 210, 44, 34, 22, 18];
const [LOW, HIGH] = [-16, 2]; // decades of the error that are drawn

const error = (row: Row, central: boolean) => Number(central ? row.central_error : row.forward_error);
const x = (h: number) => W - RIGHT + ((Math.log10(h) + 1) / 15) * (W - LEFT - RIGHT);
const y = (e: number) => TOP + ((HIGH - Math.max(LOW, Math.min(HIGH, Math.log10(e)))) / (HIGH - LOW)) * (H - TOP - BOTTOM);

function line(rows: Row[], central: boolean) {
    const points = rows
        .filter((row) => Number.isFinite(error(row, central)))
        .map((row) => `${x(row.h).toFixed(1)},${y(error(row, central)).toFixed(1)}`);
    return svg("polyline", { class: central ? "central" : "forward", points: points.join(" ") });
}

function axes() {
    const parts: Element[] = [];
    for (let d = -16; d <= -1; d += 5) parts.push(svg("text", { x: x(10 ** d), y: H - BOTTOM + 14, "text-anchor": "middle" }, `1e${d}`));
    for (let d = LOW; d <= HIGH; d += 6) {
        parts.push(svg("text", { x: LEFT - 5, y: y(10 ** d) + 4, "text-anchor": "end" }, `1e${d}`));
        parts.push(svg("path", { class: "grid", d: `M${LEFT} ${y(10 ** d)}H${W - RIGHT}` }));
    }
    parts.push(svg("text", { class: "label", x: (LEFT + W) / 2, y: H - 4, "text-anchor": "middle" }, "step h"));
    parts.push(svg("text", { class: "label", x: 4, y: 12 }, "|numeric − exact|"));
    return parts;
}

/** Where the error is least, among those that are numbers. */
function best(rows: Row[], central: boolean): Row {
    return rows.reduce((a, b) => (error(b, central) < error(a, central) || !Number.isFinite(error(a, central)) ? b : a));
}

/** The picture, with a line at this h. */
export function drawCurve(rows: Row[], h: number, central: boolean): SVGElement {
    const least = best(rows, central);
    const words = [
        svg("text", { class: "arm", x: LEFT + 6, y: TOP + 12 }, "← rounding"),
        svg("text", { class: "arm", x: W - RIGHT - 4, y: TOP + 12, "text-anchor": "end" }, "truncation →"),
    ];
    const here = rows.reduce((a, b) => (Math.abs(Math.log(b.h / h)) < Math.abs(Math.log(a.h / h)) ? b : a));
    const at = Number.isFinite(error(here, central))
        ? svg("circle", { class: central ? "central" : "forward", cx: x(h), cy: y(error(here, central)), r: 4 })
        : null;
    return svg(
        "svg",
        { class: "curve", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `error against h; smallest at h = ${short(least.h)}` },
        ...axes(),
        svg("path", { class: "now", d: `M${x(h)} ${TOP}V${H - BOTTOM}` }),
        line(rows, false),
        line(rows, true),
        ...words,
        at,
    );
}

/** What is seen at this h, in a sentence. */
export function sentence(rows: Row[], h: number, central: boolean, digits: number): string {
    const least = best(rows, central);
    if (!Number.isFinite(error(least, central))) return "No h gives a number to compare with here.";
    if (Number.isNaN(digits)) return `At h = ${h.toExponential(1)} the numerical slope is no number; others are.`;
    const why =
        error(least, central) === 0 && h >= least.h
            ? "the formula happens to be exact here"
            : h < least.h / 4
              ? "h is so small that rounding dominates"
              : h > least.h * 4
                ? "h is so large that truncation dominates"
                : "this is near the best h";
    return `At h = ${h.toExponential(1)} ${digits.toFixed(1)} digits agree: ${why}. Smallest error ${short(error(least, central))} at h = ${least.h.toExponential(1)}.`;
}
