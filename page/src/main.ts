// SPDX-License-Identifier: MIT
// The page: its controls, and who tells whom.  Without this script the picture and the table are there already.

import { Details } from "./details.js";
import controls from "./controls.html";
import { byId, count, el, on, plural } from "./dom.js";
import { Engine } from "./engine.js";
import header from "./header.html";
import type { View } from "./engine.js";
import type { Example } from "./formula.js";
import { Formula } from "./formula.js";
import { Inputs } from "./inputs.js";
import { legend } from "./legend.js";
import { makeModel } from "./model.js";
import type { Box } from "./model.js";
import type { Mode } from "./picture.js";
import { Picture } from "./picture.js";
import { makeSteps, Player } from "./steps.js";
import { Zoom } from "./zoom.js";

interface Settings {
    kind: "formula" | "program" | "explore";
    formula: string;
    fold: boolean;
    most: number;
    down: boolean;
    gradients: boolean;
    examples: Example[];
}

const WIDE = 1300; // pictures that are wider than this have nothing beside them
const NARROW = 900; // windows, where what is told is below the picture

class Page {
    private readonly picture = new Picture();
    private readonly details: Details;
    private readonly inputs: Inputs;
    private readonly formula: Formula;
    private readonly player = new Player(() => this.step());
    private readonly zoom: Zoom;
    private readonly port = byId("port");
    private readonly banner = byId("origin");
    private readonly line = byId("step");
    private readonly slider = byId<HTMLInputElement>("at");
    private readonly search = byId<HTMLInputElement>("search");
    private readonly foldBox = byId<HTMLInputElement>("fold");
    private found: Box[] = [];
    private hit = -1;

    constructor(
        private readonly engine: Engine,
        private readonly settings: Settings,
    ) {
        this.details = new Details(engine, this.picture);
        const repaint = () => {
            if (this.picture.mode === "error") this.step();
        };
        this.inputs = new Inputs(engine, this.picture, () => this.renew("numbers"), repaint);
        this.formula = new Formula(engine, settings.examples, settings.formula, () => this.renew("graph"));
        this.foldBox.checked = settings.fold;
        byId("formula-part").hidden = settings.kind === "program";
        this.zoom = new Zoom(
            this.port,
            () => this.picture.svg,
            (percent) => {
                byId("percent").textContent = `${percent} %`;
            },
        );
        this.wire();
        this.listen();
    }

    /** What the controls do. */
    private wire() {
        const { player, zoom } = this;
        const mode = byId<HTMLSelectElement>("mode");
        on("mode", "change", () => {
            this.picture.mode = mode.value as Mode;
            this.step();
        });
        on("speed", "change", () => {
            player.speed = Number(byId<HTMLSelectElement>("speed").value);
        });
        on("fold", "change", () => this.redraw());
        on("fold-all", "click", () => {
            this.engine.close();
            this.renew("boxes");
        });
        on("search", "input", () => this.find(0));
        on("search", "keydown", (event: KeyboardEvent) => {
            if (event.key === "Enter") this.find(event.shiftKey ? -1 : 1);
        });
        on("smaller", "click", () => zoom.by(0.8));
        on("larger", "click", () => zoom.by(1.25));
        on("fit", "click", () => zoom.fit());
        on("to-start", "click", () => player.go(0));
        on("step-back", "click", () => player.go(player.at - 1));
        on("play", "click", () => player.toggle());
        on("step-on", "click", () => player.go(player.at + 1));
        on("to-end", "click", () => player.go(player.last));
        on("at", "input", () => player.go(Number(this.slider.value)));
        on("theme", "click", () => {
            const { dataset } = document.documentElement;
            const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
            dataset.theme = isDark ? "light" : "dark";
        });
    }

