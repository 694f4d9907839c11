// SPDX-License-Identifier: MIT
// Zooming and panning are a viewBox: the middle that is looked at, and how large a unit is.

const READABLE = 0.55; // at less the letters are too small

const MARGIN = 20; // that much of a picture may be out of sight without a word

export class Zoom {
    private scale = 1;
    private x = 0;
    private y = 0;
    private pointers = new Map<number, PointerEvent>();
    private moved = 0;
    private readonly paper = matchMedia("print"); // where all of it is wanted
    private fitted = true; // until somebody zooms or pans: then a new size of the window changes nothing

    constructor(
        private readonly port: HTMLElement,
        private readonly svg: () => SVGSVGElement,
        private readonly told: (percent: number) => void,
    ) {
        port.addEventListener(
            "wheel",
            (event) => {
                event.preventDefault();
                this.by(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
            },
            { passive: false },
        );
        port.addEventListener("pointerdown", (event) => {
            this.pointers.set(event.pointerId, event);
            this.moved = 0;
        });
        port.addEventListener("pointermove", (event) => this.drag(event));
        for (const end of ["pointerup", "pointercancel", "pointerleave"] as const)
            port.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
        this.paper.addEventListener("change", () => this.apply());
        new ResizeObserver(() => {
            if (this.fitted) this.fit();
            else this.apply();
        }).observe(port);
    }

    /** Was the pointer dragged since it went down?  Then a click is none. */
    get dragged(): boolean {
        return this.moved > 5;
    }

    private get size() {
        const svg = this.svg();
        return { width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
    }

    fit() {
        const { width, height } = this.size;
        const box = this.port.getBoundingClientRect();
        this.scale = Math.min(box.width / width, box.height / height, 1.25) || 1;
        this.x = width / 2;
        this.y = height / 2;
        this.fitted = true;
        this.apply();
    }

    /** The first look: all of it, or where it can't be read so, the end where the outputs are. */
    begin(down: boolean) {
        this.fit();
        if (this.scale >= READABLE) return;
        const { width, height } = this.size;
        this.scale = READABLE;
        this.fitted = false;
        if (down) this.y = Math.max(this.y, height - this.port.clientHeight / READABLE / 2);
        else this.x = Math.max(this.x, width - this.port.clientWidth / READABLE / 2);
        this.apply();
    }

    /** Larger or smaller, the point on the screen stays where it is. */
    by(ratio: number, clientX?: number, clientY?: number) {
        const box = this.port.getBoundingClientRect();
        const dx = (clientX ?? box.left + box.width / 2) - box.left - box.width / 2;
        const dy = (clientY ?? box.top + box.height / 2) - box.top - box.height / 2;
        this.fitted = false;
        const scale = Math.max(0.02, Math.min(8, this.scale * ratio));
        this.x += dx / this.scale - dx / scale;
        this.y += dy / this.scale - dy / scale;
        this.scale = scale;
        this.apply();
    }

    private drag(event: PointerEvent) {
        const before = this.pointers.get(event.pointerId);
        if (!before) return;
        const other = [...this.pointers.values()].find((p) => p.pointerId !== event.pointerId);
        if (other) {
            const distance = (p: PointerEvent) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
            this.by(distance(event) / (distance(before) || 1), other.clientX, other.clientY);
        } else {
            this.fitted = false;
            this.x -= (event.clientX - before.clientX) / this.scale;
            this.y -= (event.clientY - before.clientY) / this.scale;
            this.apply();
        }
        this.moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
        if (this.dragged && !this.port.hasPointerCapture(event.pointerId)) this.port.setPointerCapture(event.pointerId);
        this.pointers.set(event.pointerId, event);
    }

    /** Moves as little as needed for this element to be seen. */
    reveal(element: Element) {
        const port = this.port.getBoundingClientRect();
        const box = element.getBoundingClientRect();
        const shift = (low: number, high: number, from: number, to: number) =>
            low < from + 8 ? low - from - 8 : high > to - 8 ? Math.min(high - to + 8, low - from - 8) : 0;
        this.x += shift(box.left, box.right, port.left, port.right) / this.scale;
        this.y += shift(box.top, box.bottom, port.top, port.bottom) / this.scale;
        this.apply();
    }

    apply() {
        const width = this.port.clientWidth / this.scale;
        const height = this.port.clientHeight / this.scale;
        if (!(width > 0 && height > 0)) return;
        const [left, top, whole] = [this.x - width / 2, this.y - height / 2, this.size];
        if (this.paper.matches) this.svg().setAttribute("viewBox", `0 0 ${whole.width} ${whole.height}`);
        else this.svg().setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
        this.port.classList.toggle("more-left", left > MARGIN);
        this.port.classList.toggle("more-right", left + width < whole.width - MARGIN);
        this.told(Math.round(100 * this.scale));
    }
}
