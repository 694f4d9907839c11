// SPDX-License-Identifier: MIT
// Elements, numbers as text, and nothing else.

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | ((event: never) => void)>;

/** An element with attributes, listeners (keys that begin with "on") and children. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
        else if (value === true) element.setAttribute(name, "");
        else if (value !== false) element.setAttribute(name, String(value));
    }
    element.append(...children.filter((child) => child !== null));
    return element;
}

/** The same for SVG, without listeners. */
export function svg(tag: string, attributes: Record<string, string | number>, ...children: Child[]) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children.filter((child) => child !== null));
    return element;
}

export function byId<T extends Element = HTMLElement>(id: string): T {
    return document.getElementById(id) as unknown as T;
}

/** A number as slope__number_short writes it: whole if it is short, else 4 significant digits. */
export function short(x: number): string {
    if (Number.isNaN(x)) return "NaN";
    if (!Number.isFinite(x)) return x > 0 ? "Inf" : "-Inf";
    const whole = Object.is(x, -0) ? "-0" : exact(x);
    if (whole.length <= 8) return whole;
    const size = Math.abs(x);
    return size >= 1e4 && size < 1e7 ? String(Math.round(x)) : exact(Number(x.toPrecision(4)));
}

/** The fewest digits that read back to the same number. */
export function exact(x: number): string {
    return Number.isFinite(x) ? String(x).replace("e+", "e") : short(x);
}

/** 65,818 */
export function count(n: number): string {
    return n < 1e15 ? n.toLocaleString("en-US") : exact(Number(n.toPrecision(3)));
}

/** "2 paths", "1 path" */
export function plural(n: number, word: string): string {
    return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** A sign that repeats what colour says. */
export function glyph(x: number): string {
    return x > 0 ? "▲" : x < 0 ? "▼" : "\u00a0";
}

/** Negative numbers in brackets, so that a product can be read. */
export function factor(x: number): string {
    return x < 0 ? `(${short(x)})` : short(x);
}

/** So many digits in common are agreement of an exact and a numerical slope. */
export const ENOUGH = 4;

/** "✓ 9.9"; what is not finite has no digits. */
export function agreement(digits: number): string {
    return Number.isNaN(digits) ? "–" : `${digits >= ENOUGH ? "✓" : "✗"} ${digits.toFixed(1)}`;
}
