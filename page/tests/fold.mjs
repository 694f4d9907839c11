// SPDX-License-Identifier: MIT
// Large graphs: the loss of the demonstration's network on 100 points, some 68,000 values, and what is refused.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

import { accessible, boxes, button, check, demoPage, details } from "./harness.mjs";

const folded = (page) => page.locator("g.box.folded");
const total = async (page) => {
    const labels = (await boxes(page)).map((box) => box.label);
    return labels.reduce((sum, label) => sum + Number(label.match(/^.*?([\d,]+) values folded/)?.[1].replaceAll(",", "") ?? 1), 0);
};

check("the loss on 100 points opens folded, soon and from a small file", async (open, tell) => {
    const path = demoPage("moons");
    const { size } = statSync(path);
    assert.ok(size < 2e6, `${size} bytes`);
    const begin = performance.now();
    const page = await open(path);
    const ready = performance.now() - begin;
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
    tell(`${size} bytes, first paint ${Math.round(paint)} ms, ready ${Math.round(ready)} ms`);
    assert.ok((await boxes(page)).length < 60);
    assert.match(await page.locator("header").textContent(), /68,379 values in \d+ boxes/);
    assert.equal(await total(page), 68379, "every value is in a box");
    assert.match((await boxes(page)).map((box) => box.label).join("\n"), /median|mid/);
    await accessible(page, "where much is folded");
});

check("a folded box opens by a click and by a key, and folds again", async (open) => {
    const page = await open(demoPage("moons"));
    const before = (await boxes(page)).length;
    await button(page, "fit the picture").click();
    await folded(page).first().click();
    const clicked = await boxes(page);
    assert.ok(clicked.length > before);
    assert.equal(await total(page), 68379);
    assert.equal(await page.evaluate(() => document.activeElement.classList.contains("box")), true, "focus goes on in what was opened");
    await folded(page).last().focus();
    await page.keyboard.press("Enter");
    const opened = await boxes(page);
    assert.ok(opened.length > clicked.length);
    assert.equal(await total(page), 68379);
    await button(page, "fold all").click();
    assert.equal((await boxes(page)).length, before);
});

check("values out of an opened box have their own numbers and paths", async (open) => {
    const page = await open(demoPage("moons"));
    await button(page, "fit the picture").click();
    const inputs = folded(page).filter({ hasText: "b1[0]" }).first();
    await inputs.focus();
    await page.keyboard.press("Enter");
    const one = page.locator("g.box").filter({ has: page.locator(".name", { hasText: /^b1\[3\]$/ }) });
    await one.focus();
    await page.keyboard.press("Enter");
    assert.match(await details(page).textContent(), /data0 /);
    assert.match(await details(page).textContent(), /paths to loss, the 32 that bring most/);
});

check("what is told of a value out of an opened box is its own arithmetic", async (open) => {
    const page = await open(demoPage("moons"));
    await folded(page).filter({ hasText: "relu" }).last().focus();
    await page.keyboard.press("Enter");
    const single = page.locator("g.box:not(.folded)").filter({ has: page.locator(".op", { hasText: "relu" }) });
    assert.equal(await single.count(), 24);
    for (let i = 0; i < 24; i += 6) {
        await single.nth(i).focus();
        const told = await details(page).textContent();
        const [, operand, data] = told.match(/relu\(%\d+\) = relu\(([^)]*)\).*?data(-?[\d.e-]+?)(?:\s|\(|gradient)/);
        assert.ok(Math.abs(Math.max(0, Number(operand)) - Number(data)) <= 1e-3 * Math.abs(Number(data)), told.slice(0, 200));
    }
});

check("a search finds what is in a folded box", async (open) => {
    const page = await open(demoPage("moons"));
    const search = page.getByRole("searchbox", { name: "find" });
    await search.fill("w1[3,1]");
    assert.equal(await page.locator("g.box.found").count(), 1);
    assert.match(await page.locator("g.box.found .name").textContent(), /^w1\[0,0\]/);
    await search.fill("nothing of that name");
    await page.getByText("0 hits").waitFor();
});

check("folding can be turned off; what is then left out is said", async (open) => {
    const page = await open(demoPage("moons"));
    await page.getByRole("checkbox", { name: "fold repeated structure" }).uncheck();
    assert.match(
        await page.locator("header").textContent(),
        /400 of 68,379 values are drawn, those nearest to the output; 67,979 are left out/,
    );
    assert.equal((await boxes(page)).length, 400);
    assert.equal(await folded(page).count(), 0);
    await page.getByRole("checkbox", { name: "fold repeated structure" }).check();
    assert.ok((await folded(page).count()) > 0);
});

check("search finds by name and operation in what is drawn", async (open) => {
    const page = await open(demoPage("moons"));
    await page.getByRole("searchbox", { name: "find" }).fill("relu");
    const found = await page.locator("g.box.found").count();
    assert.ok(found >= 3, `${found}`);
    await page.getByText(`${found} hits`).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText(`1 of ${found}`).waitFor();
});

check("the steps of a folded graph are those of its boxes", async (open) => {
    const page = await open(demoPage("moons"));
    await button(page, "to the start").click();
    await button(page, "one step on").click();
    assert.match(await page.locator("#step").textContent(), /forward: .*values of mul, median/);
    const steps = page.getByRole("slider", { name: "step" });
    await steps.fill(String(Number(await steps.getAttribute("max")) - 12));
    assert.match(await page.locator("#step").textContent(), /backward: .*gradients, median/);
});

check("a graph past the limit is refused with a summary, and no file is left", async () => {
    const path = `${process.env.SLOPE_PAGE_FOLDER}/refused.html`;
    const said = (() => {
        try {
            execFileSync(process.env.SLOPE_COMMAND, ["graph", "y = sin(a)*b + c", "a=1", "b=2", "c=3", "--max-values", "4", "-o", path], {
                encoding: "utf8",
                stdio: "pipe",
            });
            return "";
        } catch (error) {
            assert.equal(error.status, 2);
            return error.stderr;
        }
    })();
    assert.match(
        said,
        /the graph has 6 values, and a page may have at most 4.*inputs 3, numbers 0, operations 3 \(1 add, 1 mul, 1 sin\), longest way 3/s,
    );
    assert.equal(existsSync(path), false);
});
