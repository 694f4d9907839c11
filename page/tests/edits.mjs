// SPDX-License-Identifier: MIT
// Inputs that are edited, numerical slopes beside exact ones, and the choice of h.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { boxes, button, check, demoPage, field, gradOf, need, pageOf, short, shown } from "./harness.mjs";

const lecture = ["e = a*b; d = e + c; L = d*f", "a=2", "b=-3", "c=10", "f=-2"];
const steep = ["y = exp(x)*sin(w*x)", "x=1.5", "w=2"];

async function assertNumbers(page, expression, numbers) {
    const { values } = gradOf(expression, ...Object.entries(numbers).map(([name, x]) => `${name}=${x}`));
    const found = await shown(page);
    for (const [name, { data, grad }] of Object.entries(values))
        assert.deepEqual(found[name], { data: short(Number(data)), grad: short(Number(grad)) }, `${name} at ${JSON.stringify(numbers)}`);
}

check("an edit changes every number at once, as the command has them", async (open) => {
    const page = await open(pageOf("lecture", ...lecture));
    const numbers = { a: 2, b: -3, c: 10, f: -2 };
    for (const [name, x] of [
        ["a", 2.01],
        ["f", 1e-3],
        ["c", -7.25],
        ["b", 0],
        ["a", 1e200],
        ["b", -1e200],
    ]) {
        numbers[name] = x;
        await field(page, name).fill(String(x));
        await assertNumbers(page, lecture[0], numbers);
        assert.equal(await field(page, name).evaluate((input) => input === document.activeElement), true, "focus stays");
    }
    await button(page, "reset").click();
    await assertNumbers(page, lecture[0], { a: 2, b: -3, c: 10, f: -2 });
    assert.equal(await field(page, "a").inputValue(), "2");
});

check("what is no number is told, and changes nothing", async (open) => {
    const page = await open(pageOf("lecture", ...lecture));
    const before = await shown(page);
    for (const text of ["", "two", "1e", "0x", "1,5", "--1"]) {
        await field(page, "a").fill(text);
        assert.match(await page.locator("#input-problem").textContent(), /is not a number; write one like/, text);
        assert.equal(await field(page, "a").getAttribute("aria-invalid"), "true");
        assert.deepEqual(await shown(page), before, text);
    }
    await field(page, "b").focus();
    assert.equal(await field(page, "a").inputValue(), "2", "back to the number that is used");
    assert.equal(await page.locator("#input-problem").textContent(), "");
});

check("arrow keys turn a number up and down", async (open) => {
    const page = await open(pageOf("lecture", ...lecture));
    await field(page, "a").focus();
    await page.keyboard.press("ArrowUp");
    assert.equal(await field(page, "a").inputValue(), "2.1");
    await assertNumbers(page, lecture[0], { a: 2.1, b: -3, c: 10, f: -2 });
    await page.keyboard.press("Shift+ArrowDown");
    assert.equal(await field(page, "a").inputValue(), "1.1");
});

check("boxes stay where they are when numbers grow long", async (open) => {
    const page = await open(pageOf("lecture", ...lecture));
    const places = async () => (await boxes(page)).map(({ x, y, width, height }) => ({ x, y, width, height }));
    const before = await places();
    await field(page, "a").fill("-1.23456789012345e-123");
    await field(page, "f").fill("12345.6789012345");
    assert.deepEqual(await places(), before);
});

/** The cells of an input's row: gradient, numerical, digits. */
async function row(page, name) {
    const [, grad, numeric, digits] = await page
        .locator("#inputs tbody tr")
        .filter({ has: field(page, name) })
        .getByRole("cell")
        .allTextContents();
    return { grad, numeric: Number(numeric), digits: Number(digits?.match(/[\d.]+$/)?.[0]), mark: digits?.[0] };
}

