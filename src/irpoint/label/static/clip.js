// The clip that the shown frame belongs to: its frames, the points of its tracks, and proposed tracks.

import { getOf } from "/shared/api.js";

const SOON_MS = 60; // after a change, so that several changes are loaded together
const LINKING_MS = 500; // while the server links proposals
const SAME_TARGET = 3; // px

export class Clip {
  /** `changed()` is called when something of the clip changes. */
  constructor(changed) {
    this.changed = changed;
    this.wanted = false; // whether the timeline is shown
    this.name = null; // any frame of the clip
    this.clear();
  }

  clear() {
    Object.assign(this, { frames: [], at: new Map(), states: [], byFrame: [], tracks: new Map(), proposed: [], linking: { state: "off" } });
  }

  /** Load the clip of a frame, unless it is the one that is loaded. */
  show(name, number) {
    if (this.at.has(number)) return null;
    this.clear();
    this.selected = null; // {number, proposed}
    this.name = name;
    this.changed();
    return this.load();
  }

  /** Load the clip again soon. */
  reload() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SOON_MS);
  }

  async load() {
    const { name } = this;
    if (!name || !this.wanted) return;
    clearTimeout(this.timer);
    const found = await getOf("/api/clip", name).catch(() => null);
    if (name !== this.name) return;
    if (found) this.take(found);
    if (!found || found.linking.state === "running") this.timer = setTimeout(() => this.load(), LINKING_MS);
  }

  take({ frames, states, points, proposed, linking }) {
    this.frames = frames;
    this.at = new Map(frames.map((number, at) => [number, at]));
    this.states = states;
    this.linking = linking;
    this.byFrame = frames.map(() => []);
    this.tracks = new Map();
    for (const [at, x, y, origin, track] of points) {
      const point = { at, x, y, origin, track };
      this.byFrame[at].push(point);
      if (track === null) continue;
      if (!this.tracks.has(track)) this.tracks.set(track, []);
      this.tracks.get(track).push(point);
    }
    this.tracks = new Map([...this.tracks].sort(([a], [b]) => a - b));
    this.proposed = proposed.filter(({ open }) => open).map(({ number, places }) => ({
      number, places: places.map(([at, x, y, seen]) => ({ at, x, y, seen })), byFrame: new Map(places.map(([at, x, y]) => [at, { x, y }])),
    }));
    if (this.selected && !this.lanes.some((lane) => this.isSelected(lane))) this.selected = null;
    this.changed();
  }

  /** The lanes of the timeline: {number, proposed, points}, tracks first. */
  get lanes() {
    return [
      ...[...this.tracks].map(([number, points]) => ({ number, proposed: false, points })),
      ...this.proposed.map(({ number, places }) => ({ number, proposed: true, points: places })),
    ];
  }

  isSelected({ number, proposed }) { return this.selected?.number === number && this.selected.proposed === proposed; }

  /** Select a track; null selects none. */
  select(lane) {
    const same = lane === null ? !this.selected : this.isSelected(lane);
    if (same) return;
    this.selected = lane && { number: lane.number, proposed: lane.proposed };
    this.changed();
  }

  /** Select the track that is `by` lanes further. */
  selectNext(by) {
    const { lanes } = this, now = lanes.findIndex((lane) => this.isSelected(lane));
    if (lanes.length) this.select(lanes[now < 0 ? (by > 0 ? 0 : lanes.length - 1) : (now + by + lanes.length) % lanes.length]);
  }

  /** The smallest number from 1 that no track has. */
  get free() {
    let number = 1;
    while (this.tracks.has(number) || this.proposed.some((track) => track.number === number)) number += 1;
    return number;
  }

  /** The marks of proposed tracks in a frame; `marks` of proposals in their place are taken over. */
  withLinked(marks, at) {
    const linked = this.proposed.filter(({ byFrame }) => byFrame.has(at)).map((track) => {
      const place = track.byFrame.get(at);
      return { ...place, kind: "linked", text: `P${track.number}`, active: this.isSelected({ number: track.number, proposed: true }) };
    });
    const rest = marks.filter((mark) => {
      const same = mark.kind === "proposal" && linked.find((one) => Math.hypot(one.x - mark.x, one.y - mark.y) <= SAME_TARGET);
      if (same) same.text += `  ${mark.text}`;
      return !same;
    });
    return [...linked, ...rest];
  }

  /** The marks of a frame while the clip plays, from what is loaded here. */
  marks(at) {
    const marks = (this.byFrame[at] || []).map(({ x, y, origin, track }) => ({
      x, y, kind: origin === "track" ? "track" : "point", text: track === null ? "" : `#${track}`,
      active: track !== null && this.isSelected({ number: track, proposed: false }),
    }));
    return this.withLinked(marks, at);
  }
}
