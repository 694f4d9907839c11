// SPDX-License-Identifier: MIT
// The sweeps: every step against a replay of its own, by mouse and by keys, and nothing moves meanwhile.
import assert from "node:assert/strict";

import { boxes, button, check, graphOf, pageOf, short, step } from "./harness.mjs";

const twice = ["d = a*b; e = a + b; f = d*e", "a=-2", "b=3"];
const neuron = ["n = w*x + b; o = tanh(n)*n", "w=-3", "x=2", "b=6.8"];

/** What is known at every step, from the listing of the command: data of how many, and gradients by number. */
function replay(args) {
    const { nodes, outputs } = graphOf(...args);
    const states = [{ known: 0, grads: new Map() }];
    for (const node of nodes) if (node.kind === "result") states.push({ known: node.id + 1, grads: new Map() });
    const grads = new Map();
    const add = (id, x) => states.push({ known: nodes.length, grads: new Map(grads.set(id, grads.get(id) + x)) });
    for (const { id } of nodes) grads.set(id, 0); // as a tape has them before the seed
    for (const id of outputs) add(id, 1);
    for (const node of nodes.toReversed())
        for (const { node: from, local } of node.operands)
            if (nodes[from].kind !== "number") add(from, Number(local) === 0 ? 0 : Number(local) * grads.get(node.id));
    states.push({ known: nodes.length, grads: new Map(nodes.map((node) => [node.id, Number(node.grad)])), whole: true });
    return { nodes, states };
}

const text = (page) => page.locator("#step").textContent();

/** Compares what the boxes show with a state of the replay. */
async function compare(page, nodes, state, at) {
    for (const shown of await boxes(page)) {
        const node = nodes[shown.number];
        if (node.kind === "number") continue;
        const known = state.whole || node.kind === "input" || node.id < state.known;
        assert.equal(shown.data, known ? short(Number(node.data)) : "·", `data of %${node.id} at step ${at}`);
        const grad = state.grads.get(node.id);
        assert.equal(shown.grad, grad === undefined ? "·" : short(grad), `gradient of %${node.id} at step ${at}`);
    }
}

check("every step shows what is known then, and nothing moves", async (open) => {
    for (const [name, args] of [
        ["twice", twice],
        ["neuron", neuron],
    ]) {
        const page = await open(pageOf(name, ...args));
        const { nodes, states } = replay(args);
        const places = (await boxes(page)).map(({ x, y, width, height, transform }) => ({ x, y, width, height, transform }));
        const view = await page.locator("svg#graph").getAttribute("viewBox");
        assert.equal(await step(page).getAttribute("max"), String(states.length - 1), "as many steps as the replay has");
        await button(page, "to the start").click();
        for (const [at, state] of states.entries()) {
            assert.match(await text(page), new RegExp(`^${at} of ${states.length - 1} `));
            await compare(page, nodes, state, at);
            const now = (await boxes(page)).map(({ x, y, width, height, transform }) => ({ x, y, width, height, transform }));
            assert.deepEqual(now, places, `nothing moves at step ${at}`);
            await button(page, "one step on").click();
        }
        assert.equal(await page.locator("svg#graph").getAttribute("viewBox"), view);
    }
});

check("an accumulation is told with its numbers, and the second one adds", async (open) => {
    const page = await open(pageOf("twice", ...twice));
    await button(page, "to the end").click();
    await button(page, "one step back").click();
    assert.match(await text(page), /b\.grad \+= ∂f\/∂d · ∂d\/∂b = 1 · \(-2\) = -2 +\(-6 → -8\) +rule ∂\(a \* b\)\/∂b = a/);
    assert.equal(await page.locator(".edge.active").count(), 1);
    assert.equal(await page.locator(".edge.active").getAttribute("data-to"), "2", "the arrow it comes over stands out");
    await button(page, "one step back").click();
    assert.match(await text(page), /a\.grad \+= ∂f\/∂d · ∂d\/∂a = 1 · 3 = 3 +\(-6 → -3\)/);
});

check("keys, the slider and scrubbing lead to the same steps", async (open) => {
    const page = await open(pageOf("twice", ...twice));
    const last = Number(await step(page).getAttribute("max"));
    await page.keyboard.press(",");
    const before = await text(page);
    assert.match(before, new RegExp(`^${last - 1} of`));
    await page.keyboard.press(",");
    await page.keyboard.press(".");
    assert.equal(await text(page), before);
    await step(page).focus();
    await page.keyboard.press("Home");
    assert.match(await text(page), /^0 of .*nothing is computed yet/);
    await page.keyboard.press("ArrowRight");
    assert.match(await text(page), /^1 of .*forward: d = a \* b = \(-2\) \* 3 = -6/);
    assert.match(await step(page).getAttribute("aria-valuetext"), /forward: d/);
    await step(page).fill(String(last - 1));
    assert.equal(await text(page), before);
    const track = await step(page).boundingBox();
    await page.mouse.move(track.x + track.width - 8, track.y + track.height / 2);
    await page.mouse.down();
    await page.mouse.move(track.x + 3, track.y + track.height / 2, { steps: 5 });
    await page.mouse.up();
    assert.match(await text(page), /^0 of/);
});

check("play goes through both sweeps and ends where it began; pause holds", async (open) => {
    const page = await open(pageOf("twice", ...twice));
    const svg = async () => (await page.locator("svg#graph").innerHTML()).replace(/style="--t: ?(\d+%);?"/g, "$1"); // browsers space it out
    const before = await svg();
    await page.getByRole("combobox", { name: "speed" }).selectOption("8");
    await page.locator("body").press(" ");
    await button(page, "pause").waitFor();
    await page.waitForFunction(() => /^[1-9]\d* of/.test(document.querySelector("#step").textContent));
    await button(page, "pause").click();
    const held = await text(page);
    await page.waitForTimeout(500);
    assert.equal(await text(page), held, "held");
    await button(page, "play").click();
    await page.getByText("all values and gradients are known").waitFor();
    await button(page, "play").waitFor();
    assert.equal(await svg(), before, "the picture is the same, byte for byte");
});

check("motion that is not wanted is not there", async (open) => {
    const moves = (page) =>
        page
            .locator("g.box .shape")
            .first()
            .evaluate((shape) => getComputedStyle(shape).transitionDuration);
    assert.equal(await moves(await open(pageOf("twice", ...twice), { reducedMotion: "reduce" })), "0s");
    assert.notEqual(await moves(await open(pageOf("twice", ...twice), { reducedMotion: "no-preference" })), "0s");
});
