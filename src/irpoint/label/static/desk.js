// The frame on the desk: its pixels, its labels, what the model proposes, and what can be done.

import { getOf, getPixels, post } from "./server.js";

const KEPT = 12; // frames kept ready
const SAME = 3; // px within which a proposal and a label mean one target

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

export class Desk {
  /** `saver` stores; `changed()` is called after every change of what is to be seen. */
  constructor(saver, changed) {
    this.saver = saver;
    this.changed = changed;
    this.kept = new Map(); // name → promise of {pixels, broken}
    this.name = null;
    this.labels = { state: "open", points: [], refused: [], note: "" };
    this.version = 0;
    this.proposals = [];
    this.threshold = 1;
    this.ghost = [];
    this.active = null; // the point that keys move: its place in labels.points
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

  /** Put a frame on the desk. */
  async open(name, before) {
    this.name = name;
    const [picture, stored, ghost] = await Promise.all([
      this.fetch(name), getOf("/api/labels", name), before ? getOf("/api/labels", before) : null,
    ]);
    if (this.name !== name) return false;
    this.picture = picture;
    this.active = null;
    this.ghost = ghost ? ghost.labels.points : [];
    this.take(stored);
    this.proposals = [];
    this.propose();
    return true;
  }

  /** Take stored labels as they are, with what is not saved yet on top. */
  take(stored) {
    const pending = this.saver.pending(this.name);
    this.labels = pending.length ? pending.at(-1).labels : stored.labels;
    this.version = pending.length ? pending.at(-1).version + 1 : stored.version;
    if (this.active !== null && this.active >= this.labels.points.length) this.active = null;
    this.changed();
  }

  /** Ask what the model sees; answers at once for frames that it has seen. */
  async propose() {
    const name = this.name;
    const found = await getOf("/api/proposals", name).catch(() => ({ points: [] }));
    if (this.name !== name) return;
    this.proposals = found.points.map(([x, y, score]) => ({ x, y, score }));
    this.changed();
  }

  /** Proposals above the threshold that are neither labels nor refused. */
  get open_proposals() {
    const taken = [...this.labels.points, ...this.labels.refused.map(([x, y]) => ({ x, y }))];
    return this.proposals.filter(
      (one) => one.score >= this.threshold && !taken.some((other) => distance(one, other) <= SAME));
  }

  /** Change the labels, and store them. */
  set(change) {
    const labels = { ...this.labels, ...change };
    // Work on a frame that was said to be empty means that it is not.
    if (labels.state === "empty" && labels.points.length) labels.state = "open";
    if (JSON.stringify(labels) === JSON.stringify(this.labels)) return;
    this.labels = labels;
    this.saver.put(this.name, labels, this.version);
    this.version += 1;
    this.changed();
  }

  /** Add the target that a click means. */
  async add(x, y, how, contrast, track) {
    const { pixels } = this.picture, name = this.name;
    if (!pixels || x < -0.5 || y < -0.5 || x > pixels.width - 0.5 || y > pixels.height - 0.5) return;
    const at = await this.snapped(x, y, how, contrast);
    if (this.name !== name) return;
    const other = this.labels.points.findIndex((point) => distance(point, at) < 1);
    if (other >= 0) { this.active = other; this.changed(); return; } // clicked twice
    // A track has one point a frame.
    const rest = this.labels.points.filter((point) => track === null || point.track !== track);
    this.active = rest.length;
    this.set({ points: [...rest, { ...at, origin: "click", track }] });
  }

  async snapped(x, y, how, contrast) {
    if (how === "off") return { x, y };
    try {
      return await post("/api/snap", { frame: this.name, x, y, how, contrast });
    } catch {
      return { x, y }; // a click is worth more than its last half pixel
    }
  }

  /** Show a point elsewhere, while it is dragged; `move` stores it. */
  drag(index, x, y) {
    const { width, height } = this.picture.pixels;
    const place = { x: Math.min(Math.max(x, -0.5), width - 0.5), y: Math.min(Math.max(y, -0.5), height - 0.5) };
    this.dragged = { index, ...place };
    this.changed();
  }

  drop() {
    if (!this.dragged) return;
    const { index, x, y } = this.dragged;
    this.dragged = null;
    this.move(index, x, y);
  }

  move(index, x, y) {
    const points = this.labels.points.map((point, k) => (k === index ? { ...point, x, y, origin: "click" } : point));
    this.set({ points });
  }

  delete(index) {
    this.active = null;
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
      const place = this.dragged?.index === k ? this.dragged : point;
      marks.push({
        x: place.x, y: place.y, kind: point.origin === "track" ? "track" : "point",
        text: point.track === null ? "" : `#${point.track}`, active: k === this.active,
      });
    });
    return marks;
  }
}
