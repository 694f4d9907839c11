// SPDX-License-Identifier: MIT
// The page: its controls, and who tells whom.  Without this script the picture and the table are there already.

import { Details } from "./details.js";
import { byId, count, el, plural } from "./dom.js";
import { Engine } from "./engine.js";
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
    private readonly figure = byId("picture");
    private readonly picture = new Picture();
    private readonly details: Details;
    private readonly inputs: Inputs;
    private readonly formula: Formula;
    private readonly player = new Player(() => this.step());
    private readonly zoom: Zoom;
    private readonly percent = el("output", { "aria-label": "size of the picture" });
    private readonly port = el("div", { class: "port" });
    private readonly banner = el("div", { id: "origin", role: "alert" });
    private readonly bar = el("div", { id: "transport", role: "group", "aria-label": "Steps" });
    private readonly line = el("p", { id: "step", "aria-live": "polite" });
    private readonly slider = el("input", {
        type: "range",
        min: 0,
        value: 0,
        "aria-label": "step",
        oninput: () => this.player.go(Number(this.slider.value)),
    });
    private readonly playButton = el("button", { class: "play", onclick: () => this.player.toggle() });
    private readonly legend = el("div", { id: "legend", role: "note", "aria-label": "Legend" });
    private readonly search = el("input", {
        type: "search",
        placeholder: "name or operation",
        "aria-label": "find",
        oninput: () => this.find(0),
        onkeydown: (e: KeyboardEvent) => {
            if (e.key === "Enter") this.find(e.shiftKey ? -1 : 1);
        },
    });
    private readonly hits = el("output", {});
    private readonly foldBox = el("input", { type: "checkbox", id: "fold", onchange: () => this.redraw() });
    private readonly foldAll = el(
        "button",
        {
            onclick: () => {
                this.engine.close();
                this.renew("boxes");
            },
        },
        "fold all",
    );
    private readonly folding = el(
        "span",
        { class: "row" },
        this.foldBox,
        el("label", { for: "fold" }, "fold repeated structure"),
        this.foldAll,
    );
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
        this.build();
        this.zoom = new Zoom(
            this.port,
            () => this.picture.svg,
            (percent) => {
                this.percent.textContent = `${percent} %`;
            },
        );
        this.listen();
    }

    private build() {
        const main = document.querySelector("main")!;
        const button = (label: string, text: string, act: () => void) =>
            el("button", { "aria-label": label, title: label, onclick: act }, text);
        const mode = el(
            "select",
            {
                "aria-label": "colour shows",
                onchange: () => {
                    this.picture.mode = mode.value as Mode;
                    this.step();
                },
            },
            ...[
                ["gradient", "gradient"],
                ["value", "value"],
                ["error", "numerical check"],
                ["finite", "not finite"],
            ].map(([value, text]) => el("option", { value: value! }, text!)),
        );
        const speed = el(
            "select",
            {
                "aria-label": "speed",
                onchange: () => {
                    this.player.speed = Number(speed.value);
                },
            },
            ...[0.5, 1, 2, 4, 8].map((x) => el("option", { value: x, selected: x === 1 }, `${x}×`)),
        );
        const tools = el(
            "div",
            { id: "tools", role: "group", "aria-label": "Picture" },
            el("label", {}, "colour ", mode),
            this.folding,
            el("span", { class: "row find" }, this.search, this.hits),
            el(
                "span",
                { class: "row" },
                button("smaller", "−", () => this.zoom.by(0.8)),
                this.percent,
                button("larger", "+", () => this.zoom.by(1.25)),
                button("fit the picture", "fit", () => this.zoom.fit()),
            ),
        );
        this.bar.append(
            button("to the start", "|◀", () => this.player.go(0)),
            button("one step back", "◀", () => this.player.go(this.player.at - 1)),
            this.playButton,
            button("one step on", "▶", () => this.player.go(this.player.at + 1)),
            button("to the end", "▶|", () => this.player.go(this.player.last)),
            el(
                "span",
                { class: "track" },
                this.slider,
                el("span", { class: "halves", "aria-hidden": "true" }, el("span", {}, "forward"), el("span", {}, "backward")),
            ),
            speed,
        );
        this.port.append(this.picture.svg);
        this.figure.replaceChildren(this.port);
        const stage = el("div", { id: "stage" }, this.banner, tools, this.figure, this.bar, this.line, this.legend);
        const side = el("div", { id: "side" }, this.inputs.root);
        main.prepend(...(this.settings.kind === "program" ? [] : [this.formula.root]), stage, this.details.root, side);
        const theme = button("light or dark", "◐", () => {
            const dark =
                getComputedStyle(document.documentElement).colorScheme === "dark" ||
                (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
            document.documentElement.dataset.theme = dark ? "light" : "dark";
        });
        const keys = el(
            "details",
            { class: "keys" },
            el("summary", {}, "keys"),
            el(
                "p",
                {},
                "space plays and pauses · , and . step · Home and End in the picture go to the first and last box · arrow keys walk along the arrows of the picture · Enter opens a folded box or lists the paths of a value · Escape lets go · + − 0 zoom · / finds",
            ),
        );
        document.querySelector("header")!.append(el("div", { class: "row" }, keys, theme));
        document.documentElement.classList.add("live");
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
        this.folding.hidden = view.graph.values <= this.settings.most;
        this.foldAll.hidden = !view.opens || !view.graph.folded;
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
        this.playButton.textContent = player.playing ? "pause" : "play";
        picture.highlight([], []);
        if (shown.active && player.playing) this.zoom.reveal(picture.element(shown.active));
        this.legend.replaceChildren(...legend(picture.model, picture.mode));
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
        this.hits.textContent = !word
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

async function begin() {
    try {
        const settings = JSON.parse(byId("slope-page").textContent) as Settings;
        const page = new Page(await Engine.start(), settings);
        page.start();
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
