// Keys: everything that the mouse can do.

import { FrameEditor } from "./editor.js";

// What a key that is held down must not do frame after frame.
const ONCE = new Set(["Enter", "E", "U", "A", "Shift+A", "R", "Shift+R", "Space", "Delete", "Backspace", "K"]);

const element = (id) => document.getElementById(id);

export function bindKeys({ page, editor, view, step, decide, travel, interpolate, setThreshold, track, repaint, show, showCursor }) {
  const here = () => page.hovered || page.cross;
  const cycle = (id) => { const select = element(id); select.selectedIndex = (select.selectedIndex + 1) % select.length; };
  const nearest = (places) => {
    const at = here();
    const found = at ? FrameEditor.nearest(places, at.x, at.y, Infinity) : places.length === 1 ? 0 : null;
    return found === null ? [] : [places[found]];
  };
  const erase = () => {
    const at = here();
    const index = editor.active ?? (at ? FrameEditor.nearest(editor.labels.points, at.x, at.y, view.reach) : null);
    if (index !== null) editor.delete(index);
  };
  /** Select the next point; after the last one none, and false: Tab goes on to the controls. */
  const select = (by) => {
    const next = editor.active === null ? (by > 0 ? 0 : editor.labels.points.length - 1) : editor.active + by;
    const point = editor.labels.points[next];
    editor.active = point ? next : null;
    if (point) view.show(point.x, point.y);
    show();
    return Boolean(point);
  };
  const arrow = (dx, dy, event) => {
    const point = editor.active === null ? null : editor.labels.points[editor.active];
    if (point) {
      const far = event.shiftKey ? 1 : 0.1;
      editor.move(editor.active, point.x + dx * far, point.y + dy * far);
      return;
    }
    const { width, height } = view.picture, far = event.shiftKey ? 10 : 1;
    const from = here() || { x: width / 2, y: height / 2 };
    page.hovered = null;
    page.cross = {
      x: Math.min(Math.max(Math.round(from.x) + dx * far, 0), width - 1),
      y: Math.min(Math.max(Math.round(from.y) + dy * far, 0), height - 1),
    };
    view.show(page.cross.x, page.cross.y);
    showCursor();
  };
  const put = () => {
    const at = here();
    if (at) editor.add(at.x, at.y, element("snap").value, element("contrast").value, track());
  };
  const jump = (by) => step(by * Math.max(1, Number(element("step").value) || 1), true);
  const toggle = (id) => { element(id).checked = !element(id).checked; };

  const actions = [
    ["Enter", "done, next frame", () => decide("done")],
    ["E", "no target here, next frame", () => decide("empty")],
    ["U", "unsure, next frame", () => decide("unsure")],
    ["N", "next in the queue", () => step(1)],
    ["P", "previous in the queue", () => step(-1)],
    [".", "next of the sequence", () => step(1, true)],
    [",", "previous of the sequence", () => step(-1, true)],
    [">", "a step on in the sequence", () => jump(1)],
    ["<", "a step back", () => jump(-1)],
    ["Ctrl+Z", "undo", () => travel("/api/undo")],
    ["Ctrl+Y", "redo", () => travel("/api/redo")],
    ["Space", "point at the pointer or cross", put],
    ["Delete", "delete the point", erase],
    ["Tab", "select the next point, after the last the controls", null],
    ["Escape", "select nothing", () => { editor.active = null; page.cross = null; show(); }],
    ["Arrows", "move cross (Shift: 10 px) or point (0.1 px, Shift: 1)", null],
    ["A", "accept the nearest proposal", () => editor.accept(nearest(editor.open_proposals))],
    ["Shift+A", "accept all", () => editor.accept(editor.open_proposals)],
    ["R", "refuse the nearest proposal", () => editor.refuse(nearest(editor.open_proposals))],
    ["Shift+R", "refuse all", () => editor.refuse(editor.open_proposals)],
    ["[", "threshold down", () => setThreshold(editor.threshold - 0.02)],
    ["]", "threshold up", () => setThreshold(editor.threshold + 0.02)],
    ["+", "zoom in (also the wheel)", () => view.zoom(1.5)],
    ["-", "zoom out", () => view.zoom(1 / 1.5)],
    ["F", "fit the frame", () => view.fit()],
    ["S", "snap: peak, centroid, off", () => cycle("snap")],
    ["C", "bright, dark or either", () => cycle("contrast")],
    ["M", "colour map", () => { cycle("map"); repaint(); }],
    ["I", "invert", () => { toggle("invert"); repaint(); }],
    ["G", "points of the frame before", () => { toggle("ghost"); view.draw(); }],
    ["T", "number of the track", () => element("track").focus()],
    ["K", "interpolate the track", () => interpolate()],
    ["O", "note", () => element("note").focus()],
    ["?", "these keys", () => element("help").showModal()],
    ["Click", "add, or drag a point (Shift: add beside)", null],
    ["Right click", "delete", null],
    ["Alt+drag", "pan (also the middle button)", null],
  ];
  const byKey = new Map(actions.filter(([, , act]) => act).map(([key, , act]) => [key, act]));
  byKey.set("Ctrl+Shift+Z", byKey.get("Ctrl+Y"));
  byKey.set("Backspace", byKey.get("Delete"));
  byKey.set("=", byKey.get("+"));
  element("keys").replaceChildren(...actions.map(([key, does]) => {
    const row = document.createElement("div"), term = document.createElement("dt"), said = document.createElement("dd");
    term.textContent = key;
    said.textContent = does;
    row.append(term, said);
    return row;
  }));

  document.addEventListener("keydown", (event) => {
    if (element("help").open) return;
    const typing = event.target.matches("textarea, input:not([type=checkbox]):not([type=range]), select");
    if (typing) {
      if (event.key === "Escape" || (event.key === "Enter" && !event.target.matches("textarea"))) event.target.blur();
      return;
    }
    // On many keyboards brackets need AltGr or Option; other keys with Alt are the browser's.
    if (event.altKey && !"[]".includes(event.key)) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in arrows && !event.ctrlKey && !event.target.matches("input")) {
      event.preventDefault();
      arrow(...arrows[event.key], event);
      return;
    }
    if (event.key === "Tab") {
      const onStage = event.target === view.canvas || event.target === document.body;
      if (onStage && select(event.shiftKey ? -1 : 1)) event.preventDefault();
      return;
    }
    if ((event.key === " " || event.key === "Enter") && event.target.matches("button, input, summary")) return;
    const name = nameOf(event), act = byKey.get(name);
    if (!act) return;
    event.preventDefault();
    if (!(event.repeat && ONCE.has(name))) act(event);
  });

  // A control that the mouse has used gives the keys back to the frame; Tab's stay where they are.
  const back = ({ target }) => {
    if (target.matches?.("button, summary, select, input[type=checkbox], input[type=range]") && !target.matches(":focus-visible")) view.canvas.focus();
  };
  document.addEventListener("click", (event) => { if (event.target.matches?.("button, summary, input")) back(event); });
  document.addEventListener("change", back);
  element("help").addEventListener("close", () => view.canvas.focus());
}

/** A key as the list above names it: letters in capitals, Shift only where it makes a difference. */
function nameOf(event) {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  if (event.key === " ") return "Space";
  if (/^[a-z]$/i.test(event.key)) return `${control}${event.shiftKey ? "Shift+" : ""}${event.key.toUpperCase()}`;
  return "[]".includes(event.key) ? event.key : control + event.key;
}
