// The sequence of the shown frame: connects the timeline, the player and the actions on tracks with the page.

import { post } from "/shared/api.js";
import { Clip } from "./clip.js";
import { counted } from "./progress.js";
import { Player } from "./video.js";
import { Timeline } from "./timeline.js";
import { WholeTracks } from "./whole_tracks.js";

const SHOWN = "irpoint-timeline"; // "on" or "off" if it was switched by hand

const element = (id) => document.getElementById(id);

export class Sequence {
  /** `app` has page, editor, saver, view, display, open(number), count(frames), track(), say(text), refuse(text), attempt(work). */
  constructor(app) {
    this.app = app;
    const { page, editor, saver, view, display } = app, now = () => this.player.now;
    this.clip = new Clip(() => this.changed());
    this.timeline = new Timeline(this.clip, {
      show: (at, dragging) => this.player.scrub(at, dragging), step: (by) => this.step(by), end: (last) => this.end(last),
      select: (lane) => this.clip.select(lane),
    }, now);
    this.player = new Player({
      page, editor, view, display, clip: this.clip, open: (number) => app.open(number, true), refuse: app.refuse, drawTimeline: () => this.drawTimeline(),
    });
    this.tracks = new WholeTracks({
      clip: this.clip, editor, saver, now, say: app.say, refuse: app.refuse, attempt: app.attempt, took: (frames) => this.took(frames),
    });
    element("timeline-button").onclick = () => this.toggle();
    element("interpolate").onclick = () => this.fillGaps();
    element("track-new").onclick = () => this.newTrack();
    element("autofill").onchange = element("step").onchange = () => this.setFilling();
    this.setFilling();
  }

  setFilling() {
    this.app.editor.fills = element("autofill").checked;
    this.app.editor.reach = Math.max(1, Number(element("step").value) || 1);
  }

  /** The numbers of the frames of the sequence that the shown frame belongs to. */
  get frames() {
    const { page } = this.app, own = page.sequences[page.number];
    if (this.of !== own) {
      this.of = own;
      this.listed = [...page.frames.keys()].filter((number) => page.sequences[number] === own);
    }
    return this.listed;
  }

  /** The frame before one of the folder in its sequence; undefined for the first. */
  before(number) {
    const { page } = this.app;
    for (let other = number - 1; other >= 0; other -= 1) if (page.sequences[other] === page.sequences[number]) return other;
    return undefined;
  }

  /** A frame is shown. */
  opened() {
    const { page, editor } = this.app, isFile = /#\d+$/.test(editor.name), choice = localStorage.getItem(SHOWN);
    this.player.settle();
    this.clip.wanted = this.frames.length > 1 && (choice ? choice === "on" : isFile);
    element("timeline").hidden = !this.clip.wanted;
    element("timeline-button").setAttribute("aria-expanded", String(this.clip.wanted));
    if (this.clip.wanted) this.clip.show(editor.name, page.number);
    this.changed();
  }

  toggle() {
    localStorage.setItem(SHOWN, this.clip.wanted ? "off" : "on");
    if (this.frames.length < 2) this.app.refuse("This frame is alone in its folder, so there is no timeline.");
    this.opened();
    if (this.clip.wanted) this.clip.reload();
  }

  /** Labels of some frames have changed, here or elsewhere; or any of them. */
  labelsChanged(names) {
    if (!this.clip.wanted) return;
    const { page } = this.app;
    if (!names || names.some((name) => page.sequences[page.frames.indexOf(name)] === this.of)) this.clip.reload();
  }

  /** Show what a whole-track action has changed. */
  took(frames) {
    const { app } = this;
    app.count(frames);
    if (frames[app.editor.name]) app.editor.showLabels(frames[app.editor.name]);
  }

  /** Show the labels of the frame; the track of the selected point is selected. */
  shown() {
    const { editor } = this.app, point = editor.labels.points[editor.active];
    if (point && point.track !== null && this.clip.tracks.has(point.track)) this.clip.select({ number: point.track, proposed: false });
    this.tracks.show();
  }

