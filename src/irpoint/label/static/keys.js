// The keyboard and mouse table, see /shared/keys.js for its fields. To add a key, add a row: the help dialog and
// tooltips use the table too.

import { showMessage } from "/shared/messages.js";
import { FrameEditor } from "./editor.js";

const element = (id) => document.getElementById(id);

export const TABLE = [
  { key: "Enter", help: "done, next frame", once: true, control: "[data-state=done]", run: (app) => app.decide("done") },
  { key: "E", help: "no target, next frame", once: true, control: "[data-state=empty]", run: (app) => app.decide("empty") },
  { key: "U", help: "unsure, next frame", once: true, control: "[data-state=unsure]", run: (app) => app.decide("unsure") },
  { key: "N", help: "next frame in the queue", control: "#next", run: (app) => app.step(1) },
  { key: "P", help: "previous frame in the queue", control: "#previous", run: (app) => app.step(-1) },
  { key: ".", help: "next frame in the sequence", run: (app) => app.step(1, true) },
  { key: ",", help: "previous frame in the sequence", run: (app) => app.step(-1, true) },
  { key: ">", help: "forward in the sequence by the step", run: (app) => jump(app, 1) },
  { key: "<", help: "back in the sequence by the step", run: (app) => jump(app, -1) },
  { key: "Home", help: "first frame of the sequence", run: (app, event) => end(app, event, false) },
  { key: "End", help: "last frame of the sequence", run: (app, event) => end(app, event, true) },
  { key: "V", help: "play, pause", once: true, control: "#play", run: (app) => app.video.player.toggle() },
  { key: "8", help: "play slower", control: "#speed", run: (app) => app.video.player.changeSpeed(-1) },
  { key: "9", help: "play faster", control: "#speed", run: (app) => app.video.player.changeSpeed(1) },
  { key: "D", help: "view: frame, difference, less background", control: "#view-kind", run: (app) => app.video.player.nextView() },
  { key: "Shift+V", help: "timeline: show, hide", control: "#timeline-button", run: (app) => app.video.toggle() },
  { key: "B", help: "frame browser: open, close", control: "#browser-button", run: (app) => app.browser.toggle() },
  { key: "/", help: "search frames by name", control: "#search", run: (app) => app.browser.search() },
  { key: "Ctrl+Z", help: "undo", control: "#undo", run: (app) => app.undoOrRedo("/api/undo") },
  { key: "Ctrl+Y", help: "redo", names: ["Ctrl+Y", "Ctrl+Shift+Z"], control: "#redo", run: (app) => app.undoOrRedo("/api/redo") },
  { key: "Space", help: "add a point at the pointer or crosshair", once: true, run: addPoint },
  { key: "Delete", help: "delete the selected or nearest point", names: ["Delete", "Backspace"], once: true, run: deletePoint },
  { key: "Tab", help: "select the next point; after the last, the next control", run: tab },
  { key: "Escape", help: "clear the selection", run: clearSelection },
  { key: "Arrows", help: "move the crosshair (1 px; Shift: 10) or the selected point (0.1 px; Shift: 1)",
    names: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], run: arrow },
  { key: "A", help: "accept the nearest proposal", once: true, run: (app) => app.editor.accept(nearestProposal(app), app.track()) },
  { key: "Shift+A", help: "accept all proposals", once: true, control: "#accept-all", run: (app) => app.editor.accept(app.editor.openProposals, app.track()) },
  { key: "R", help: "refuse the nearest proposal", once: true, run: (app) => app.editor.refuse(nearestProposal(app)) },
  { key: "Shift+R", help: "refuse all proposals", once: true, control: "#refuse-all", run: (app) => app.editor.refuse(app.editor.openProposals) },
  { key: "[", help: "lower the threshold", control: "#threshold", run: (app) => app.setThreshold(app.editor.threshold - 0.02) },
  { key: "]", help: "raise the threshold", control: "#threshold", run: (app) => app.setThreshold(app.editor.threshold + 0.02) },
  { key: "+", help: "zoom in (also: wheel)", names: ["+", "="], control: "#zoom-in", run: (app) => app.view.zoomIn(1.5) },
  { key: "-", help: "zoom out", control: "#zoom-out", run: (app) => app.view.zoomIn(1 / 1.5) },
  { key: "F", help: "fit the frame to the window", control: "#zoom-fit", run: (app) => app.view.fit() },
  { key: "S", help: "snap: peak, centroid, off", control: "#snap", run: () => cycle("snap") },
  { key: "C", help: "targets: bright, dark, either", control: "#contrast", run: () => cycle("contrast") },
  { key: "L", help: "loupe", control: "#loupe", run: () => element("loupe").click() },
  { key: "Z", help: "contrast of the frame, or of its visible part", control: "#levels", run: () => cycle("levels") },
  { key: "M", help: "colour map", control: "#map", run: () => cycle("map") },
  { key: "I", help: "invert the colour map", control: "#invert", run: () => element("invert").click() },
  { key: "G", help: "points of the previous frame", control: "#previous-points", run: () => element("previous-points").click() },
  { key: "T", help: "enter the track number of clicks", control: "#track", run: () => element("track").focus() },
  { key: "Shift+T", help: "clicks make a new track", once: true, control: "#track-new", run: (app) => app.video.newTrack() },
  { key: "W", help: "select the next track", control: "#tracks", run: (app) => app.video.clip.selectNext(1) },
  { key: "Shift+W", help: "select the track before", run: (app) => app.video.clip.selectNext(-1) },
  { key: "Y", help: "accept the proposed track", once: true, control: "#track-accept", run: (app) => app.video.tracks.accept(false) },
  { key: "Shift+Y", help: "accept all proposed tracks", once: true, control: "#track-accept-all", run: (app) => app.video.tracks.accept(true) },
  { key: "X", help: "reject or delete the track", once: true, control: "#track-reject", run: (app) => app.video.tracks.rejectOrDelete(false) },
  { key: "Shift+X", help: "reject all proposed tracks", once: true, run: (app) => app.video.tracks.rejectOrDelete(true) },
  { key: "H", help: "number of the track or point; one in use joins", control: "#track-number", run: () => { element("track-number").focus(); element("track-number").select(); } },
  { key: "J", help: "split the track before this frame", once: true, control: "#track-split", run: (app) => app.video.tracks.split() },
  { key: "Shift+J", help: "exchange numbers with the nearest track from here on", once: true, control: "#track-swap", run: (app) => app.video.tracks.swap() },
  { key: "Q", help: "decide all frames of the track", once: true, control: "#track-decide", run: (app) => app.video.tracks.decide(true) },
  { key: "Shift+Q", help: "decide all frames of the clip", once: true, control: "#clip-decide", run: (app) => app.video.tracks.decide(false) },
  { key: "K", help: "fill in all gaps of the track", once: true, control: "#interpolate", run: (app) => app.video.fillGaps() },
  { key: "O", help: "write a note", control: "#note", run: () => element("note").focus() },
  { key: "?", help: "show this list", control: "#help-button", run: () => element("help").showModal() },
  { key: "Click", help: "add a point, or drag one (Shift: always add)" },
  { key: "Right click", help: "delete a point" },
  { key: "Alt+drag", help: "pan (also: middle button)" },
];