check("the numerical slope stands beside the exact one, and h spoils it at both ends", async (open) => {
    const page = await open(pageOf("steep", ...steep));
    const x = 1.5;
    const f = (t) => Math.exp(t) * Math.sin(2 * t);
    const slider = page.getByRole("slider", { name: "h =" });
    const at = async (power) => {
        await slider.fill(String(power));
        return row(page, "x");
    };
    const good = await at(-6);
    assert.equal(good.mark, "✓");
    assert.ok(good.digits > 5, `${good.digits}`);
    const coarse = await at(-1);
    const expected = (f(x + 0.1) - f(x)) / 0.1;
    assert.ok(Math.abs(coarse.numeric - expected) < 1e-3 * Math.abs(expected), "it is the forward difference");
    assert.ok(coarse.digits < 2 && coarse.mark === "✗", "truncation");
    assert.match(await page.locator("#inputs").textContent(), /truncation dominates/);
    const tiny = await at(-16);
    assert.ok(tiny.digits < 2 && tiny.mark === "✗", "rounding");
    assert.match(await page.locator("#inputs").textContent(), /rounding dominates/);
    await page.getByRole("combobox", { name: "formula" }).selectOption("central");
    assert.ok((await at(-4)).digits > (await at(-1)).digits);
    const central = (f(x + 0.1) - f(x - 0.1)) / 0.2;
    assert.ok(Math.abs((await row(page, "x")).numeric - central) < 1e-3 * Math.abs(central), "it is the central difference");
});

check("the curve of the error falls and rises, and follows the input that is chosen", async (open) => {
    const page = await open(pageOf("steep", ...steep));
    const heights = (kind) =>
        page
            .locator(`.curve polyline.${kind}`)
            .getAttribute("points")
            .then((points) => points.split(" ").map((p) => Number(p.split(",")[1])));
    const forward = await heights("forward");
    const lowest = forward.indexOf(Math.max(...forward)); // down is a small error
    assert.ok(lowest > 20 && lowest < 50, `the best h is in the middle: ${lowest}`);
    assert.ok(Math.max(...(await heights("central"))) > Math.max(...forward), "central differences are better");
    assert.match(await page.locator("#inputs figcaption").textContent(), /by x/);
    await field(page, "w").focus();
    assert.match(await page.locator("#inputs figcaption").textContent(), /by w/);
    assert.notDeepEqual(await heights("forward"), forward);
});

check("one parameter among hundreds is found by name, and its edit reaches the loss", async (open) => {
    const page = await open(demoPage("moons"));
    await page.getByRole("searchbox", { name: "show only inputs" }).fill("b3");
    const input = field(page, "b3[0]");
    await input.fill("0.5");
    await page.locator("g.box.output").waitFor();
    const loss = (await boxes(page)).find((box) => box.name === "loss");
    assert.notEqual(loss.data, "1.137");
});

check("inputs of what only the program can compute are frozen, not called wrong", async (open) => {
    const path = `${need("SLOPE_PAGE_FOLDER")}/custom.html`;
    execFileSync(need("SLOPE_PAGE_NATIVE"), ["custom", path]);
    const page = await open(path);
    assert.deepEqual((await shown(page)).x, { data: "2", grad: "60" });
    assert.equal(await field(page, "x").isDisabled(), true);
    await field(page, "w").fill("-1");
    assert.deepEqual((await shown(page)).y, { data: "-8", grad: "1" });
    assert.deepEqual((await shown(page)).x, { data: "2", grad: "-12" });
    await page.locator("#inputs td.right").first().waitFor();
    await page.waitForTimeout(400); // the verdicts come when the hand rests
    assert.equal(await page.locator("#inputs .wrong").count(), 0);
    assert.match(await page.locator("#inputs tbody tr").first().textContent(), /x.*–.*–/);
});

check("reset goes back to the first numbers, also after boxes were opened", async (open) => {
    const page = await open(demoPage("moons"));
    const loss = async () => (await boxes(page)).find((b) => b.name === "loss").data;
    const before = await loss();
    await page.getByRole("searchbox", { name: "show only inputs" }).fill("b3");
    await field(page, "b3[0]").fill("0.5");
    assert.notEqual(await loss(), before);
    await page.locator("g.box.folded").first().focus();
    await page.keyboard.press("Enter");
    assert.equal(await field(page, "b3[0]").inputValue(), "0.5");
    await button(page, "reset").click();
    assert.equal(await loss(), before);
    assert.equal(await field(page, "b3[0]").inputValue(), "0");
});
