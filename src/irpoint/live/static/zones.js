// Ignore zones: painted with a round brush, and kept by the server.

import { post, remove } from "/shared/api.js";

const element = (id) => document.getElementById(id);
const SEND_MS = 150; // between two parts of a stroke
const TINT = "rgb(255 64 64 / .38)";

export class Zones {
  constructor(view, attempt) {
    this.view = view;
    this.attempt = attempt;
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.canvas.height = 0;
    this.version = this.wanted = 0;
    this.mode = null; // "paint" or "erase"
    this.stroke = null;
    for (const mode of ["paint", "erase"]) element(mode).onclick = () => this.setMode(this.mode === mode ? null : mode);
    element("clear").onclick = () => this.attempt(() => remove("/api/zones"));
    element("brush").oninput = () => { element("brush-value").textContent = `${this.radius} px`; view.draw(); };
    element("brush").oninput();
  }

  get radius() { return Number(element("brush").value); }

  setMode(mode) {
    this.mode = mode;
    for (const name of ["paint", "erase"]) element(name).setAttribute("aria-pressed", String(mode === name));
    this.view.canvas.classList.toggle("painting", mode !== null);
    this.view.draw();
  }

  /** Load the zones of the server if they have changed, but not under the brush. */
  async update(version) {
    if (version === this.wanted || this.stroke) return;
    this.wanted = version;
    const response = await fetch("/api/zones").catch(() => null);
    if (!response?.ok) { this.wanted = -1; return; }
    const bitmap = await createImageBitmap(await response.blob());
    if (this.stroke) { this.wanted = -1; return; }
    this.canvas.width = bitmap.width;
    this.canvas.height = bitmap.height;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height);
    for (let k = 0; k < pixels.data.length; k += 4) pixels.data[k + 3] = pixels.data[k]; // white is a zone, black is none
    context.putImageData(pixels, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = TINT;
    context.fillRect(0, 0, bitmap.width, bitmap.height);
    context.globalCompositeOperation = "source-over";
    this.version = version;
    this.view.draw();
  }

  press(x, y, event) {
    if (this.mode === null) return;
    this.stroke = { points: [[x, y]], erase: this.mode === "erase" || event.button === 2, radius: this.radius, sent: performance.now() };
    this.preview();
  }

  move(x, y) {
    if (!this.stroke) return;
    this.stroke.points.push([x, y]);
    this.preview();
    if (performance.now() - this.stroke.sent > SEND_MS) this.send();
  }

  async drop() {
    if (!this.stroke) return;
    const last = this.send();
    this.stroke = null;
    await last;
  }

  send() {
    const { points, radius, erase } = this.stroke;
    this.stroke.points = points.slice(-1);
    this.stroke.sent = performance.now();
    return this.attempt(() => post("/api/zones", { points, radius, erase }));
  }

  /** Show the stroke before the server has answered. */
  preview() {
    const context = this.canvas.getContext("2d"), { points, radius, erase } = this.stroke;
    const [x, y] = points.at(-1);
    context.globalCompositeOperation = erase ? "destination-out" : "source-over";
    context.fillStyle = erase ? "#000" : TINT;
    context.save();
    context.beginPath();
    context.arc(x + 0.5, y + 0.5, radius, 0, 2 * Math.PI);
    if (!erase) { context.clip(); context.clearRect(x - radius, y - radius, 2 * radius + 2, 2 * radius + 2); } // no double tint
    context.fill();
    context.restore();
    context.globalCompositeOperation = "source-over";
    this.view.draw();
  }

  /** Draw the zones, and the brush. */
  draw(context, pointer) {
    const { view, canvas } = this, corner = view.toScreen(-0.5, -0.5);
    if (canvas.width > 1) context.drawImage(canvas, corner.x, corner.y, canvas.width * view.scale, canvas.height * view.scale);
    if (this.mode === null || !pointer) return;
    const at = view.toScreen(pointer.x, pointer.y);
    context.lineWidth = 1.5;
    context.strokeStyle = "#ffffff";
    context.beginPath();
    context.arc(at.x, at.y, this.radius * view.scale, 0, 2 * Math.PI);
    context.stroke();
  }
}
