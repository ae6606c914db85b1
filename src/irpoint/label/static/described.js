// The frame in words, also for those who do not see it.

import { announce } from "/shared/messages.js";
import { counted } from "./progress.js";

const element = (id) => document.getElementById(id);
const PAUSE_MS = 400; // a key that is held down moves on; say where it stops

let timer = null;

/** Name the canvas after the frame, its points and the selected one, and say which point was selected. */
export function describeFrame(editor) {
  const { labels, active } = editor, point = labels.points[active];
  const text = [
    `Frame ${editor.name}`, counted(labels.points.length, "point"), point ? pointText(active, labels.points) : "no point selected",
  ].join(", ");
  element("view").setAttribute("aria-label", editor.picture?.broken ? `Frame ${editor.name}: ${editor.picture.broken}` : text);
  const selected = point ? `${editor.name} ${active} ${point.x} ${point.y}` : "";
  if (selected && selected !== describeFrame.selected) later(pointText(active, labels.points));
  describeFrame.selected = selected;
}

function pointText(index, points) {
  const { x, y, track } = points[index];
  return `point ${index + 1} of ${points.length} at x ${x.toFixed(1)}, y ${y.toFixed(1)}${track === null ? "" : `, track ${track}`}`;
}

/** A position of the frame and the value of its pixel. */
export function describePlace(at, pixels) {
  if (!at || !pixels) return "–";
  const x = Math.round(at.x), y = Math.round(at.y), inside = x >= 0 && y >= 0 && x < pixels.width && y < pixels.height;
  const value = inside ? pixels.offset + pixels.scale * pixels.data[y * pixels.width + x] : null;
  return `x ${at.x.toFixed(2)}   y ${at.y.toFixed(2)}` + (inside ? `   value ${+value.toPrecision(6)}` : "");
}

/** Say a text once nothing newer comes, if the frame has the focus. */
export function later(text) {
  clearTimeout(timer);
  timer = setTimeout(() => { if (document.activeElement === element("view")) announce(text); }, PAUSE_MS);
}
