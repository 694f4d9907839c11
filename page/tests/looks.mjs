// SPDX-License-Identifier: MIT
// Light, dark, on paper, on a phone: screenshots to look at, and what must hold of them.
import assert from "node:assert/strict";

import { accessible, box, boxes, button, check, demoPage, desk, details, phone, screenshots } from "./harness.mjs";

const shoot = async (page, name) => page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true, animations: "disabled" });
const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const lightness = (rgb) =>
    rgb
        .match(/\d+/g)
        .slice(0, 3)
        .reduce((sum, x) => sum + Number(x), 0) / 3;

check("light and dark both have contrast, and the button changes between them", async (open) => {
    for (const colorScheme of ["light", "dark"]) {
        const page = await open(demoPage("gallery/expression"), { colorScheme });
        const isDark = lightness(await paper(page)) < 128;
        assert.equal(isDark, colorScheme === "dark");
        await box(page, "a").click();
        await accessible(page, `in ${colorScheme}`);
        await shoot(page, `expression-${colorScheme}`);
        await button(page, "light or dark").click();
        assert.equal(lightness(await paper(page)) < 128, !isDark);
        await accessible(page, `in ${colorScheme} turned over`);
    }
});

check("pictures are the same in two runs, to the pixel", async (open) => {
    const shots = [];
    for (let i = 0; i < 2; i++) {
        const page = await open(demoPage("gallery/neuron"));
        await button(page, "to the start").click();
        await button(page, "to the end").click();
        await page.locator("#inputs td.right").first().waitFor();
        await page.waitForTimeout(600); // until the verdicts are there
        shots.push((await shoot(page, `neuron-${i}`)).toString("base64"));
    }
    assert.ok(shots[0] === shots[1]);
});

check("on a phone nothing is wider than the screen, and the picture runs downwards", async (open) => {
    for (const name of ["gallery/expression", "gallery/option", "moons", "neuron"]) {
        const page = await open(demoPage(name), { viewport: phone, hasTouch: true, isMobile: true });
        const { width, inner } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, inner: window.innerWidth }));
        assert.ok(width <= phone.width && inner <= phone.width, `${name}: ${width} of ${inner}`);
        await shoot(page, `phone-${name.replace("/", "-")}`);
        if (name !== "gallery/expression") continue;
        const [a, , e] = await boxes(page);
        assert.ok(e.y > a.y + a.height, "what is computed is below");
        assert.equal(await page.locator(".edge .local").count(), 6, "and the local derivatives are there");
        await accessible(page, "on a phone");
        await box(page, "a").tap();
        assert.match(await details(page).textContent(), /chain rule/);
    }
});

check("on paper there are picture, legend, numbers and table, and no controls", async (open) => {
    const page = await open(demoPage("gallery/expression"), { colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assert.ok(lightness(await paper(page)) > 250, "paper is white");
    for (const control of ["#transport", "#tools", "nav.gallery", "#h", "header button"])
        for (const element of await page.locator(control).all()) assert.equal(await element.isVisible(), false, control);
    for (const part of ["svg#graph", "#legend", "#inputs table"]) assert.equal(await page.locator(part).isVisible(), true, part);
    const rows = page.locator("#values tbody tr");
    assert.equal(await rows.count(), 7);
    assert.ok(await rows.last().isVisible(), "the table of all values is open");
    await page.setViewportSize({ width: 794, height: 1123 }); // A4 at 96 dpi
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 794, "it fits the paper");
    await shoot(page, "print");
    const pdf = await page.pdf({ path: `${screenshots}/print.pdf`, format: "A4" });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
});

check("what one sees first is the picture, its steps and its numbers", async (open) => {
    const page = await open(demoPage("gallery/expression"));
    const bottom = async (selector) => {
        const { y, height } = await page.locator(selector).boundingBox();
        return y + height;
    };
    assert.ok((await bottom("#transport")) < desk.height && (await bottom("#step")) < desk.height, "without scrolling");
    await shoot(page, "first");
});
