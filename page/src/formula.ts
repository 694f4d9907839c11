// SPDX-License-Identifier: MIT
// The field for a formula, whose errors point at the place, and the gallery.

import { byId, el, on } from "./dom.js";
import type { Engine, View } from "./engine.js";

export interface Example {
    name: string;
    title: string;
    formula: string;
    inputs: string;
    note: string;
}

/** "a=2 b=-3" */
export function readNumbers(text: string): Map<string, number> {
    return new Map(
        text
            .split(/\s+/)
            .filter(Boolean)
            .map((pair) => [pair.slice(0, pair.indexOf("=")), Number(pair.slice(pair.indexOf("=") + 1))]),
    );
}

export class Formula {
    private readonly field = byId<HTMLTextAreaElement>("formula");
    private readonly error = byId("formula-error");
    private readonly note = byId("formula-note");
    private numbers = new Map<string, number>();
    private timer = 0;
    private writing = 0;

    constructor(
        private readonly engine: Engine,
        private readonly examples: Example[],
        text: string,
        private readonly changed: () => void,
    ) {
        const gallery = document.querySelector<HTMLElement>(".gallery")!;
        for (const example of examples)
            gallery.append(el("button", { "data-example": example.name, onclick: () => this.choose(example) }, example.title));
        gallery.hidden = !examples.length;
        this.field.value = text;
        on("formula", "input", () => this.later());
    }

    /** Numbers that names have, so that they keep them when the formula changes. */
    remember(view: View) {
        for (const input of view.inputs) this.numbers.set(input.name, Number(input.data));
    }

    /** What the address says, as "#f=a*b&a=2"; false if it says nothing. */
    fromAddress(): boolean {
        const words = new URLSearchParams(location.hash.slice(1));
        const text = words.get("f");
        if (!text) return false;
        words.delete("f");
        this.field.value = text;
        this.numbers = new Map([...words].map(([name, x]) => [name, Number(x)]));
        this.markPresent();
        return this.read();
    }

    /** When the hand rests: browsers refuse to write too often. */
    toAddress(view: View) {
        if (!this.examples.length) return;
        clearTimeout(this.writing);
        this.writing = window.setTimeout(() => {
            const words = new URLSearchParams([["f", this.field.value], ...view.inputs.map(({ name, data }) => [name, String(data)])]);
            history.replaceState(null, "", `#${words}`);
        }, 400);
    }

    mark(name: string | undefined) {
        for (const button of document.querySelectorAll<HTMLElement>("[data-example]"))
            button.setAttribute("aria-pressed", String(button.dataset.example === name));
        const example = this.examples.find((e) => e.name === name);
        this.note.textContent = example?.note ?? "";
        if (example) this.call(example.title);
    }

    /** What is above the picture is what is in it. */
    private call(title: string) {
        document.querySelector("h1")!.textContent = title;
        document.title = `${title} – Slope`;
    }

    /** Marks the example that the page began with. */
    markPresent() {
        this.mark(this.examples.find((example) => example.formula === this.field.value)?.name);
    }

    private choose(example: Example) {
        this.field.value = example.formula;
        this.numbers = readNumbers(example.inputs);
        this.read();
        this.mark(example.name);
    }

    private later() {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => {
            this.mark(undefined);
            this.read();
        }, 150);
    }

    private read(): boolean {
        clearTimeout(this.timer);
        const { error } = this.field.value.trim()
            ? this.engine.parse(this.field.value, this.numbers)
            : { error: { message: "type a formula, as (a*b + c) * f", caret: "" } };
        this.field.setAttribute("aria-invalid", String(!!error));
        this.error.textContent = error ? `${error.caret ?? ""}\n${error.message}`.trim() : "";
        byId("picture").classList.toggle("old", !!error);
        if (error) return false;
        this.call(this.field.value);
        this.changed();
        return true;
    }
}
