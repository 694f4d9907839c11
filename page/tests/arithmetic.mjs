// SPDX-License-Identifier: MIT
// The arithmetic of pages, Slope as WebAssembly with the libm of musl, against Slope for this machine with the libm of
// glibc, on 5,000 expressions over every operation of the table.  What is exactly defined agrees bit for bit; a value of
// libm whose operands agree, to 2 units in the last place; gradients to what their sums allow.  The library that is
// compared is the page's engine, compiled for this machine; of some expressions it gives what the command gives, to the bit.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { gradOf, need } from "./harness.mjs";

const EXPRESSIONS = 5000;
const COMMANDS = 300; // of these, those that the command is asked for too
const ULPS = 2; // that two libms may differ where their operands are equal
const MORE_ULPS = { cbrt: 3, tgamma: 12 };
// They have zeros that are no simple numbers, next to which only so many units of 1 are right.
const SPECIAL = new Set(["lgamma", "digamma", "trigamma", "polygamma", "logaddexp"]);
const GRADIENT = 1e-15; // of the sum of all contributions by magnitude, for each step of the longest way

// Operations that IEEE 754 or a comparison defines to the last bit, and so do their partials.
const EXACT = new Set(
    "add sub mul div neg zmul fma square sqrt abs sign copysign min max fdim relu leaky_relu floor ceil round trunc rint fmod remainder lt le gt ge eq ne select".split(
        " ",
    ),
);

const native = (input, ...args) => execFileSync(need("SLOPE_PAGE_NATIVE"), args, { input, encoding: "utf8", maxBuffer: 1 << 30 });

async function engine() {
    const system = new Proxy({}, { get: () => () => 52 });
    const { instance } = await WebAssembly.instantiate(readFileSync(need("SLOPE_PAGE_WASM")), { wasi_snapshot_preview1: system });
    const wasm = instance.exports;
    wasm._initialize();
    const read = (place) => {
        const bytes = new Uint8Array(wasm.memory.buffer, place);
        return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
    };
    return (formula, numbers) => {
        const bytes = new TextEncoder().encode(`${formula}\0${numbers.join("\n")}`);
        const place = wasm.page_buffer(bytes.length);
        new Uint8Array(wasm.memory.buffer, place, bytes.length).set(bytes);
        const answer = read(wasm.page_parse(bytes.length));
        return answer.startsWith('{"error"') ? answer : read(wasm.page_view());
    };
}

// ------------------------------------------------------------------------------------------------------- expressions

let state = 1n;
function random() {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 11n) / 2 ** 53;
}
const choose = (list) => list[Math.floor(random() * list.length)];
const between = (low, high) => low + (high - low) * random();
const EDGES = [0, -0, 1, -1, 0.5, 2, 1e-300, -1e300, 5e-324, 1.7976931348623157e308, 709.8, -745.2, 1e16, 3, 0.1];

/** A formula of some statements, each of which applies an operation to inputs, numbers and statements before it. */
function draw(ops) {
    const numbers = [];
    const lines = [];
    const input = (low, high) => {
        const name = `x${numbers.length}`;
        numbers.push(`${name}=${random() < 0.06 ? choose(EDGES) : between(low, high)}`);
        return name;
    };
    const count = 2 + Math.floor(random() * 7);
    for (let i = 0; i < count; i++) {
        const { name, arity, low, high, low2, high2 } = choose(ops);
        const varies = arity === 2 && low === high ? 1 : name === "powi" ? 0 : Math.floor(random() * arity); // not a number as written
        const operands = Array.from({ length: arity }, (_, k) => {
            if (name === "powi" && k === 1) return String(Math.floor(between(-4, 6)));
            if (arity === 2 && low === high && k === 0) return String(Math.floor(between(0, 4)));
            if (i && random() < 0.45) return `t${Math.floor(random() * i)}`;
            const range = k === 1 ? [low2, high2] : [low, high];
            return k !== varies && random() < 0.3 ? String(Math.abs(between(...range))) : input(...range);
        });
        lines.push(`t${i} = ${name}(${operands.join(", ")})`);
    }
    const last = lines.map((_, i) => `t${i}`).filter(() => random() < 0.6);
    return { formula: `${lines.join("; ")}; y = ${[...last, `t${count - 1}`].join(" + ")}`, numbers };
}

// -------------------------------------------------------------------------------------------------------- comparison

const buffer = new DataView(new ArrayBuffer(8));
function bits(x) {
    buffer.setFloat64(0, x);
    return buffer.getBigInt64(0);
}
const same = (a, b) => (Number.isNaN(a) ? Number.isNaN(b) : Object.is(a, b));

/** How many doubles there are from one to the other. */
function ulps(a, b) {
    if (same(a, b)) return 0;
    if (Number.isNaN(a) || Number.isNaN(b)) return Infinity;
    const order = (x) => (bits(x) < 0n ? -(bits(x) & 0x7fffffffffffffffn) : bits(x));
    const difference = order(a) - order(b);
    return Number(difference < 0n ? -difference : difference);
}

/** The same, where next to a zero of the function they are those of 1. */
function distance(op, a, b) {
    const small = SPECIAL.has(op) && Math.abs(a) < 1 && Math.abs(b) < 1;
    return small ? Math.abs(a - b) / Number.EPSILON : ulps(a, b);
}