    private listen() {
        const over = (event: Event) => {
            const what = this.picture.boxAt(event.target) ?? this.picture.edgeAt(event.target);
            if (what) this.details.peek(what);
            else if (event.type === "pointerover") this.details.unpeek();
        };
        this.port.addEventListener("pointerover", over);
        this.port.addEventListener("pointerleave", () => this.details.unpeek());
        this.port.addEventListener("focusin", (event) => {
            const box = this.picture.boxAt(event.target);
            if (!box) return;
            this.picture.rove(box);
            this.zoom.reveal(this.picture.element(box));
            over(event);
        });
        this.port.addEventListener("click", (event) => {
            if (this.zoom.dragged) return;
            const box = this.picture.boxAt(event.target);
            if (box) this.activate(box);
            else if (!this.picture.edgeAt(event.target)) this.details.clear();
        });
        document.addEventListener("keydown", (event) => this.key(event));
        document.addEventListener("click", (event) => {
            const link = (event.target as Element).closest<HTMLAnchorElement>("#values a");
            if (!link) return;
            event.preventDefault();
            this.picture.focus(this.picture.model.byId.get(Number(link.hash.slice(2))));
        });
    }

    private activate(box: Box) {
        if (!box.folded) {
            this.picture.focus(box);
            this.details.pin(box);
            if (innerWidth <= NARROW) this.details.root.scrollIntoView({ block: "nearest" });
            return;
        }
        const { error } = this.engine.open(box.id);
        if (error) this.fail(error.message);
        else this.renew("boxes", box.id);
    }

    private key(event: KeyboardEvent) {
        const target = event.target as HTMLElement;
        if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
        const box = this.picture.boxAt(target);
        const next = box && this.picture.neighbour(box, event.key);
        const isButton = /^(BUTTON|A|SUMMARY)$/.test(target.tagName);
        if (box && (event.key === "Enter" || event.key === " ")) this.activate(box);
        else if (next) this.picture.focus(next);
        else if (event.key === " " && !isButton) this.player.toggle();
        else if (event.key === ",") this.player.go(this.player.at - 1);
        else if (event.key === ".") this.player.go(this.player.at + 1);
        else if (event.key === "+" || event.key === "=") this.zoom.by(1.25);
        else if (event.key === "-") this.zoom.by(0.8);
        else if (event.key === "0") this.zoom.fit();
        else if (event.key === "/") this.search.focus();
        else if (event.key === "Escape") this.details.clear();
        else return;
        event.preventDefault();
    }

    /** Asks for the picture again: the same boxes with other numbers, other boxes of the same graph, or another graph. */
    renew(what: "numbers" | "boxes" | "graph", focus?: number) {
        const view = this.engine.view();
        if (view.error) return this.fail(view.error.message);
        const model = makeModel(view);
        const same =
            what === "numbers" &&
            model.boxes.length === this.picture.model.boxes.length &&
            model.boxes.every((box, i) => box.id === this.picture.model.boxes[i]!.id);
        this.picture.show(model, same);
        this.player.reset(makeSteps(model), what === "numbers");
        if (what === "graph") this.inputs.start(view);
        else this.inputs.renew(view);
        this.formula.remember(view);
        this.formula.toAddress(view);
        this.tell(view);
        if (what === "graph") this.shape();
        if (!same && focus === undefined) this.zoom.begin(this.settings.down);
        this.find(0);
        this.step();
        this.details.renew();
        if (focus !== undefined) this.picture.focus(model.byId.get(focus) ?? model.boxes[0]);
    }

    /** The port is as high as the picture needs, within limits; a wide picture has the whole width. */
    private shape() {
        const [width, height] = ["width", "height"].map((name) => Number(this.picture.svg.getAttribute(name))) as [number, number];
        document.querySelector("main")!.classList.toggle("wide", width > WIDE);
        const ratio = height / Math.min(width, 2 * this.port.clientWidth);
        this.port.style.setProperty("--height", `${Math.max(240, Math.min(1.25 * height, ratio * this.port.clientWidth + 16))}px`);
    }

    private tell(view: View) {
        document.querySelector("header .note")!.textContent = view.summary;
        byId("table").outerHTML = view.table;
        byId("folding").hidden = view.graph.values <= this.settings.most;
        byId("fold-all").hidden = !view.opens || !view.graph.folded;
        const origin = view.origin;
        this.banner.replaceChildren();
        if (!origin) return;
        const box = origin.box === null ? undefined : this.picture.model.byId.get(origin.box);
        this.banner.append(
            el("strong", {}, "Not finite. "),
            origin.message,
            " ",
            box ? el("button", { onclick: () => this.picture.focus(box) }, `show ${box.name}`) : "",
        );
    }

