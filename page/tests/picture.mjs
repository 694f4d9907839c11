// SPDX-License-Identifier: MIT
// The picture: without a script, its numbers, what pointing, focus and clicks tell, zooming and finding.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import {
    accessible,
    box,
    boxes,
    button,
    check,
    demoPage,
    details,
    field,
    graphOf,
    need,
    pageOf,
    phone,
    scriptless,
    short,
} from "./harness.mjs";

const lecture = ["e = a*b; d = e + c; L = d*f", "a=2", "b=-3", "c=10", "f=-2"];
const twice = ["f = (a*b)*(a+b)", "a=2", "b=-3"];

check("without a script the picture is complete, and so is the table", async (open) => {
    const page = await open(pageOf("lecture", ...lecture), { javaScriptEnabled: false });
    await page.locator("svg#graph").waitFor({ state: "visible" });
    const text = await page.locator("svg#graph").textContent();
    for (const node of graphOf(...lecture).nodes) {
        await box(page, node.label).waitFor({ state: "visible" });
        assert.ok(text.includes(`data\u00a0${node.data}`) && text.includes(`grad\u00a0${node.grad}`), node.label);
    }
    assert.equal(await page.locator("svg#graph .edge .local").count(), 6);
    const table = page.getByRole("table");
    assert.ok(!(await table.isVisible()));
    await page.getByText("Table of all values").click();
    assert.match(await table.getByRole("row").filter({ hasText: "d * f" }).textContent(), /L.*-8.*1/s);
    assert.equal(await table.getByRole("row").count(), 8);
    await page.getByText(/where scripts run/i).waitFor({ state: "visible" });
});

check("without a script nothing is in the way of assistive technology", async (open) => {
    const page = await open(scriptless(pageOf("lecture", ...lecture)), { script: false });
    await page.getByText("Table of all values").click();
    await accessible(page, "without a script");
});

check("the numbers of the boxes and arrows are those of the command", async (open) => {
    for (const [name, args] of [
        ["lecture", lecture],
        ["twice", twice],
        ["odd", ["y = log(x)*w + 1e300*w*1e300", "x=-1", "w=0.1"]],
    ]) {
        const page = await open(pageOf(name, ...args));
        const { nodes } = graphOf(...args);
        const found = await boxes(page);
        assert.deepEqual(
            found.map((b) => b.number),
            nodes.map((node) => node.id),
        );
        for (const [i, node] of nodes.entries()) {
            if (node.kind === "number") continue; // its name is its number
            assert.equal(found[i].data, short(Number(node.data)), `${name}: data of %${node.id}`);
            assert.equal(found[i].grad, short(Number(node.grad)), `${name}: grad of %${node.id}`);
            assert.equal(found[i].glyph, node.grad > 0 ? "▲" : node.grad < 0 ? "▼" : "", `${name}: sign of %${node.id}`);
            for (const { node: from, position, local } of node.operands) {
                if (nodes[from].kind === "number") continue;
                const arrow = page.locator(`#e${node.id}-${position}`);
                assert.equal(await arrow.getAttribute("data-from"), String(from));
                assert.equal(await arrow.locator(".local").textContent(), short(Number(local)), `${name}: arrow ${from} to ${node.id}`);
            }
        }
    }
});

check("pointing at a box and focusing it tell its chain rule with the numbers", async (open) => {
    const page = await open(pageOf("lecture", ...lecture));
    const expected = /∂L\/∂d · ∂d\/∂e = \(-2\) · 1 = -2/;
    await box(page, "e").hover();
    assert.match(await details(page).textContent(), expected);
    assert.match(await details(page).textContent(), /a \* b = 2 \* \(-3\)/);
    await page.mouse.move(5, 5);
    assert.doesNotMatch(await details(page).textContent(), expected);
    await box(page, "a").focus();
    assert.match(await details(page).textContent(), /∂L\/∂e · ∂e\/∂a = \(-2\) · \(-3\) = 6/);
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.id), "n2");
    assert.match(await details(page).textContent(), expected);
    await page.locator("#e6-0 .hit").hover({ force: true });
    assert.match(await details(page).textContent(), /∂L\/∂d = -2/);
});

check("every box is reached by keys, and Tab enters and leaves the picture", async (open) => {
    const page = await open(pageOf("twice", ...twice));
    assert.equal(await page.locator("g.box[tabindex='0']").count(), 1);
    await page.locator("g.box[tabindex='0']").focus();
    await page.keyboard.press("Home");
    const seen = new Set();
    for (let i = 0; i < 5; i++) {
        seen.add(await page.evaluate(() => document.activeElement.id));
        await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("End");
    assert.equal(await page.evaluate(() => document.activeElement.id), "n4");
    await page.keyboard.press("ArrowLeft");
    seen.add(await page.evaluate(() => document.activeElement.id));
    assert.ok(seen.size >= 4, [...seen].join(" "));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => Boolean(document.activeElement.closest("svg"))), false);
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains("box")), true, "back where one was");
});

async function pathsOfA(page) {
    const lines = await details(page)
        .getByRole("listitem")
        .filter({ has: page.getByRole("button") })
        .allTextContents();
    assert.equal(lines.length, 2);
    assert.ok(
        lines.some((line) => /a → .* → f.*= 3$/.test(line)),
        lines.join("\n"),
    ); // b * (a + b) = -3 * -1
    assert.ok(
        lines.some((line) => /a → .* → f.*= -6$/.test(line)),
        lines.join("\n"),
    ); // a * b
    assert.match(await details(page).textContent(), /2 paths to f/);
    assert.match(await details(page).textContent(), /sum = -3/);
}

