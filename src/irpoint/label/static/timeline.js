// The strip under the frame: a row with the states of all frames of the clip, and a lane per track.

const GUTTER = 44, ROW = 13, STATES = 12, PAD = 3; // CSS px
const MOST_ROWS = 8; // before the strip scrolls

const element = (id) => document.getElementById(id);

export class Timeline {
  /** `on` gets show(at, whileDragging), step(by), end(last) and select(lane or null); `now()` is the index of the shown frame. */
  constructor(clip, on, now) {
    Object.assign(this, { clip, on, now, canvas: element("strip"), box: element("lanes") });
    new ResizeObserver(() => this.draw()).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.release());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Points without a track have a lane of their own at the top. */
  get rows() {
    const loose = this.clip.byFrame.flat().filter(({ track }) => track === null);
    return [...(loose.length ? [{ number: null, proposed: false, points: loose }] : []), ...this.clip.lanes];
  }

  get width() { return this.box.clientWidth; }

  x(at) { return GUTTER + (at * (this.width - GUTTER - 2)) / Math.max(this.clip.frames.length, 1); }

  place(event) {
    const box = this.canvas.getBoundingClientRect(), count = this.clip.frames.length;
    const share = (event.clientX - box.left - GUTTER) / (this.width - GUTTER - 2);
    const row = Math.floor((event.clientY - box.top - STATES - PAD) / ROW);
    return { at: Math.min(Math.max(Math.floor(share * count), 0), count - 1), lane: this.rows[row] || null };
  }

  press(event) {
    if (event.button !== 0 || !this.clip.frames.length) return;
    const { at, lane } = this.place(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.dragging = at;
    if (lane && lane.number !== null) this.on.select(lane);
    this.on.show(at, true);
  }

  move(event) {
    const { at, lane } = this.place(event);
    this.canvas.title = this.describe(at, lane);
    if (this.dragging === undefined || at === this.dragging) return;
    this.dragging = at;
    this.on.show(at, true);
  }

  release() {
    if (this.dragging === undefined) return;
    const at = this.dragging;
    this.dragging = undefined;
    this.on.show(at, false);
  }

  /** Keys while the strip has the focus; the others are those of the page. */
  key(event) {
    const step = Math.max(1, Number(element("step").value) || 1);
    const run = {
      ArrowLeft: () => this.on.step(event.shiftKey ? -step : -1), ArrowRight: () => this.on.step(event.shiftKey ? step : 1),
      PageUp: () => this.on.step(-step), PageDown: () => this.on.step(step),
      Home: () => this.on.end(false), End: () => this.on.end(true),
      ArrowUp: () => this.clip.selectNext(-1), ArrowDown: () => this.clip.selectNext(1),
    }[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  }

  describe(at, lane) {
    const words = { click: "clicked", source: "from the dataset", proposal: "accepted proposal", track: "filled in" };
    const point = lane?.points.find((one) => one.at === at);
    const what = lane && `${laneName(lane)}: ${point ? (lane.proposed ? "proposed" : words[point.origin]) : "no point"}`;
    return [`frame ${at + 1}, ${this.clip.states[at] || ""}`, what].filter(Boolean).join("; ");
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }

  paint() {
    const { canvas, width, rows } = this, ratio = window.devicePixelRatio || 1;
    const shown = Math.max(1, Math.min(rows.length, MOST_ROWS)), height = STATES + PAD + Math.max(1, rows.length) * ROW;
    this.box.style.height = `${STATES + PAD + shown * ROW}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    context.scale(ratio, ratio);
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "middle";
    if (!this.clip.frames.length || !width) return;
    this.paintStates(context, colour);
    rows.forEach((lane, row) => this.paintLane(context, colour, lane, STATES + PAD + row * ROW));
    const x = this.x(this.now()), wide = Math.max(this.x(1) - this.x(0), 2);
    context.fillStyle = colour("ink");
    context.globalAlpha = 0.16;
    context.fillRect(x, 0, wide, height);
    context.globalAlpha = 1;
    context.fillRect(x + wide / 2 - 0.75, 0, 1.5, height);
    this.reveal();
  }

  /** The states: complete frames are high, frames without a target low, unsure ones in between. */
  paintStates(context, colour) {
    const looks = { done: ["accent", 1, 10], empty: ["quiet", 7, 4], unsure: ["warn", 4, 7], imported: ["lane-filled", 4, 7] };
    context.fillStyle = colour("quiet");
    context.fillText("frames", 3, STATES / 2 + 0.5);
    context.fillStyle = colour("line");
    context.fillRect(GUTTER, STATES - 1, this.width - GUTTER - 2, 1);
    this.runs(this.clip.states.map((state, at) => ({ at, kind: state })), (state, from, to) => {
      if (!looks[state]) return;
      const [name, top, high] = looks[state];
      context.fillStyle = colour(name);
      context.fillRect(this.x(from), top, Math.max(this.x(to + 1) - this.x(from), 1), high);
    });
  }

  paintLane(context, colour, lane, top) {
    const selected = this.clip.isSelected(lane);
    if (selected) {
      context.fillStyle = colour("lane-selected");
      context.fillRect(0, top, this.width, ROW);
    }
    context.fillStyle = colour(selected ? "ink" : "quiet");
    context.fillText(laneName(lane, true), 3, top + ROW / 2 + 0.5);
    const kind = ({ origin }) => (lane.proposed ? "proposed" : origin === "track" ? "filled" : origin === "proposal" ? "accepted" : "clicked");
    this.runs(lane.points.map((point) => ({ at: point.at, kind: kind(point) })), (which, from, to) => {
      const left = this.x(from), wide = Math.max(this.x(to + 1) - left, which === "clicked" ? 2.5 : 1);
      context.fillStyle = context.strokeStyle = colour(`lane-${which}`);
      if (which === "clicked") context.fillRect(left, top + 1.5, wide, ROW - 3);
      else if (which === "accepted") context.fillRect(left, top + 3.5, wide, ROW - 7);
      else if (which === "filled") context.fillRect(left, top + ROW / 2 - 1, wide, 2);
      else { context.lineWidth = 1; context.strokeRect(left + 0.5, top + 3.5, Math.max(wide - 1, 0.5), ROW - 7); }
    });
  }

  /** Call `paint(kind, first, last)` for each run of one kind in consecutive frames. */
  runs(items, paint) {
    let first = null, last = null;
    for (const item of items) {
      if (first && item.kind === first.kind && item.at === last.at + 1) { last = item; continue; }
      if (first) paint(first.kind, first.at, last.at);
      first = last = item;
    }
    if (first) paint(first.kind, first.at, last.at);
  }

  /** Scroll the selected lane into view. */
  reveal() {
    const row = this.rows.findIndex((lane) => lane.number !== null && this.clip.isSelected(lane));
    const top = STATES + PAD + row * ROW, key = `${this.clip.selected?.proposed} ${this.clip.selected?.number}`;
    if (row < 0 || this.revealed === key) return;
    this.revealed = key;
    if (top < this.box.scrollTop + STATES) this.box.scrollTop = top - STATES;
    else if (top + ROW > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW - this.box.clientHeight;
  }
}

/** The name of a lane, as `1` or `P1` if it is short. */
export function laneName({ number, proposed }, short) {
  if (number === null) return short ? "no track" : "points without a track";
  return short ? (proposed ? `P${number}` : `#${number}`) : proposed ? `proposed track P${number}` : `track ${number}`;
}
