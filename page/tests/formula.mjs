// SPDX-License-Identifier: MIT
// The page of `slope explore`: typing a formula, errors at their place, the gallery.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { accessible, box, boxes, check, demoPage, details, field, gradOf, graphOf, pageOf, short, shown } from "./harness.mjs";

const formula = (page) => page.getByRole("textbox", { name: "Formula" });
const problem = (page) => page.locator("#formula-error");

async function type(page, text) {
    await formula(page).fill(text);
    await page.waitForTimeout(300); // it waits for a pause in typing
}

async function assertShown(page, expression, ...numbers) {
    const { values } = gradOf(expression, ...numbers);
    const found = await shown(page);
    for (const [name, { data, grad }] of Object.entries(values))
        assert.deepEqual(found[name], { data: short(Number(data)), grad: short(Number(grad)) }, `${name} of ${expression}`);
}

check("another formula takes the place of the first, and names keep their numbers", async (open) => {
    const page = await open(demoPage("gallery/expression"));
    await type(page, "g = a*b + tanh(z)");
    await assertShown(page, "g = a*b + tanh(z)", "a=2", "b=-3", "z=1");
    await field(page, "z").fill("0.25");
    await type(page, "h = z*a; g = h^2 + b");
    await assertShown(page, "h = z*a; g = h^2 + b", "a=2", "b=-3", "z=0.25");
    assert.match(await page.locator("h1").textContent(), /h = z\*a/);
});

check("an error points at its place, and the picture of before stays", async (open) => {
    const page = await open(demoPage("gallery/expression"));
    const before = await shown(page);
    await type(page, "a*(b + c");
    assert.match(await problem(page).textContent(), /^a\*\(b \+ c\n {2}\^.*\n.*never closed/s);
    assert.equal(await formula(page).getAttribute("aria-invalid"), "true");
    await type(page, "tanhh(a)");
    assert.match(await problem(page).textContent(), /^tanhh\(a\)\n\^+\n.*tanh/s, "the name that is near");
    await type(page, "  ");
    assert.match(await problem(page).textContent(), /type a formula/);
    await type(page, "a +* b");
    assert.match(await problem(page).textContent(), /\n {3}\^/);
    assert.deepEqual(await shown(page), before);
    await type(page, "a + b");
    assert.equal(await problem(page).textContent(), "");
    await assertShown(page, "a + b", "a=2", "b=-3");
});

check("hostile text is text", async (open) => {
    const page = await open(demoPage("gallery/expression"));
    for (const text of [
        "<img src=x onerror=alert(1)>",
        "a&lt;b",
        "\u202ea",
        "a\u0000b",
        `${"(".repeat(5000)}a`,
        "x".repeat(20000),
        "a = a = a",
        "1/0*a",
        "'\"`;--",
    ]) {
        await type(page, text);
        await box(page, "L").or(page.locator("g.box").first()).first().waitFor();
        assert.equal(await page.locator("img").count(), 0);
    }
    await type(page, "a*b");
    await assertShown(page, "a*b", "a=2", "b=-3");
});

check("the address keeps formula and numbers", async (open) => {
    const path = demoPage("gallery/expression");
    const page = await open(path, { hash: "#f=y%20%3D%20u*v&u=3&v=0.5" });
    await assertShown(page, "y = u*v", "u=3", "v=0.5");
    await field(page, "u").fill("4");
    await page.waitForFunction(() => /u=4/.test(location.hash));
    assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("f"), "y = u*v");
    await page.reload();
    await page.locator(":root.ready").waitFor({ state: "attached" });
    await assertShown(page, "y = u*v", "u=4", "v=0.5");
    for (const hash of ["#50%", "#n3", "#f=", "#f=a*(b"]) await open(path, { hash });
});

const examples = JSON.parse(
    readFileSync(demoPage("gallery/expression"), "utf8").match(/<script type="application\/json" id="slope-page">([^]*?)<\/script>/)[1],
).examples;

check("every example of the gallery shows the numbers of the command, on a page of its own", async (open) => {
    assert.ok(examples.length >= 7);
    for (const { name, formula: expression, inputs } of examples) {
        const page = await open(demoPage(`gallery/${name}`));
        const { nodes } = graphOf(expression, ...inputs.split(" ").filter(Boolean));
        const found = await boxes(page);
        assert.equal(found.length, nodes.length, name);
        for (const [i, node] of nodes.entries())
            if (node.kind !== "number")
                assert.deepEqual([found[i].data, found[i].grad], [short(Number(node.data)), short(Number(node.grad))], `${name}: %${i}`);
        await accessible(page, `on the page of ${name}`);
        await page.context().close();
    }
});

check("every example can be chosen on one page", async (open) => {
    const page = await open(demoPage("gallery/nan"));
    for (const { name, title, formula: expression, inputs, note } of examples) {
        const button = page.getByRole("button", { name: title, exact: true });
        await button.click();
        assert.equal(await button.getAttribute("aria-pressed"), "true");
        assert.equal(await formula(page).inputValue(), expression);
        await assertShown(page, expression, ...inputs.split(" ").filter(Boolean));
        await page.getByText(note).waitFor({ timeout: 2000 });
        assert.equal(await page.locator("h1").textContent(), title, name);
    }
});

check("a page of one formula can be edited too, and has no gallery", async (open) => {
    const page = await open(pageOf("own", "y = p*q", "p=2", "q=5"));
    assert.equal(await page.getByRole("navigation", { name: "Examples" }).count(), 0);
    await type(page, "y = p*q + 1");
    await assertShown(page, "y = p*q + 1", "p=2", "q=5");
});

check("what is explained stays by name where the formula changes, or is let go", async (open) => {
    const page = await open(demoPage("gallery/expression"));
    await box(page, "e").click();
    await page.mouse.move(5, 5);
    await type(page, "e = a*b; y = tanh(q)*z + e");
    assert.match(await details(page).getByRole("heading").first().textContent(), /^e$/);
    await page.getByRole("button", { name: "A NaN is born" }).click();
    assert.match(await details(page).textContent(), /^\s*Why is a gradient/);
});

check("rules and arithmetic are told in a picture that is cut", async (open) => {
    const page = await open(pageOf("cut", "d = a*b; e = a - b; f = fma(d, d, e)", "a=2", "b=3", "--max-nodes", "3", "--fold", "off"));
    await box(page, "e").focus();
    assert.match(await details(page).textContent(), /a - b = 2 - 3/);
    await box(page, "d").focus();
    assert.match(await details(page).textContent(), /∂fma\(d, d, e\)\/∂d = d/);
});