check("a click lists every path to the output, and their sum", async (open) => {
    const page = await open(pageOf("twice", ...twice));
    await box(page, "a").click();
    await pathsOfA(page);
    await details(page).getByRole("button").first().hover();
    assert.equal(await page.locator(".edge.lit").count(), 2, "the path pointed at stands out");
    await page.mouse.move(5, 5);
    await page.keyboard.press("Escape");
    assert.equal(await details(page).getByRole("button").count(), 0);
});

check("Enter on a box lists the same paths", async (open) => {
    const page = await open(pageOf("twice", ...twice));
    await box(page, "a").focus();
    await page.keyboard.press("Enter");
    await pathsOfA(page);
    assert.match((await boxes(page))[0].paths, /3 - 6 \(2 paths\)|-6 \+ 3 \(2 paths\)/);
});

check("hovering tells the file and line of a value recorded by a program", async (open) => {
    const page = await open(demoPage("neuron"));
    await box(page, "n").hover();
    assert.match(await details(page).textContent(), /lecture\.c:\d+/);
    const n = graphLine(await page.locator("#slope-page").textContent());
    assert.ok(n);
});

const graphLine = (settings) => JSON.parse(settings).kind === "program";

check("the picture zooms, moves, fits, and finds", async (open) => {
    const page = await open(demoPage("gallery/mlp"));
    const view = () => page.locator("svg#graph").getAttribute("viewBox");
    const width = async () => Number((await view()).split(" ")[2]);
    await button(page, "fit the picture").click();
    const [before, whole] = [await view(), await width()];
    await button(page, "larger").click();
    assert.ok(Math.abs((await width()) * 1.25 - whole) < 1e-6);
    await button(page, "smaller").click();
    await button(page, "smaller").click();
    assert.ok((await width()) > whole);
    await button(page, "fit the picture").click();
    assert.equal(await view(), before);
    const place = await page.locator(".port").boundingBox();
    const [x, y] = [place.x + place.width / 2, place.y + 3];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -300);
    assert.ok((await width()) < whole);
    const zoomed = (await view()).split(" ").map(Number);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + 30, { steps: 4 });
    await page.mouse.up();
    const moved = (await view()).split(" ").map(Number);
    const scale = zoomed[2] / place.width;
    assert.ok(Math.abs(zoomed[0] - moved[0] - 40 * scale) < 0.5 && Math.abs(zoomed[1] - moved[1] - 30 * scale) < 0.5, `${zoomed} ${moved}`);
    assert.equal(moved[2], zoomed[2]);
    await page.keyboard.press("0");
    assert.equal(await view(), before);
    await page.keyboard.press("/");
    await page.keyboard.type("tanh");
    assert.equal(await page.locator("g.box.found").count(), 3);
    await page.keyboard.press("Enter");
    await page.getByText("1 of 3").waitFor();
    assert.match(await details(page).textContent(), /tanh/);
    await page.getByRole("searchbox", { name: "find" }).fill("no such name");
    await page.getByText("0 hits").waitFor();
});

check("on a phone two fingers zoom and one moves the picture", async (open) => {
    const page = await open(pageOf("lecture", ...lecture), { viewport: phone, hasTouch: true, isMobile: true });
    const view = async () => (await page.locator("svg#graph").getAttribute("viewBox")).split(" ").map(Number);
    const before = await view();
    const port = await page.locator(".port").boundingBox();
    const fingers = await page.context().newCDPSession(page);
    const touch = (type, ...xs) =>
        fingers.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((dx, id) => ({ x: x + dx, y, id })) });
    const [x, y] = [port.x + port.width / 2, port.y + port.height / 2];
    await touch("touchStart", -20);
    await touch("touchStart", -20, 20);
    await touch("touchMove", -40, 20);
    await touch("touchMove", -40, 40);
    await touch("touchEnd");
    assert.ok(Math.abs((await view())[2] * 2 - before[2]) < 0.01 * before[2], "twice as large");
    const zoomed = await view();
    await touch("touchStart", 0);
    await touch("touchMove", 30);
    await touch("touchEnd");
    assert.ok((await view())[0] < zoomed[0], "the picture goes with the finger");
    await button(page, "fit the picture").click();
    await page.locator("g.box").first().tap();
    assert.match(await details(page).textContent(), /chain rule/);
});

check("labels, places and titles that mean harm are text", async (open) => {
    const path = `${need("SLOPE_PAGE_FOLDER")}/hostile.html`;
    execFileSync(need("SLOPE_PAGE_NATIVE"), ["hostile", path]);
    for (const options of [{}, { javaScriptEnabled: false }]) {
        const page = await open(path, options);
        assert.match(await page.title(), /^<script>document.title='broken'<\/script>/);
        assert.equal(await page.locator("img").count(), 0);
        const names = (await boxes(page)).map((b) => b.name);
        assert.equal(names.length, 34);
        for (const name of ["<script>", "</script><img", "]]>&amp;&#60;\"'`", "数学 🦆", "$&$1\\u0041"])
            assert.ok(
                names.some((n) => n?.startsWith(name)),
                `${name} among ${names.join("\n")}`,
            );
        assert.ok(Math.max(...names.map((n) => n?.length ?? 0)) < 40, "a long name is cut");
        if (options.javaScriptEnabled === false) continue;
        for (const b of await page.locator("g.box").all()) await b.focus();
        await field(page, "javascript:alert(1)").fill("2");
        await page.getByRole("searchbox", { name: "find" }).fill("<script>");
        assert.equal(await page.locator("g.box.found").count(), 2);
        await accessible(page, "where names mean harm");
    }
});
