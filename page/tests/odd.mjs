// SPDX-License-Identifier: MIT
// What is not as it should be: NaN and where it came from, gradients of zero, numerical slopes that do not agree.
import assert from "node:assert/strict";

import { accessible, box, boxes, button, check, demoPage, details, field, pageOf } from "./harness.mjs";

const style = (page, name, property) =>
    box(page, name)
        .locator(".shape")
        .evaluate((shape, p) => getComputedStyle(shape)[p], property);
const colours = (page) => page.getByRole("combobox", { name: "colour shows" });

check("the first value that is not finite is outlined and explained", async (open) => {
    const page = await open(demoPage("gallery/nan"));
    const banner = page.getByRole("alert").filter({ hasText: "Not finite" });
    assert.match(await banner.textContent(), /s = sqrt\(r\) = sqrt\(-1\): the value is NaN, born here/);
    assert.deepEqual(
        (await boxes(page)).filter((b) => b.class.includes("first")).map((b) => b.name),
        ["s"],
    );
    assert.equal(await style(page, "s", "strokeWidth"), "5px");
    assert.match(await box(page, "s").getAttribute("aria-label"), /NaN/);
    await banner.getByRole("button").click();
    assert.match(await details(page).textContent(), /sqrt/);
    await colours(page).selectOption("finite");
    const odd = (await boxes(page)).filter((b) => b.class.includes("odd")).map((b) => b.name);
    assert.ok(odd.includes("loss") && odd.includes("y") && !odd.includes("%12"), odd.join(" "));
    await accessible(page, "where values are not finite");
    await field(page, "x").fill("3");
    assert.equal(await page.getByText("Not finite.").count(), 0);
    await field(page, "x").fill("2");
    assert.match(
        await page.getByText("Not finite.").locator("..").textContent(),
        /s = sqrt\(r\) = sqrt\(0\): its slope along r is Inf, born here/,
        "a slope that is infinite",
    );
});

check("a gradient of exactly zero is told apart by more than its colour", async (open) => {
    const page = await open(demoPage("gallery/relu"));
    const dead = (await boxes(page)).filter((b) => b.class.includes("dead")).map((b) => b.name);
    for (const name of ["w1", "b1", "n1"]) assert.ok(dead.includes(name), `${name}: ${dead}`);
    for (const name of ["w2", "b2", "n2", "loss"]) assert.ok(!dead.includes(name), `${name}: ${dead}`);
    assert.match(await style(page, "w1", "fill"), /url\(.*#hatch/);
    assert.notEqual(await style(page, "w1", "strokeDasharray"), "none");
    await box(page, "w1").focus();
    assert.match(await details(page).textContent(), /Its gradient is 0/);
    await field(page, "b1").fill("2");
    assert.equal((await boxes(page)).filter((b) => b.class.includes("dead")).length, 0);
});

check("a sign and a width say what colour says", async (open) => {
    const page = await open(pageOf("lecture", "e = a*b; d = e + c; L = d*f", "a=2", "b=-3", "c=10", "f=-2"));
    for (const b of await boxes(page)) {
        assert.equal(b.glyph, b.grad.startsWith("-") ? "▼" : "▲");
        assert.equal(await style(page, b.name, "strokeWidth"), "2px");
    }
});

check("the check marks every input with the digits that agree", async (open) => {
    const page = await open(pageOf("steep", "y = exp(x)*sin(w*x)", "x=1.5", "w=2"));
    await colours(page).selectOption("error");
    const mark = (name) => box(page, name).locator(".mark").textContent();
    assert.match(await mark("x"), /^✓ \d/);
    assert.ok((await box(page, "x").getAttribute("class")).includes("agree"));
    assert.equal(await box(page, "y").locator(".mark").count(), 0, "an input has digits, a result has none");
    await page.getByRole("slider", { name: "h =" }).fill("-16");
    assert.match(await mark("x"), /^✗ \d/);
    assert.ok((await box(page, "x").getAttribute("class")).includes("differ"));
    await colours(page).selectOption("gradient");
    assert.equal(await page.locator(".mark").count(), 0);
});

check("the verdict of the extrapolation tells a kink and a NaN from an error", async (open) => {
    const page = await open(pageOf("kink", "y = abs(x) + log(u) + 3*v", "x=0", "u=-1", "v=2"));
    const row = (name) => page.locator("#inputs tbody tr").filter({ has: field(page, name) });
    await row("v").getByText("not finite").or(row("v").getByText("✓")).first().waitFor();
    assert.match(await row("u").textContent(), /NaN/);
    assert.match(await row("u").getByRole("cell").last().textContent(), /–/, "what is not finite has no digits");
    await field(page, "u").fill("1");
    await row("v").getByText("3 ✓").waitFor();
    await row("x").getByText("? kink").waitFor();
    await button(page, "reset").click();
});

check("where a NaN was born is told with the numbers of the boxes", async (open) => {
    const page = await open(pageOf("born", "k = 2; y = k*x^2 + 1/(x - 1)", "x=1"));
    const banner = page.getByRole("alert").filter({ hasText: "Not finite" });
    const [, name] = (await banner.textContent()).match(/Not finite\. (%\d+) = 1 \/ %\d+ = 1 \/ 0: the value is Inf, born here/);
    assert.deepEqual(
        (await boxes(page)).filter((b) => b.class.includes("first")).map((b) => b.name),
        [name],
    );
    assert.equal(await banner.getByRole("button").textContent(), `show ${name}`);
});