const cursor = ({ page }) => page.pointer || page.crosshair;

function cycle(id) {
  const select = element(id);
  select.selectedIndex = (select.selectedIndex + 1) % select.length;
  for (const kind of ["input", "change"]) select.dispatchEvent(new Event(kind));
}

function end({ video }, event, last) {
  if (event.target.matches("input")) return false;
  video.end(last);
  return true;
}

function jump(app, direction) {
  app.step(direction * Math.max(1, Number(element("step").value) || 1), true);
}

/** The proposal that is nearest to the cursor; without a cursor, the only one. */
function nearestProposal(app) {
  const proposals = app.editor.openProposals, at = cursor(app);
  const found = at ? FrameEditor.nearest(proposals, at.x, at.y, Infinity) : proposals.length === 1 ? 0 : null;
  return found === null ? [] : [proposals[found]];
}

function addPoint(app) {
  const at = cursor(app);
  if (at) app.editor.add(at.x, at.y, element("snap").value, element("contrast").value, app.track());
}

function deletePoint(app) {
  const { editor, view } = app, at = cursor(app);
  const index = editor.active ?? (at ? FrameEditor.nearest(editor.labels.points, at.x, at.y, view.reach) : null);
  if (index !== null) editor.delete(index);
}

function clearSelection({ editor, page, show }) {
  showMessage("");
  editor.active = page.crosshair = null;
  show();
}

function tab(app, event) {
  const onFrame = event.target === app.view.canvas || event.target === document.body;
  return onFrame && selectPoint(app, event.shiftKey ? -1 : 1);
}

/** Select the next point. After the last one, none is selected and the result is false. */
function selectPoint({ editor, view, show }, by) {
  const next = editor.active === null ? (by > 0 ? 0 : editor.labels.points.length - 1) : editor.active + by;
  const point = editor.labels.points[next];
  editor.active = point ? next : null;
  if (point) view.show(point.x, point.y);
  show();
  return Boolean(point);
}

function arrow(app, event) {
  if (event.target.matches("input")) return false;
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const { editor } = app, point = editor.active === null ? null : editor.labels.points[editor.active];
  if (point) {
    const distance = event.shiftKey ? 1 : 0.1;
    editor.move(editor.active, point.x + dx * distance, point.y + dy * distance);
  } else {
    const distance = event.shiftKey ? 10 : 1;
    moveCrosshair(app, dx * distance, dy * distance);
  }
  return true;
}

function moveCrosshair(app, dx, dy) {
  const { page, view } = app, { width, height } = view.picture;
  const from = cursor(app) || { x: width / 2, y: height / 2 };
  page.pointer = null;
  page.crosshair = {
    x: Math.min(Math.max(Math.round(from.x) + dx, 0), width - 1),
    y: Math.min(Math.max(Math.round(from.y) + dy, 0), height - 1),
  };
  view.show(page.crosshair.x, page.crosshair.y);
  app.showCursor();
}