  changed() {
    const { state, done, frames, message } = this.clip.linking, { clip } = this;
    element("linking").textContent = state === "running" ? `linking proposals: ${done} of ${frames}` : state === "failed" ? `linking failed: ${message}` : "";
    element("no-tracks").textContent = !clip.wanted ? "Open the timeline to see tracks." : state === "off"
      ? "No tracks. Choose a model to get proposed tracks, or press Shift+T and click a target in several frames."
      : state === "running" ? "Proposals are being linked into tracks." : "No tracks. Press Shift+T and click a target in several frames.";
    this.tracks.show();
    this.app.view.draw();
    this.drawTimeline();
  }

  drawTimeline() {
    const { clip, player, app } = this, strip = element("strip"), at = player.now, count = clip.frames.length;
    element("place").textContent = count ? `frame ${at + 1} of ${count}` : "";
    strip.setAttribute("aria-valuemax", String(count));
    strip.setAttribute("aria-valuenow", String(at + 1));
    strip.setAttribute("aria-valuetext", `frame ${at + 1} of ${count}, ${clip.states[at] || "open"}, ${(clip.byFrame[at] || []).length} points`);
    if (clip.wanted && app) this.timeline.draw();
  }

  /** Show another frame of the sequence; it ends with the sequence. */
  step(by) {
    const { app, frames } = this, at = frames.indexOf(app.page.number), last = frames.length - 1;
    const wanted = Math.min(Math.max(at + by, 0), last);
    if (wanted === at) { app.say(`This is the ${by < 0 ? "first" : "last"} frame of ${this.title}. N and P go on in the queue.`); return; }
    app.open(frames[wanted], true);
  }

  end(last) {
    const number = last ? this.frames.at(-1) : this.frames[0];
    if (number !== this.app.page.number) this.app.open(number, true);
  }

  /** The file or folder of the sequence. */
  get title() {
    const { name } = this.app.editor;
    return /#\d+$/.test(name) ? name.replace(/#\d+$/, "") : name.includes("/") ? name.replace(/\/[^/]*$/, "/") : "the folder";
  }

  /** Clicks from now on make a new track. */
  newTrack() {
    element("track").value = this.clip.free;
    this.app.say(`Clicks are track ${this.clip.free} now. Click the target in several frames (> jumps); the frames between are filled in.`);
  }

  /** Fill in all gaps of the track that clicks belong to. */
  async fillGaps() {
    const { app } = this, track = app.track(), name = app.editor.name;
    if (track === null) { app.refuse("Enter a track number and click the target in two or more frames first."); return; }
    await app.saver.flush();
    const changed = await app.attempt(() => post("/api/interpolate", { frame: name, track }));
    if (!changed) return;
    this.took(changed);
    const filled = Object.values(changed).filter(({ labels }) => labels.points.some((point) => point.track === track)).length;
    const cleared = Object.keys(changed).length - filled;
    app.say(`Track ${track}: ${counted(filled, "frame")} filled in${cleared ? `, ${cleared} cleared` : ""}.`);
  }

  /** The marks of the frame: those of the editor, or of the clip while it plays. */
  marks(own) {
    const { clip, player } = this, at = clip.at.has(this.app.page.number) || player.at !== null ? player.now : null;
    if (player.at !== null) return clip.marks(player.at);
    return clip.wanted && at !== null ? clip.withLinked(own, at) : own;
  }

  /** Draw the path of the selected track under the marks. */
  drawPath(context) {
    const { clip } = this, { view } = this.app, lane = clip.wanted && clip.lanes.find((one) => clip.isSelected(one));
    if (!lane) return;
    context.strokeStyle = lane.proposed ? "rgb(255 194 71 / .75)" : "rgb(127 212 255 / .75)";
    context.lineWidth = 1;
    context.beginPath();
    lane.points.forEach((point, k) => {
      const at = view.toScreen(point.x, point.y), gap = k > 0 && point.at > lane.points[k - 1].at + 1;
      if (k === 0 || gap) context.moveTo(at.x, at.y); else context.lineTo(at.x, at.y);
    });
    context.stroke();
  }
}
