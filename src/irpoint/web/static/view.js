// The canvas: zoom, pan, marks over the frame, and conversion of pointer positions to frame coordinates.
// Pixel centres are at integers, so the frame covers −0.5 … width − 0.5.

const GRAB_RADIUS = 9; // screen px around a mark in which a press grabs it
const DRAG_DISTANCE = 4; // screen px that a pressed pointer must move before it drags

export class View {
  /**
   * `on` gets press(x, y, event), drag(dx, dy), drop() and hover(x, y); its marks() returns the marks to draw, and its
   * beneath(context) and above(context), if there are any, draw under and over them. Its moved() is called after a zoom or pan. If its pans() is true, dragging pans. `styles` are those of the marks by kind: {colour, width, radius, dash}.
   */
  constructor(canvas, on, styles) {
    this.canvas = canvas;
    this.on = on;
    this.styles = styles;
    this.filter = "none"; // of the picture, as in CSS
    this.picture = document.createElement("canvas");
    this.scale = 1;
    this.left = this.top = 0; // frame coordinates of the top left corner of the canvas
    this.pointer = null;
    this.over = null; // the pointer in screen px of the canvas
    this.fitted = true;
    this.panning = null;
    this.pressed = null; // where the button was pressed, and whether the pointer has moved away since
    new ResizeObserver(() => this.resized()).observe(canvas);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => { this.pointer = this.over = null; this.on.hover(null, null); this.draw(); });
    for (const [id, run] of [["zoom-in", () => this.zoomIn(1.5)], ["zoom-out", () => this.zoomIn(1 / 1.5)], ["zoom-fit", () => this.fit()]]) {
      document.getElementById(id).onclick = run;
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  resized() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.fitted) this.fit(); else this.draw();
  }

  /** Show the whole frame as large as possible. */
  fit() {
    const { width, height } = this.picture;
    this.scale = Math.min(this.canvas.clientWidth / width, this.canvas.clientHeight / height);
    this.left = -0.5 - (this.canvas.clientWidth / this.scale - width) / 2;
    this.top = -0.5 - (this.canvas.clientHeight / this.scale - height) / 2;
    this.fitted = true;
    this.draw();
  }

  /** Zoom by a factor around a point of the canvas, by default its centre. */
  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const before = this.toFrame(x, y);
    this.scale = Math.min(Math.max(this.scale * factor, 0.05), 80);
    this.left = before.x - x / this.scale;
    this.top = before.y - y / this.scale;
    this.fitted = false;
    this.draw();
  }

  /** Zoom by a factor around the mark that is selected, or around the centre. */
  zoomIn(factor) {
    const selected = this.on.marks().find(({ active, kind }) => active || kind === "crosshair");
    if (selected) this.show(selected.x, selected.y);
    const at = selected && this.toScreen(selected.x, selected.y);
    if (at) this.zoom(factor, at.x, at.y); else this.zoom(factor);
  }

  /** Scroll a position into view if it is outside. */
  show(x, y) {
    const at = this.toScreen(x, y), edge = 24;
    const outX = at.x < edge || at.x > this.canvas.clientWidth - edge;
    const outY = at.y < edge || at.y > this.canvas.clientHeight - edge;
    if (outX) this.left = x - this.canvas.clientWidth / 2 / this.scale;
    if (outY) this.top = y - this.canvas.clientHeight / 2 / this.scale;
    if (outX || outY) this.fitted = false;
    this.draw();
  }

  toFrame(x, y) { return { x: this.left + x / this.scale, y: this.top + y / this.scale }; }

  toScreen(x, y) { return { x: (x - this.left) * this.scale, y: (y - this.top) * this.scale }; }

  /** Radius around a mark in which a press grabs it, in frame pixels. */
  get reach() { return GRAB_RADIUS / this.scale; }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    this.over = { x: event.clientX - box.left, y: event.clientY - box.top };
    return this.toFrame(this.over.x, this.over.y);
  }

  wheel(event) {
    event.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY * 0.0016), event.clientX - box.left, event.clientY - box.top);
  }

  down(event) {
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    if (event.button === 1 || (event.button === 0 && (event.altKey || this.on.pans?.()))) {
      this.panning = { x: event.clientX, y: event.clientY };
      event.preventDefault();
      return;
    }
    const at = this.at(event);
    this.pressed = { ...at, clientX: event.clientX, clientY: event.clientY, dragging: false };
    this.on.press(at.x, at.y, event);
  }

  move(event) {
    if (this.panning) {
      this.left -= (event.clientX - this.panning.x) / this.scale;
      this.top -= (event.clientY - this.panning.y) / this.scale;
      this.panning = { x: event.clientX, y: event.clientY };
      this.fitted = false;
    }
    this.pointer = this.at(event);
    if (event.buttons & 1 && this.pressed) this.drag(event);
    this.on.hover(this.pointer.x, this.pointer.y);
    this.draw();
  }

  drag(event) {
    const { x, y, clientX, clientY } = this.pressed;
    this.pressed.dragging ||= Math.hypot(event.clientX - clientX, event.clientY - clientY) >= DRAG_DISTANCE;
    if (this.pressed.dragging) this.on.drag(this.pointer.x - x, this.pointer.y - y);
  }

  up() {
    if (!this.panning) this.on.drop();
    this.panning = this.pressed = null;
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }

  paint() {
    const context = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.scale(ratio, ratio);
    const corner = this.toScreen(-0.5, -0.5);
    context.imageSmoothingEnabled = this.scale < 1; // smoothing loses fewer targets in a reduced frame
    context.filter = this.filter;
    context.drawImage(this.picture, corner.x, corner.y, this.picture.width * this.scale, this.picture.height * this.scale);
    context.filter = "none";
    this.on.beneath?.(context);
    for (const mark of this.on.marks()) this.mark(context, mark);
    this.on.above?.(context);
    this.tellMoved();
    document.getElementById("zoom").textContent = `${(this.scale * 100).toFixed(0)} %`;
  }

  /** The pixels in view, from `left`, `top` to `right`, `bottom`; all pixels if none is in view. */
  visible() {
    const { width, height } = this.picture, first = this.toFrame(0, 0), last = this.toFrame(this.canvas.clientWidth, this.canvas.clientHeight);
    const part = {
      left: Math.max(0, Math.floor(first.x + 0.5)), top: Math.max(0, Math.floor(first.y + 0.5)),
      right: Math.min(width, Math.ceil(last.x + 0.5)) - 1, bottom: Math.min(height, Math.ceil(last.y + 0.5)) - 1,
    };
    return part.left <= part.right && part.top <= part.bottom ? part : { left: 0, top: 0, right: width - 1, bottom: height - 1 };
  }

  tellMoved() {
    const now = [this.scale, this.left, this.top, this.canvas.width, this.canvas.height].join(" ");
    if (this.place !== now) { this.place = now; this.on.moved?.(); }
  }

  /** Radius of a mark in screen px; it grows with the pixels of the frame. */
  radius(kind) { return Math.max(this.styles[kind].radius, Math.min(3.2 * this.scale, 26)); }

  /** Draw a mark. It is open in the middle, so that the target stays visible. */
  mark(context, { x, y, kind, text, active }) {
    const at = this.toScreen(x, y), style = this.styles[kind];
    const radius = this.radius(kind);
    context.setLineDash(style.dash);
    for (const [colour, width] of [["rgb(0 0 0 / .6)", style.width + 2], [style.colour, style.width]]) {
      context.strokeStyle = colour;
      context.lineWidth = active ? width + 1.5 : width;
      context.beginPath();
      if (kind === "crosshair") {
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
          context.moveTo(at.x + 5 * dx, at.y + 5 * dy);
          context.lineTo(at.x + 14 * dx, at.y + 14 * dy);
        }
      } else {
        context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
      }
      context.stroke();
    }
    context.setLineDash([]);
    if (!text) return;
    context.font = "11px system-ui, sans-serif";
    context.lineWidth = 3;
    context.strokeStyle = "rgb(0 0 0 / .7)";
    context.strokeText(text, at.x + radius + 3, at.y + 4);
    context.fillStyle = style.colour;
    context.fillText(text, at.x + radius + 3, at.y + 4);
  }
}
