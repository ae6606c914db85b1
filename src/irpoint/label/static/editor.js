// The frame being edited: its pixels, its labels, the proposals of the model, and all changes to them.

import { getOf, post } from "/shared/api.js";
import { Pictures } from "./pictures.js";
import { sameScene } from "./scene.js";

const SAME_TARGET = 3; // px, maximum distance of a proposal and a label of one target
const SAME_CLICK = 1; // px, maximum distance of two clicks on one target
const SNAP_TIMEOUT_MS = 2000; // after this time, the click is not moved

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

export class FrameEditor {
  /**
   * `saver` stores labels. `on` gets changed() when something visible changes, leaving() before another frame is shown,
   * and kept(reason) when the selected click is not moved to a target; the reason is empty for a new click.
   */
  constructor(saver, on) {
    this.saver = saver;
    this.on = on;
    this.pictures = new Pictures();
    this.fills = true; // whether a new point of a track fills in the frames up to its neighbours
    this.reach = 5; // frames on each side in which accepted proposals follow a corrected one
    this.name = null;
    this.opening = null; // name of the frame that is being loaded
    this.labels = { state: "open", points: [], refused: [], note: "" };
    this.proposals = [];
    this.threshold = 1;
    this.previousPoints = []; // points of the previous frame in the sequence
    this.active = null; // index of the selected point
    this.grabbed = null; // index of the point that is being dragged
    this.dragged = null; // position of that point
  }

  /** Pixels of a frame, from the cache if they are there. */
  fetch(name) { return this.pictures.fetch(name); }

  /** Show the frame in another view. */
  async repicture() {
    const { name } = this, picture = await this.pictures.fetch(name);
    if (name === this.name) this.picture = picture;
  }

  /** Show another frame. Until it is loaded, the current frame remains visible and can be edited. */
  async open(name, previous) {
    if (this.opening === name) return false;
    this.opening = name;
    try {
      const [picture, stored, before] = await Promise.all([
        this.fetch(name), getOf("/api/labels", name), previous ? getOf("/api/labels", previous) : null,
      ]);
      if (this.opening !== name) return false;
      this.on.leaving();
      this.on.kept("");
      this.name = name;
      this.picture = picture;
      this.active = null;
      this.previousPoints = [];
      if (before) this.showPrevious(name, previous, before.labels.points);
      this.proposals = [];
      this.showLabels(stored);
    } finally {
      if (this.opening === name) this.opening = null;
    }
    this.propose();
    return true;
  }

  /** Show points of the previous frame: those of tracks, and all if both frames show the same scene. */
  async showPrevious(name, previous, points) {
    this.previousPoints = points.filter(({ track }) => track !== null);
    if (this.previousPoints.length === points.length) return;
    const same = await sameScene(name, previous, (frame) => this.pictures.fetch(frame, "frame")).catch(() => false);
    if (!same || this.name !== name) return;
    this.previousPoints = points;
    this.on.changed();
  }

  /** Show stored labels, with unsaved changes on top. */
  showLabels(stored) {
    this.labels = this.saver.current(this.name, stored);
    this.grabbed = this.dragged = null;
    if (this.active !== null && this.active >= this.labels.points.length) this.active = null;
    this.on.changed();
  }

  /** Show saved labels of this frame if they differ, because they may be from a closed tab. */
  saved(stored) {
    const labels = this.saver.current(this.name, stored);
    if (JSON.stringify(labels) !== JSON.stringify(this.labels)) this.showLabels(stored);
  }

  /** Load the proposals of the model. */
  async propose() {
    const name = this.name;
    const found = await getOf("/api/proposals", name).catch(() => ({ points: [] }));
    if (this.name !== name) return;
    this.proposals = found.points.map(([x, y, score]) => ({ x, y, score }));
    this.on.changed();
  }

  /** Proposals above the threshold that are not labelled or refused yet. */
  get openProposals() {
    const known = [...this.labels.points, ...this.labels.refused.map(([x, y]) => ({ x, y }))];
    return this.proposals.filter(
      (one) => one.score >= this.threshold && !known.some((other) => distance(one, other) <= SAME_TARGET));
  }

  /** Change the labels and store them; `ready` and `refill` as in Saver.put. */
  set(change, ready, refill) {
    if (this.name === null) return;
    const labels = { ...this.labels, ...change };
    // A frame with points is not empty.
    if (labels.state === "empty" && labels.points.length) labels.state = "open";
    if (JSON.stringify(labels) === JSON.stringify(this.labels)) return;
    this.labels = labels;
    this.saver.put(this.name, labels, ready, refill);
    this.on.changed();
  }

