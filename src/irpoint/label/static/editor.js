// The frame on the editor: its pixels, its labels, what the model proposes, and what can be done.

import { getOf, getPixels, post } from "./api.js";

const KEPT = 12; // frames kept ready
const SAME = 3; // px within which a proposal and a label mean one target
const SAME_CLICK = 1; // px within which two clicks do
const SNAP_MS = 2000; // after which a click stays where it was

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

export class FrameEditor {
  /** `saver` stores; `on` gets changed() after every change of what is to be seen, and leaving(). */
  constructor(saver, on) {
    this.saver = saver;
    this.on = on;
    this.kept = new Map(); // name → promise of {pixels, broken}
    this.name = null;
    this.opening = null; // name of the frame that is on its way to the editor
    this.labels = { state: "open", points: [], refused: [], note: "" };
    this.proposals = [];
    this.threshold = 1;
    this.ghost = [];
    this.active = null; // the point that keys move: its place in labels.points
    this.grabbed = null; // the point under the pressed button
    this.dragged = null; // where that point is shown while it is dragged
  }

  /** Pixels of a frame, from memory where they are there. */
  fetch(name) {
    let found = this.kept.get(name);
    this.kept.delete(name);
    found ??= getPixels(name).then((pixels) => ({ pixels }), (error) => {
      if (!error.status) this.kept.delete(name);
      return { broken: error.message };
    });
    this.kept.set(name, found);
    while (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return found;
  }

  /** Put a frame on the editor, whole and at once: until it is all there, the last one stays. */
  async open(name, before) {
    if (this.opening === name) return false;
    this.opening = name;
    try {
      const [picture, stored, ghost] = await Promise.all([
        this.fetch(name), getOf("/api/labels", name), before ? getOf("/api/labels", before) : null,
      ]);
      if (this.opening !== name) return false;
      this.on.leaving();
      this.name = name;
      this.picture = picture;
      this.active = null;
      this.ghost = ghost ? ghost.labels.points : [];
      this.proposals = [];
      this.take(stored);
    } finally {
      if (this.opening === name) this.opening = null;
    }
    this.propose();
    return true;
  }

  /** Take stored labels as they are, with what is not saved yet on top. */
  take(stored) {
    this.labels = this.saver.current(this.name, stored);
    this.grabbed = this.dragged = null;
    if (this.active !== null && this.active >= this.labels.points.length) this.active = null;
    this.on.changed();
  }

  /** Labels of the frame were saved: show them, where another tab had left them to be saved. */
  saved(stored) {
    const labels = this.saver.current(this.name, stored);
    if (JSON.stringify(labels) !== JSON.stringify(this.labels)) this.take(stored);
  }

  /** Ask what the model sees; answers at once for frames that it has seen. */
  async propose() {
    const name = this.name;
    const found = await getOf("/api/proposals", name).catch(() => ({ points: [] }));
    if (this.name !== name) return;
    this.proposals = found.points.map(([x, y, score]) => ({ x, y, score }));
    this.on.changed();
  }

  /** Proposals above the threshold that are neither labels nor refused. */
  get open_proposals() {
    const taken = [...this.labels.points, ...this.labels.refused.map(([x, y]) => ({ x, y }))];
    return this.proposals.filter(
      (one) => one.score >= this.threshold && !taken.some((other) => distance(one, other) <= SAME));
  }

  /** Change the labels, and store them; `better` as in the saver. */
  set(change, better) {
    if (this.name === null) return;
    const labels = { ...this.labels, ...change };
    // Work on a frame that was said to be empty means that it is not.
    if (labels.state === "empty" && labels.points.length) labels.state = "open";
    if (JSON.stringify(labels) === JSON.stringify(this.labels)) return;
    this.labels = labels;
    this.saver.put(this.name, labels, better);
    this.on.changed();
  }

  /** Add the target that a click means: at once where it was clicked, then where it snaps to. */
  add(x, y, how, contrast, track) {
    const pixels = this.picture?.pixels;
    if (!pixels || x < -0.5 || y < -0.5 || x > pixels.width - 0.5 || y > pixels.height - 0.5) return;
    const click = { x, y, origin: "click", track };
    const other = this.labels.points.findIndex((point) => distance(point, click) < SAME_CLICK);
    if (other >= 0) { this.active = other; this.on.changed(); return; }
    // A track has one point a frame.
    const rest = this.labels.points.filter((point) => track === null || point.track !== track);
    this.grabbed = this.dragged = null;
    this.active = rest.length;
    this.set({ points: [...rest, click] }, how === "off" ? null : this.snap(this.name, click, how, contrast));
  }

  /** Move a click to its target, in everything that holds it and is not saved yet. */
  async snap(name, click, how, contrast) {
    const { x, y } = click;
    // A click is worth more than its last half pixel.
    const at = await post("/api/snap", { frame: name, x, y, how, contrast }, { signal: AbortSignal.timeout(SNAP_MS) })
      .catch(() => click);
    const snapped = { ...click, ...at };
    const better = (labels) => {
      const twice = labels.points.some((point) => point !== click && distance(point, at) < SAME_CLICK);
      return { ...labels, points: labels.points.flatMap((point) => (point !== click ? point : twice ? [] : snapped)) };
    };
    this.saver.rewrite(name, better);
    if (this.name !== name) return;
    const active = this.labels.points[this.active] === click;
    const count = this.labels.points.length;
    this.labels = better(this.labels);
    if (this.labels.points.length < count) this.grabbed = this.dragged = null;
    if (active) this.active = this.labels.points.findIndex((point) => distance(point, at) < SAME_CLICK);
    this.on.changed();
  }

  /** Show the grabbed point as far from its place as the pointer has gone; `drop` stores it. */
  drag(dx, dy) {
    const point = this.labels.points[this.grabbed];
    if (!point) return;
    this.dragged = this.inside(point.x + dx, point.y + dy);
    this.on.changed();
  }

  drop() {
    const { grabbed, dragged } = this;
    this.grabbed = this.dragged = null;
    if (dragged) this.move(grabbed, dragged.x, dragged.y);
  }

  move(index, x, y) {
    const place = this.inside(x, y);
    this.set({ points: this.labels.points.map((point, k) => (k === index ? { ...point, ...place, origin: "click" } : point)) });
  }

  inside(x, y) {
    const { width, height } = this.picture.pixels;
    return { x: Math.min(Math.max(x, -0.5), width - 0.5), y: Math.min(Math.max(y, -0.5), height - 0.5) };
  }

  delete(index) {
    this.active = this.grabbed = this.dragged = null;
    this.set({ points: this.labels.points.filter((_, k) => k !== index) });
  }

  accept(proposals) {
    const added = proposals.map(({ x, y }) => ({ x, y, origin: "proposal", track: null }));
    this.set({ points: [...this.labels.points, ...added] });
  }

  refuse(proposals) {
    this.set({ refused: [...this.labels.refused, ...proposals.map(({ x, y }) => [x, y])] });
  }

  /** Number of the nearest of some places within reach; null where none is. */
  static nearest(places, x, y, reach) {
    let best = null, least = reach;
    places.forEach((place, k) => {
      const far = distance(place, { x, y });
      if (far <= least) { best = k; least = far; }
    });
    return best;
  }

  /** What is to be drawn over the frame. */
  marks(showGhost) {
    const marks = showGhost ? this.ghost.map((point) => ({ ...point, kind: "ghost" })) : [];
    for (const { x, y, score } of this.open_proposals) {
      marks.push({ x, y, kind: "proposal", text: score.toFixed(2) });
    }
    this.labels.points.forEach((point, k) => {
      const place = this.dragged && this.grabbed === k ? this.dragged : point;
      marks.push({
        x: place.x, y: place.y, kind: point.origin === "track" ? "track" : "point",
        text: point.track === null ? "" : `#${point.track}`, active: k === this.active,
      });
    });
    return marks;
  }
}
