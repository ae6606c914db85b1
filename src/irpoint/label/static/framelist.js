// The list of frames: a listbox of any length, of which only the rows in view exist.

const MARGIN = 3; // rows beyond each edge that exist as well
const MAX_HEIGHT = 16_000_000; // px; browsers limit the height of an element. Longer lists scroll in larger steps.

export class FrameList {
  /** `box` is the listbox. `on` gets row(number, element) to fill a row, open(number), visible(numbers) and leave(). */
  constructor(box, on) {
    this.box = box;
    this.on = on;
    this.numbers = []; // of the frames, in order
    this.place = new Map(); // number → index in `numbers`
    this.rows = new Map(); // number → element
    this.active = null; // number of the frame that the keyboard has reached
    this.shown = null; // number of the frame on the screen
    this.rowHeight = 64;
    this.space = document.createElement("div");
    this.space.setAttribute("role", "presentation");
    box.replaceChildren(this.space);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.on.open(Number(row.dataset.number));
    });
    new ResizeObserver(() => this.draw()).observe(box);
  }

  /** Show other frames, or the same ones after a change. */
  show(numbers) {
    this.numbers = numbers;
    this.place = new Map(numbers.map((number, index) => [number, index]));
    if (!this.place.has(this.active)) this.active = this.place.has(this.shown) ? this.shown : numbers[0] ?? null;
    this.space.style.height = `${this.height}px`;
    this.draw(true);
  }

  /** Mark the frame on the screen. The list scrolls to it if it has it. */
  select(number) {
    if (this.shown === number) return;
    this.shown = this.active = number;
    this.reveal(number);
    this.draw(true);
  }

  get height() { return Math.min(this.numbers.length * this.rowHeight, MAX_HEIGHT); }

  /** Distance in px from the first row to the top of the view. It differs from scrollTop in a list of more than MAX_HEIGHT. */
  get offset() {
    const hidden = this.height - this.box.clientHeight;
    return hidden > 0 ? (this.box.scrollTop * (this.numbers.length * this.rowHeight - this.box.clientHeight)) / hidden : 0;
  }

  /** Scroll until a row is in view. */
  reveal(number) {
    const index = this.place.get(number), { box, rowHeight } = this;
    if (index === undefined || !box.clientHeight) return;
    const top = index * rowHeight, bottom = top + rowHeight - box.clientHeight;
    const offset = Math.min(Math.max(this.offset, bottom), top);
    const whole = this.numbers.length * rowHeight - box.clientHeight;
    if (offset !== this.offset) box.scrollTop = whole > 0 ? (offset * (this.height - box.clientHeight)) / whole : 0;
  }

  /** Draw the rows in view before the next repaint; with `again`, also those that exist. */
  draw(again = false) {
    this.again ||= again;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.drawNow(); });
  }

  drawNow() {
    const { box, rowHeight, offset, again } = this;
    this.again = false;
    if (!box.clientHeight) return;
    const first = Math.max(0, Math.floor(offset / rowHeight) - MARGIN);
    const last = Math.min(this.numbers.length, Math.ceil((offset + box.clientHeight) / rowHeight) + MARGIN);
    const inView = this.numbers.slice(first, last), kept = new Set(inView);
    if (this.active !== null && this.place.has(this.active)) kept.add(this.active); // aria-activedescendant names it
    for (const [number, row] of this.rows) if (!kept.has(number)) { row.remove(); this.rows.delete(number); }
    for (const number of kept) this.drawRow(number, offset, again);
    const active = this.rows.get(this.active);
    if (active) box.setAttribute("aria-activedescendant", active.id); else box.removeAttribute("aria-activedescendant");
    this.on.visible(inView);
  }

  drawRow(number, offset, again) {
    const index = this.place.get(number);
    let row = this.rows.get(number);
    if (!row) {
      row = document.createElement("div");
      row.id = `frame-${number}`;
      row.className = "frame";
      row.dataset.number = number;
      row.setAttribute("role", "option");
      this.rows.set(number, row);
      this.space.append(row);
      again = true;
    }
    if (again) {
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", this.numbers.length);
      this.on.row(number, row);
    }
    row.setAttribute("aria-selected", String(number === this.shown));
    row.classList.toggle("active", number === this.active);
    row.style.top = `${this.box.scrollTop + index * this.rowHeight - offset}px`;
  }

  /** Keys of the list; all others are those of the page. */
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.rowHeight) - 1);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (by !== undefined) this.move(by);
    else if (event.key === "Enter" || event.key === " ") { if (this.active !== null && !event.repeat) this.on.open(this.active); }
    else if (event.key === "Escape") this.on.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(by) {
    const index = Math.min(Math.max((this.place.get(this.active) ?? -1) + by, 0), this.numbers.length - 1);
    if (index < 0) return;
    this.active = this.numbers[index];
    this.reveal(this.active);
    this.draw();
  }
}