    /** Draws the present step. */
    private step() {
        const { player, picture } = this;
        const shown = player.shown;
        picture.paint(shown);
        const step = player.steps[player.at];
        const forward = player.steps.filter((s) => s.half !== "backward").length;
        this.slider.max = String(player.last);
        this.slider.value = String(player.at);
        this.slider.setAttribute("aria-valuetext", step?.text ?? "all steps are done");
        this.slider.parentElement!.style.setProperty("--forward", `${(100 * (forward - 0.5)) / player.last}%`);
        this.line.setAttribute("aria-live", player.playing ? "off" : "polite");
        this.line.className = step?.half ?? "end";
        this.line.textContent = `${player.at} of ${player.last}  ${step?.text ?? "all values and gradients are known; step back to see how they came about"}`;
        byId("play").textContent = player.playing ? "pause" : "play";
        picture.highlight([], []);
        if (shown.active && player.playing) this.zoom.reveal(picture.element(shown.active));
        byId("legend").replaceChildren(...legend(picture.model, picture.mode));
    }

    private find(by: number) {
        const word = this.search.value.trim().toLowerCase();
        const { boxes, view } = this.picture.model;
        const inside = new Set(view.inputs.filter(({ name }) => name.toLowerCase().includes(word)).map(({ box }) => box));
        if (by === 0 || !this.found.length) {
            this.found = word
                ? boxes.filter((box) => inside.has(box.id) || [box.name, box.node.op].some((text) => text.toLowerCase().includes(word)))
                : [];
            this.hit = -1;
            if (word && !this.found.length) this.details.unpeek();
        }
        const marked = new Set(this.found);
        for (const box of boxes) this.picture.element(box).classList.toggle("found", marked.has(box));
        if (by && this.found.length) {
            this.hit = (this.hit + by + this.found.length) % this.found.length;
            const box = this.found[this.hit]!;
            this.zoom.reveal(this.picture.element(box));
            this.picture.rove(box);
            this.details.peek(box);
        }
        byId("hits").textContent = !word
            ? ""
            : this.hit < 0
              ? `${plural(this.found.length, "hit")}`
              : `${this.hit + 1} of ${count(this.found.length)}`;
    }

    private draw() {
        const { most, down, gradients } = this.settings;
        return this.engine.draw(this.foldBox.checked, most, down, gradients);
    }

    private redraw() {
        const { error } = this.draw();
        if (error) this.fail(error.message);
        else this.renew("boxes");
    }

    private fail(message: string) {
        this.line.textContent = `this did not work: ${message}`;
    }

    start() {
        const { kind } = this.settings;
        this.settings.down ||= innerWidth < 600; // a phone has no room beside
        this.draw();
        const { error } = this.engine.load(byId("slope-data").textContent);
        if (error) return this.fail(error.message);
        const here = kind === "explore" && this.formula.fromAddress();
        if (!here) this.renew("graph");
        this.formula.markPresent();
        if (kind === "explore") addEventListener("hashchange", () => this.formula.fromAddress());
        document.documentElement.classList.add("ready");
    }
}

/** Puts the controls around the picture that is there. */
function furnish() {
    const svg = byId("graph");
    byId("picture").remove();
    document.querySelector("main")!.insertAdjacentHTML("afterbegin", controls);
    document.querySelector("header")!.insertAdjacentHTML("beforeend", header);
    byId("port").append(svg);
    document.documentElement.classList.add("live");
}

async function begin() {
    try {
        const settings = JSON.parse(byId("slope-page").textContent) as Settings;
        const engine = await Engine.start();
        furnish();
        new Page(engine, settings).start();
    } catch (problem) {
        const note = el(
            "p",
            { class: "note", role: "status" },
            `This browser can't run what makes the picture move (${String(problem)}); the picture itself is complete.`,
        );
        document.querySelector("header")!.append(note);
    }
}

void begin();
