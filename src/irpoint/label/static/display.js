// The Display section: window, gamma and colour map of the frame.

import { countValues, histogramRange, paint, paintHistogram, percentiles } from "./rendering.js";

const element = (id) => document.getElementById(id);
const SETTLED_MS = 60; // after the last zoom or pan until the window follows the visible part
const number = (id) => (element(id).value.trim() === "" ? NaN : Number(element(id).value));

export class Display {
  /** `current` returns the pixels shown, if any. */
  constructor(view, current) {
    this.view = view;
    this.current = current;
    this.settings = { low: 0, high: 255, gamma: 1, invert: false, map: "grey" };
    this.windows = {}; // kind of view → {low, high} in counts, set by hand
    this.counted = { pixels: null, counts: null }; // the counts that the window is from
    this.problems = new Map(); // id of a field → what is wrong with it
    for (const id of ["map", "invert"]) element(id).oninput = () => this.repaint();
    element("gamma").oninput = () => this.typedGamma();
    for (const id of ["percentile", "levels"]) element(id).onchange = () => this.choose();
    for (const id of ["low", "high"]) element(id).onchange = () => this.typedWindow();
    element("histogram").onpointerdown = element("histogram").onpointermove = (event) => this.dragEdge(event);
  }

  /** Take over what was set before, and keep what is set; a window that is set by hand is that of a folder. */
  remember(settings, folder) {
    settings.remember(["percentile", "levels", "gamma", "map", "invert"]);
    const { folder: of, low, high } = settings.get("window") || {};
    if (of === folder && Number.isFinite(low) && Number.isFinite(high) && low < high) this.windows.frame = { low, high };
    else if (element("percentile").value === "manual") element("percentile").value = "1";
    this.keep = () => {
      settings.set("percentile", element("percentile").value);
      settings.set("window", this.windows.frame ? { folder, ...this.windows.frame } : null);
    };
  }

  /** Set the window to the chosen percentile, or to what was set by hand. */
  setWindow() {
    const clip = element("percentile").value, pixels = this.current();
    if (!pixels) return;
    pixels.counts ??= countValues(pixels);
    const counts = this.ofVisible ? countValues(pixels, this.view.visible()) : pixels.counts;
    this.counted = { pixels, counts };
    const set = clip === "manual" && this.windows[this.kind];
    if (set) for (const id of ["low", "high"]) this.settings[id] = (set[id] - pixels.offset) / pixels.scale;
    else [this.settings.low, this.settings.high] = percentiles(counts, clip === "manual" ? 1 : Number(clip));
    this.repaint();
  }

  /** The frame itself, or another view of it, whose values are of another kind. */
  get kind() { return element("view-kind")?.value || "frame"; }

  get ofVisible() { return element("levels").value === "visible"; }

  /** To be called after a zoom or pan. */
  moved() {
    if (!this.ofVisible || element("percentile").value === "manual") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setWindow(), SETTLED_MS);
  }

  repaint() {
    const pixels = this.current(), { settings, counted } = this;
    if (!pixels) return;
    if (!this.problems.has("gamma")) settings.gamma = number("gamma");
    settings.map = element("map").value;
    settings.invert = element("invert").checked;
    paint(this.view.picture, pixels, settings);
    paintHistogram(element("histogram"), counted.pixels === pixels ? counted.counts : pixels.counts, settings);
    const digits = pixels.scale === 1 ? 0 : 3;
    for (const id of ["low", "high"]) {
      const typed = document.activeElement === element(id) || this.problems.has("low");
      if (!typed) element(id).value = (pixels.offset + settings[id] * pixels.scale).toFixed(digits);
    }
    this.view.draw();
  }

  /** A clip or its region was chosen. */
  choose() {
    this.refuse(["low", "high"], "");
    if (element("percentile").value === "manual") this.setManual();
    else { this.windows = {}; this.keep?.(); this.setWindow(); }
  }

  /** A number was entered for an edge of the window. A window that cannot be is refused, and the last one stays. */
  typedWindow() {
    const low = number("low"), high = number("high");
    const wrong = !Number.isFinite(low) || !Number.isFinite(high) ? "Enter a number for Low and for High."
      : low >= high ? `Low (${low}) must be below High (${high}).` : "";
    this.refuse(["low", "high"], wrong);
    if (!wrong) this.setManual({ low, high });
  }

  typedGamma() {
    const field = element("gamma"), { min, max } = field, gamma = number("gamma");
    this.refuse(["gamma"], gamma >= Number(min) && gamma <= Number(max) ? "" : `Gamma must be between ${min} and ${max}.`);
    this.repaint();
  }

  /** Say at the fields what is wrong with them, or that nothing is. */
  refuse(ids, why) {
    for (const id of ids) {
      element(id).setAttribute("aria-invalid", String(Boolean(why)));
      if (why) this.problems.set(id, why); else this.problems.delete(id);
    }
    const text = [...new Set(this.problems.values())].join(" ");
    if (element("display-problem").textContent !== text) element("display-problem").textContent = text;
  }

  /** Keep a window, by default the one that is shown. */
  setManual(window) {
    const pixels = this.current(), inCounts = (value) => pixels.offset + value * pixels.scale;
    if (!pixels) return;
    this.windows[this.kind] = window || { low: inCounts(this.settings.low), high: inCounts(this.settings.high) };
    element("percentile").value = "manual";
    this.keep?.();
    this.setWindow();
  }

  /** Move the edge of the window that is nearest to the pointer in the histogram. */
  dragEdge(event) {
    const pixels = this.current(), { settings, counted } = this;
    if (!(event.buttons & 1) || !pixels) return;
    const [first, last] = histogramRange(counted.pixels === pixels ? counted.counts : pixels.counts);
    const value = first + (event.offsetX / event.target.clientWidth) * (last - first);
    const edge = Math.abs(value - settings.low) < Math.abs(value - settings.high) ? "low" : "high";
    settings[edge] = value;
    this.refuse(["low", "high"], "");
    this.setManual();
  }
}
