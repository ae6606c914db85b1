// The clip as a video: play and scrub, and views that show what moves. While it plays, only the picture and its marks change.

import { Pictures } from "./pictures.js";
import { countValues } from "./rendering.js";

const RATE = 25; // frames per second at speed 1
const AHEAD = 24, AT_ONCE = 4; // frames to prefetch, and requests at the same time
const LATE_MS = 250; // a frame that is later than this is not caught up

const element = (id) => document.getElementById(id);

export class Player {
  /** `app` has page, editor, clip, view, display, open(number), drawTimeline(), refuse(text). */
  constructor(app) {
    this.app = app;
    this.at = null; // index of the frame that is shown lightly, while the clip plays or is scrubbed
    this.playing = false;
    element("play").onclick = () => this.toggle();
    element("speed").onchange = () => this.rebase();
    element("view-kind").onchange = () => this.setView(element("view-kind").value);
    document.addEventListener("keydown", (event) => this.guard(event), true);
  }

  /** Index of the frame that is seen. */
  get now() { return this.at ?? this.app.clip.at.get(this.app.page.number) ?? 0; }

  toggle() { if (this.playing) this.stop(); else this.play(); }

  play() {
    const { clip } = this.app;
    if (clip.frames.length < 2) { this.app.refuse("There is nothing to play: this frame is alone."); return; }
    this.from = this.now >= clip.frames.length - 1 ? 0 : this.now;
    this.setPlaying(true);
    this.lock();
    this.light(this.from);
    this.rebase();
    this.tick();
  }

  /** Stop at the frame that is shown, which can be edited then. */
  async stop() {
    this.setPlaying(false);
    if (this.at === null) return;
    const at = this.at;
    await this.app.open(this.app.clip.frames[at]);
    this.settle();
    this.app.drawTimeline();
  }

  /** A frame is shown that can be edited. */
  settle() {
    if (this.playing || this.scrubbing) return;
    this.at = null;
    delete document.body.dataset.playing;
  }

  setPlaying(on) {
    this.playing = on;
    element("play").textContent = on ? "Pause" : "Play";
  }

  /** Count the time from the frame that is shown. */
  rebase() { this.base = { at: this.now, time: performance.now() }; }

  tick() {
    if (!this.playing) return;
    const { clip } = this.app, last = clip.frames.length - 1, speed = Number(element("speed").value);
    const due = Math.min(this.base.at + Math.floor(((performance.now() - this.base.time) * RATE * speed) / 1000), last);
    this.prefetch(this.now, Math.max(1, Math.round(speed)));
    // The latest frame that is due and here; if none is, playing waits.
    let at = due;
    while (at > this.now && !this.ready(at)) at -= 1;
    if (at > this.now) this.light(at);
    if (((due - this.now) * 1000) / (RATE * speed) > LATE_MS) this.rebase();
    if (this.now >= last) { this.stop(); return; }
    requestAnimationFrame(() => this.tick());
  }

  ready(at) { return this.app.editor.pictures.ready(this.name(at)); }

  name(at) { return this.app.page.frames[this.app.clip.frames[at]]; }

  prefetch(from, every) {
    const { editor, clip } = this.app, count = Pictures.ahead(editor.picture?.pixels, AHEAD);
    for (let k = 1; k <= count && editor.pictures.waiting < AT_ONCE; k += 1) {
      const at = Math.min(from + k * every, clip.frames.length - 1);
      if (!this.ready(at)) editor.pictures.fetch(this.name(at));
    }
  }

  /** Show a frame while the pointer drags in the timeline; the last one can be edited. */
  async scrub(at, dragging) {
    this.setPlaying(false);
    this.scrubbing = dragging;
    if (!dragging) { this.at = at; this.stop(); return; }
    if (this.at === null) this.lock();
    this.at = this.wanted = at;
    this.app.drawTimeline();
    await this.app.editor.pictures.fetch(this.name(at));
    if (this.wanted === at && this.at === at) this.light(at);
  }

  /** Keep the window of the display in counts, so that playing does not flicker. */
  lock() {
    const { display, editor } = this.app, pixels = editor.picture?.pixels;
    const { low, high } = display.settings;
    this.window = pixels ? [low, high].map((value) => pixels.offset + pixels.scale * value) : null;
  }

  /** Show the picture of a frame and its marks, without loading its labels. */
  light(at) {
    const { editor, display, view } = this.app, picture = this.ready(at);
    this.at = at;
    element("name").textContent = this.name(at);
    document.body.dataset.playing = this.name(at);
    if (picture?.pixels) {
      const { pixels } = picture;
      pixels.counts ??= countValues(pixels);
      editor.picture = picture;
      if (this.window) [display.settings.low, display.settings.high] = this.window.map((count) => (count - pixels.offset) / pixels.scale);
      display.repaint();
    }
    view.draw();
    this.app.drawTimeline();
  }

  /** While the clip plays, keys that edit stop it, because they would change a frame that is not seen any more. */
  guard(event) {
    const passes = ["v", "d", "8", "9", "f", "+", "-", "=", "m", "i", "g", "l", "z", "?"];
    if (!this.playing || event.ctrlKey || event.metaKey || event.altKey || ["Shift", "Tab"].includes(event.key)) return;
    if (event.target.matches("input, select, textarea") || passes.includes(event.key.toLowerCase())) return;
    event.preventDefault();
    event.stopPropagation();
    this.stop();
  }

  changeSpeed(by) {
    const select = element("speed");
    select.selectedIndex = Math.min(Math.max(select.selectedIndex + by, 0), select.length - 1);
    this.rebase();
  }

  nextView() {
    const select = element("view-kind");
    select.selectedIndex = (select.selectedIndex + 1) % select.length;
    this.setView(select.value);
  }

  /** Show another view of the frames: frame, difference or background. */
  async setView(kind) {
    const { editor, display } = this.app, playing = this.playing;
    this.setPlaying(false);
    editor.pictures.kind = kind;
    if (this.at !== null) await this.stop(); else await editor.repicture();
    display.setWindow();
    if (playing) this.play();
  }
}