  /** Add a point at the clicked position, then move it to the target that the click refers to. */
  add(x, y, how, contrast, track) {
    const pixels = this.picture?.pixels;
    if (!pixels || x < -0.5 || y < -0.5 || x > pixels.width - 0.5 || y > pixels.height - 0.5) return;
    const click = { x, y, origin: "click", track };
    const other = this.labels.points.findIndex((point) => distance(point, click) < SAME_CLICK);
    if (other >= 0) { this.active = other; this.on.changed(); return; }
    // A track has one point per frame.
    const rest = this.labels.points.filter((point) => track === null || point.track !== track);
    this.grabbed = this.dragged = null;
    this.active = rest.length;
    this.on.kept("");
    this.set({ points: [...rest, click] }, how === "off" ? null : this.snap(this.name, click, how, contrast), this.filling(track));
  }

  /** How the rest of a track follows a new point. */
  filling(track) { return track === null || !this.fills ? null : { track, gaps: true }; }

  /** Give a point a track number. */
  setTrack(index, track) {
    this.set({ points: this.labels.points.map((point, k) => (k === index ? { ...point, track } : point)) }, null, this.filling(track));
  }

  /** Move a click to its target, in the labels shown and in unsaved changes. */
  async snap(name, click, how, contrast) {
    const { x, y } = click;
    // If the server does not respond, the click itself is kept.
    const found = await post("/api/snap", { frame: name, x, y, how, contrast }, { signal: AbortSignal.timeout(SNAP_TIMEOUT_MS) })
      .catch(() => null);
    const at = found ? { x: found.x, y: found.y } : { x, y };
    const snapped = { ...click, ...at };
    const withSnapped = (labels) => {
      const twice = labels.points.some((point) => point !== click && distance(point, at) < SAME_CLICK);
      return { ...labels, points: labels.points.flatMap((point) => (point !== click ? point : twice ? [] : snapped)) };
    };
    this.saver.rewrite(name, withSnapped);
    if (this.name !== name) return;
    const active = this.labels.points[this.active] === click;
    if (active && !found) this.on.kept("Not snapped: no answer from the server.");
    else if (active && !found.snapped) this.on.kept("Nothing stands out here; click kept.");
    const count = this.labels.points.length;
    this.labels = withSnapped(this.labels);
    if (this.labels.points.length < count) this.grabbed = this.dragged = null;
    if (active) this.active = this.labels.points.findIndex((point) => distance(point, at) < SAME_CLICK);
    this.on.changed();
  }

  /** Show the grabbed point at a distance from its stored position; `drop` stores it. */
  drag(dx, dy) {
    const point = this.labels.points[this.grabbed];
    if (!point) return;
    this.dragged = this.clamp(point.x + dx, point.y + dy);
    this.on.changed();
  }

  drop() {
    const { grabbed, dragged } = this;
    this.grabbed = this.dragged = null;
    if (dragged) this.move(grabbed, dragged.x, dragged.y);
  }

  move(index, x, y) {
    const at = this.clamp(x, y);
    const { track } = this.labels.points[index];
    const refill = track === null || !this.fills ? null : { track, reach: this.reach };
    this.set({ points: this.labels.points.map((point, k) => (k === index ? { ...point, ...at, origin: "click" } : point)) }, null, refill);
  }

  /** The nearest position inside the frame. */
  clamp(x, y) {
    const { width, height } = this.picture.pixels;
    return { x: Math.min(Math.max(x, -0.5), width - 0.5), y: Math.min(Math.max(y, -0.5), height - 0.5) };
  }

  delete(index) {
    this.active = this.grabbed = this.dragged = null;
    this.set({ points: this.labels.points.filter((_, k) => k !== index) });
  }

  /** Make proposals points. A single one belongs to the track that clicks belong to, unless it has a point here. */
  accept(proposals, number = null) {
    const taken = this.labels.points.some((point) => point.track === number);
    const track = proposals.length === 1 && !taken ? number : null;
    const added = proposals.map(({ x, y }) => ({ x, y, origin: "proposal", track }));
    this.set({ points: [...this.labels.points, ...added] }, null, this.filling(track));
  }

  refuse(proposals) {
    this.set({ refused: [...this.labels.refused, ...proposals.map(({ x, y }) => [x, y])] });
  }

  /** Index of the nearest of some points within reach; null if there is none. */
  static nearest(points, x, y, reach) {
    let best = null, shortest = reach;
    points.forEach((point, k) => {
      const far = distance(point, { x, y });
      if (far <= shortest) { best = k; shortest = far; }
    });
    return best;
  }

  /** The marks to draw over the frame. */
  marks(showPrevious) {
    const marks = showPrevious ? this.previousPoints.map((point) => ({ ...point, kind: "previous" })) : [];
    for (const { x, y, score } of this.openProposals) {
      marks.push({ x, y, kind: "proposal", text: score.toFixed(2) });
    }
    this.labels.points.forEach((point, k) => {
      const at = this.dragged && this.grabbed === k ? this.dragged : point;
      marks.push({
        x: at.x, y: at.y, kind: point.origin === "track" ? "track" : "point",
        text: point.track === null ? "" : `#${point.track}`, active: k === this.active,
      });
    });
    return marks;
  }
}
