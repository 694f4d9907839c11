// SPDX-License-Identifier: MIT
// What every test of the page stands on: pages made by the command that was just built, one browser, a fresh context for
// each test.  A test fails when the page complains on its console, throws, or asks for anything but its own file.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import axe from "axe-core";
import { chromium } from "playwright-core";

export const need = (name) => process.env[name] ?? assert.fail(`the environment has no ${name}; ctest -R test_page sets it`);
const folder = need("SLOPE_PAGE_FOLDER");
export const screenshots = `${folder}/screenshots`;
mkdirSync(screenshots, { recursive: true });

/** Runs the command and returns what it prints. */
export function slope(...args) {
    return execFileSync(need("SLOPE_COMMAND"), args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}
export const graphOf = (...args) => JSON.parse(slope("graph", ...args, "--format", "json"));
export const gradOf = (...args) => JSON.parse(slope("grad", ...args, "--json"));

/** The path of the page of an expression, drawn by the command. */
export function pageOf(name, ...args) {
    const path = `${folder}/${name}.html`;
    slope("graph", ...args, "-o", path);
    return path;
}

/** A page that the demonstration wrote; it runs once. */
export function demoPage(name) {
    const path = `${folder}/demo/out/demo/${name}.html`;
    if (!existsSync(path)) {
        mkdirSync(`${folder}/demo`, { recursive: true });
        execFileSync(need("SLOPE_DEMO"), { cwd: `${folder}/demo`, stdio: "ignore" });
    }
    return path;
}

/** The same page as one sees it where scripts do not run, but one that a test can still be run in. */
export function scriptless(path) {
    const bare = path.replace(/\.html$/, ".bare.html");
    writeFileSync(bare, readFileSync(path, "utf8").replace(/<script>[^]*<\/script>/, ""));
    return bare;
}

let browser;
export const desk = { width: 1280, height: 900 };
export const phone = { width: 375, height: 700 };

async function start() {
    const quiet = ["background-networking", "component-update", "sync", "gpu", "quic"].map((name) => `--disable-${name}`);
    browser ??= chromium.launch({ executablePath: need("SLOPE_CHROMIUM"), args: ["--no-sandbox", "--no-first-run", ...quiet] });
    return browser;
}
after(async () => (await browser)?.close());

/** Opens a file in a context of its own, and waits until its script is ready.  `options` are those of newContext. */
async function open(kept, path, { hash = "", script = true, ...options } = {}) {
    const context = await (await start()).newContext({ viewport: desk, colorScheme: "light", reducedMotion: "reduce", ...options });
    kept.contexts.push(context);
    context.setDefaultTimeout(20000);
    const page = await context.newPage();
    const url = pathToFileURL(path).href + hash;
    page.on("console", (message) => kept.complaints.push(`console: ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => kept.complaints.push(`error: ${error.stack ?? error}`));
    page.on("request", (request) => {
        if (request.url().split("#")[0] !== url.split("#")[0]) kept.complaints.push(`request: ${request.url().slice(0, 200)}`);
    });
    await page.goto(url);
    if (script && options.javaScriptEnabled !== false) await page.locator(":root.ready").waitFor({ state: "attached" });
    return page;
}

/** A test; `body` gets a function that opens pages. */
export function check(name, body) {
    test(name, { timeout: 120000 }, async (context) => {
        const kept = { contexts: [], complaints: [] };
        try {
            await body(
                (path, options) => open(kept, path, options),
                (line) => context.diagnostic(line),
            );
        } finally {
            await Promise.all(kept.contexts.map((context) => context.close()));
        }
        assert.deepEqual(kept.complaints, [], "the page must say nothing on its console, throw nothing and ask for nothing");
    });
}

/** No violation of any rule of axe-core, the best practices included. */
export async function accessible(page, where) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run());
    const told = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.target.join(" ")} ${n.failureSummary}`).join("; ")}`);
    assert.deepEqual(told, [], `axe-core finds something ${where}`);
}

// ------------------------------------------------------------------------------------------------- what is on the page

/** A number as the page writes it to be read at a glance: whole where it is short, else 4 significant digits. */
export function short(x) {
    if (Number.isNaN(x)) return "NaN";
    if (!Number.isFinite(x)) return x > 0 ? "Inf" : "-Inf";
    const size = Math.abs(x);
    const e = (digits) => x.toExponential(digits).replace(/\.?0*e\+?/, "e");
    const whole = Object.is(x, -0) ? "-0" : (size >= 1e-5 && size < 1e16) || x === 0 ? String(x) : x.toExponential().replace("e+", "e");
    if (whole.length <= 8) return whole;
    const rounded = Number(size.toPrecision(4));
    if (rounded >= 1e4 && rounded < 1e7) return x.toFixed(0);
    return rounded < 1e-3 || rounded >= 1e4 ? e(3) : String(Number(x.toPrecision(4)));
}

/** What stands in every box, in canonical order: {number, name, op, data, grad, paths, class, x, y, width, height}. */
export function boxes(page) {
    return page.evaluate(() =>
        [...document.querySelectorAll("g.box")].map((g) => {
            const line = (name) => g.querySelector(`.${name}`)?.textContent.replaceAll("\u00a0", " ").trim();
            const last = (text) => text?.split(" ").at(-1);
            const { x, y, width, height } = g.querySelector(".shape").getBBox();
            const place = g.getCTM();
            return {
                number: Number(g.dataset.number),
                name: line("name"),
                op: line("op"),
                data: last(line("data")),
                grad: last(line("grad")),
                glyph: line("grad")?.match(/[▲▼]/)?.[0] ?? "",
                paths: line("paths"),
                class: [...g.classList],
                label: g.getAttribute("aria-label"),
                transform: g.getAttribute("transform"),
                x: x + place.e,
                y: y + place.f,
                width,
                height,
            };
        }),
    );
}

/** Their numbers by name, as shown. */
export async function shown(page) {
    return Object.fromEntries((await boxes(page)).map((box) => [box.name, { data: box.data, grad: box.grad }]));
}

export const box = (page, name) => page.locator("g.box").filter({ has: page.locator(".name", { hasText: new RegExp(`^${name}$`) }) });
export const field = (page, name) => page.getByRole("textbox", { name: `number of ${name}`, exact: true });
export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const step = (page) => page.getByRole("slider", { name: "step" });
export const details = (page) => page.locator("#details");
