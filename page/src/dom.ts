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

/** Calls `act` when that happens to the element of this name. */
export function on(id: string, event: string, act: (event: never) => void) {
    byId(id).addEventListener(event, act as EventListener);
}

/** 1.5e-7 with so many digits, or the fewest that read back; without zeros at the end. */
function scientific(x: number, digits?: number): string {
    const [mantissa, exponent] = x.toExponential(digits && digits - 1).split("e");
    return `${digits ? Number(mantissa) : mantissa}e${Number(exponent)}`;
}

const exponentOf = (text: string) => Number(text.split("e")[1]);

/** A number as slope__number_short of 4 digits writes it: whole if it is short, else so many digits. */
export function short(x: number): string {
    const whole = exact(x);
    if (!Number.isFinite(x) || whole.length <= 8) return whole;
    const brief = scientific(x, 4);
    const exponent = exponentOf(brief);
    if (exponent >= 4 && exponent < 7) return x.toFixed(0);
    return exponent < -3 || exponent >= 4 ? brief : String(Number(x.toPrecision(4)));
}

/** The fewest digits that read back to the same number, as slope__number writes them. */
export function exact(x: number): string {
    if (Number.isNaN(x)) return "NaN";
    if (!Number.isFinite(x)) return x > 0 ? "Inf" : "-Inf";
    if (x === 0) return Object.is(x, -0) ? "-0" : "0";
    const exponent = exponentOf(x.toExponential());
    return exponent >= -5 && exponent < 16 ? String(x) : scientific(x);
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
