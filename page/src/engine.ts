// SPDX-License-Identifier: MIT
// Slope itself, compiled to WebAssembly (page/engine.h): the script computes no derivative of its own.

import wasm from "engine.wasm.gz";

/** Numbers that are not finite come as strings; Number() reads both. */
export type Num = number | "NaN" | "Infinity" | "-Infinity";
export interface Span {
    min: Num;
    median: Num;
    max: Num;
    nonfinite: number;
}
export interface Operand {
    node: number;
    position?: number;
    count?: number;
    local?: Num | { min: Num; max: Num };
}
export interface GraphNode {
    id: number;
    kind: "input" | "number" | "result";
    op: string;
    label?: string;
    data: Num | Span;
    grad?: Num | Span;
    file?: string;
    line?: number;
    operands: Operand[];
}
export interface Detail {
    name: string;
    formula: string; // "a * b"
    arithmetic: string; // "2 * (-3)"
    operands: { id: number; rule: string }[]; // the first three; "∂(a * b)/∂a = b"
    count: number;
    uses: number; // also by what is not drawn
    output: boolean;
    dead: boolean;
    grad: Num;
    data_hex: string;
    grad_hex: string;
}
export interface Input {
    id: number;
    name: string;
    data: Num;
    grad: Num;
    box: number | null;
    frozen: boolean;
}
export interface View {
    svg: string;
    table: string;
    details: Detail[];
    inputs: Input[];
    outputs: { name: string }[];
    graph: { values: number; left_out: number; folded: boolean; nodes: GraphNode[] };
    origin: { box: number | null; message: string } | null;
    opens: number;
    summary: string;
}
export interface Check {
    exact: Num;
    numeric: Num;
    digits: number;
}
export interface Verdict {
    numeric: Num;
    digits: number;
    verdict: string;
}
export interface Row {
    h: number;
    forward: Num;
    central: Num;
    forward_error: Num;
    central_error: Num;
}
export interface Paths {
    paths: Num;
    listed: { nodes: number[]; names: string[]; local: Num[]; contribution: Num }[];
}
export interface Failure {
    message: string;
    line?: number;
    column?: number;
    caret?: string;
    nearest?: string;
}
export type Answer<T> = T & { error?: Failure };

interface Exports {
    memory: WebAssembly.Memory;
    _initialize(): void;
    page_buffer(bytes: number): number;
    [name: string]: unknown;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
}

export class Engine {
    private constructor(private readonly wasm: Exports) {}

    static async start(): Promise<Engine> {
        const stream = new Blob([decode(wasm)]).stream().pipeThrough(new DecompressionStream("gzip"));
        const code = await new Response(stream).arrayBuffer();
        const system = new Proxy({}, { get: () => () => 52 }); // no files, no environment: ENOSYS to whoever asks
        const { instance } = await WebAssembly.instantiate(code, { wasi_snapshot_preview1: system });
        const exports = instance.exports as unknown as Exports;
        exports._initialize();
        return new Engine(exports);
    }

    private call<T>(name: string, ...args: number[]): Answer<T> {
        const place = (this.wasm[`page_${name}`] as (...args: number[]) => number)(...args);
        const bytes = new Uint8Array(this.wasm.memory.buffer, place);
        return JSON.parse(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))) as Answer<T>;
    }

    private put(bytes: Uint8Array): number {
        const place = this.wasm.page_buffer(bytes.length);
        if (!place) throw new RangeError("not enough memory");
        new Uint8Array(this.wasm.memory.buffer, place, bytes.length).set(bytes);
        return bytes.length;
    }

    load(base64: string) {
        return this.call("load", this.put(decode(base64)));
    }
    parse(formula: string, numbers: ReadonlyMap<string, number>) {
        const lines = [...numbers].map(([name, x]) => `${name}=${x}`).join("\n");
        return this.call("parse", this.put(new TextEncoder().encode(`${formula.replaceAll("\0", "?")}\0${lines}`)));
    }
    draw(fold: boolean, most: number, down: boolean, gradients: boolean) {
        return this.call("draw", Number(fold), most, Number(down), Number(gradients));
    }
    open(id: number) {
        return this.call("open", id);
    }
    close() {
        return this.call("close");
    }
    set(id: number, x: number) {
        return this.call("set", id, x);
    }
    view() {
        return this.call<View>("view");
    }
    check(id: number, h: number, central: boolean) {
        return this.call<Check>("check", id, h, Number(central));
    }
    verdict(id: number) {
        return this.call<Verdict>("verdict", id);
    }
    sweep(id: number) {
        return this.call<Row[]>("sweep", id);
    }
    paths(id: number) {
        return this.call<Paths>("paths", id);
    }
}