/** By node: its contributions over every way, by magnitude, and the longest way to the output. */
function sizes({ nodes, outputs }) {
    const size = nodes.map((_, i) => (outputs.includes(i) ? 1 : 0));
    const way = nodes.map(() => 1);
    for (const node of nodes.toReversed())
        for (const { node: from, local } of node.operands) {
            const term = Math.abs(Number(local)) * size[node.id];
            if (Number(local) !== 0 && size[node.id] !== 0) size[from] += term;
            way[from] = Math.max(way[from], way[node.id] + 1);
        }
    return { size, way };
}

class Tally {
    nodes = 0;
    equal = 0;
    apart = 0;
    gradients = 0;
    equalGradients = 0;
    wholePages = 0;
    worst = new Map();
    worstGradient = 0;

    values(here, there, formula) {
        let agree = true;
        for (const [i, node] of here.nodes.entries()) {
            const [a, b] = [Number(node.data), Number(there.nodes[i].data)];
            this.nodes++;
            const isEqual = same(a, b);
            this.equal += isEqual;
            if (isEqual) continue;
            agree = false;
            if (node.operands.some(({ node: from }) => !same(Number(here.nodes[from].data), Number(there.nodes[from].data)))) {
                this.apart++; // it could not be expected to
                continue;
            }
            assert.ok(node.operands.length && !EXACT.has(node.op), `${node.op} gives ${a} here and ${b} in the page: ${formula}`);
            const far = distance(node.op, a, b);
            this.worst.set(node.op, Math.max(this.worst.get(node.op) ?? 0, far));
            const most = MORE_ULPS[node.op] ?? ULPS;
            assert.ok(far <= most, `${node.op} gives ${a} here and ${b} in the page, ${far} ulp: ${formula}`);
        }
        return agree;
    }

    grads(here, there, formula) {
        const exact = here.nodes.every((node) => !node.operands.length || EXACT.has(node.op));
        const { size, way } = sizes(here);
        for (const [i, node] of here.nodes.entries()) {
            const [a, b] = [Number(node.grad), Number(there.nodes[i].grad)];
            if (node.kind === "number") continue;
            this.gradients++;
            this.equalGradients += same(a, b);
            if (same(a, b)) continue;
            assert.ok(!exact, `the gradient of %${i} is ${a} here and ${b} in the page: ${formula}`);
            if (!Number.isFinite(size[i]) || size[i] < 1e-290) continue; // where it over- or underflows, an ulp is anything
            const error = Math.abs(a - b) / size[i] / way[i];
            this.worstGradient = Math.max(this.worstGradient, error);
            assert.ok(error < GRADIENT, `the gradient of %${i} is ${a} here and ${b} in the page: ${formula}`);
        }
    }
}

function operations() {
    const lines = native("", "ops").trim().split("\n");
    return lines.map((line) => {
        const [name, ...rest] = line.split(" ");
        const [arity, low, high, low2, high2] = rest.map(Number);
        return { name, arity, low, high, low2, high2 };
    });
}

/** What the command says of every name, against the graph of the page's engine. */
function likeCommand({ formula, numbers }, { nodes }) {
    const { values } = gradOf(formula, ...numbers);
    for (const [name, { data, grad }] of Object.entries(values)) {
        const node = nodes.find(({ label }) => label === name);
        if (!node) continue; // the result does not depend on it
        for (const [a, b] of [
            [data, node.data],
            [grad, node.grad],
        ])
            assert.ok(same(Number(a), Number(b)), `${name} is ${a} of the command and ${b} here: ${formula} at ${numbers.join(" ")}`);
    }
    return Object.keys(values).length;
}

test(`${EXPRESSIONS} expressions give the same in the page as in the library`, { timeout: 300000 }, async (context) => {
    const ops = operations();
    assert.ok(ops.length > 50);
    const ask = await engine();
    const drawn = Array.from({ length: EXPRESSIONS }, () => draw(ops));
    const answers = native(drawn.map(({ formula, numbers }) => [formula, ...numbers].join("\t") + "\n").join(""))
        .trim()
        .split("\n");
    const tally = new Tally();
    let asked = 0;
    for (const [i, { formula, numbers }] of drawn.entries()) {
        const text = ask(formula, numbers);
        const [here, there] = [answers[i], text].map((answer) => JSON.parse(answer).graph);
        assert.ok(here && there, `${formula}: ${answers[i].slice(0, 300)}`);
        if (i < COMMANDS) asked += likeCommand(drawn[i], here);
        const told = `${formula} at ${numbers.join(" ")}`;
        assert.equal(here.nodes.length, there.nodes.length, told);
        if (tally.values(here, there, told)) tally.grads(here, there, told);
        tally.wholePages += text.replaceAll("\n", " ") === answers[i];
    }
    context.diagnostic(`${tally.nodes} values: ${tally.equal} equal to the bit, ${tally.apart} behind one that is not`);
    context.diagnostic(
        `${tally.gradients} gradients where all values are equal: ${tally.equalGradients} equal to the bit, others to ${tally.worstGradient.toExponential(1)}`,
    );
    context.diagnostic(`${tally.wholePages} of ${EXPRESSIONS} pages are equal to the byte`);
    context.diagnostic(
        `largest differences, ulp: ${[...tally.worst]
            .sort((a, b) => b[1] - a[1])
            .map(([op, n]) => `${op} ${n}`)
            .join(", ")}`,
    );
    context.diagnostic(`${asked} values of ${COMMANDS} expressions are those of the command, to the bit`);
    assert.ok(asked > 5 * COMMANDS);
    assert.ok(tally.nodes > 10 * EXPRESSIONS && tally.equal > 0.9 * tally.nodes && tally.equalGradients > 0.9 * tally.gradients);
});
