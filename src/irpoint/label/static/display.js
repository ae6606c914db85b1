// The Display section: window, gamma and colour map of the frame.

import { countValues, histogramRange, paint, paintHistogram, percentiles } from "./rendering.js";

const element = (id) => document.getElementById(id);

export class Display {
  /** `current` returns the pixels shown, if any; `painted` is called with them after a change. */
  constructor(canvas, current, painted) {
    this.canvas = canvas;
    this.current = current;
    this.painted = painted;
    this.settings = { low: 0, high: 255, gamma: 1, invert: false, map: "grey" };
    for (const id of ["gamma", "map", "invert"]) element(id).oninput = () => this.repaint();
    element("percentile").onchange = () => this.setWindow();
    for (const id of ["low", "high"]) element(id).onchange = () => { element("percentile").value = "manual"; this.setWindow(); };
    element("histogram").onpointerdown = element("histogram").onpointermove = (event) => this.dragEdge(event);
  }

  /** Set the window to the chosen percentile, or to the fields if it is manual. */
  setWindow() {
    const clip = element("percentile").value, pixels = this.current();
    if (!pixels) return;
    pixels.counts ??= countValues(pixels);
    const [low, high] = clip !== "manual" ? percentiles(pixels, Number(clip))
      : ["low", "high"].map((id) => (Number(element(id).value) - pixels.offset) / pixels.scale);
    Object.assign(this.settings, { low, high });
    this.repaint();
  }

  repaint() {
    const pixels = this.current(), { settings } = this;
    if (!pixels) return;
    settings.gamma = Math.min(Math.max(Number(element("gamma").value) || 1, 0.2), 5);
    settings.map = element("map").value;
    settings.invert = element("invert").checked;
    paint(this.canvas, pixels, settings);
    paintHistogram(element("histogram"), pixels, settings);
    const digits = pixels.scale === 1 ? 0 : 3;
    for (const id of ["low", "high"]) {
      if (document.activeElement !== element(id)) element(id).value = (pixels.offset + settings[id] * pixels.scale).toFixed(digits);
    }
    this.painted();
  }

  /** Move the edge of the window that is nearest to the pointer in the histogram. */
  dragEdge(event) {
    const pixels = this.current(), { settings } = this;
    if (!(event.buttons & 1) || !pixels) return;
    const [first, last] = histogramRange(pixels);
    const value = first + (event.offsetX / event.target.clientWidth) * (last - first);
    const edge = Math.abs(value - settings.low) < Math.abs(value - settings.high) ? "low" : "high";
    settings[edge] = value;
    element("percentile").value = "manual";
    this.repaint();
  }
}
