// The page: frames in a queue, one on the editor; every control and key ends in a call of the editor.

import { FrameEditor } from "./editor.js";
import { countValues, histogramRange, paint, paintHistogram, percentiles } from "./display.js";
import { bindKeys } from "./keys.js";
import { Saver, client, get, getOf, post, remove } from "./api.js";
import { claimName } from "./tab.js";
import { followTraining } from "./train.js";
import { View } from "./view.js";

const NOTE_MS = 400; // after the last letter of a note until it is saved

const element = (id) => document.getElementById(id);
const typing = (id) => document.activeElement === element(id);
const page = { frames: [], queue: [], place: 0, states: {}, shown: new Set(), cross: null, hovered: null };
const settings = { low: 0, high: 255, gamma: 1, invert: false, map: "grey" };

const saver = new Saver({
  saved: (name, stored) => { count({ [name]: stored }); if (name === editor.name) editor.saved(stored); },
  conflict: async (name, stored, why) => {
    say(`${why}. You see what is stored now.`);
    const now = stored || (await getOf("/api/labels", name).catch(() => null));
    if (now && name === editor.name) editor.take(now);
  },
  state: (waiting, why) => {
    element("saved").textContent = waiting ? `${waiting} to save` : "saved";
    if (why || page.away) say(why);
    page.away = why;
  },
});
const editor = new FrameEditor(saver, { changed: show, leaving: () => { if (typing("note")) saveNote(); } });
const view = new View(element("view"), {
  press, drag: (dx, dy) => editor.drag(dx, dy), drop: () => editor.drop(),
  hover: (x, y) => { page.hovered = x === null ? null : { x, y }; if (page.hovered) page.cross = null; showCursor(); },
  marks: () => [...editor.marks(element("ghost").checked), ...(page.cross ? [{ ...page.cross, kind: "cross" }] : [])],
});

function say(text) {
  element("banner").textContent = text;
  element("banner").hidden = !text;
}

/** Run what may fail; what it says goes to the banner. */
async function trying(work) {
  try { say(""); return await work(); } catch (error) { say(error.message); return null; }
}

function track() {
  const text = element("track").value, number = Number(text);
  return text !== "" && Number.isInteger(number) && number >= 0 && number <= 1e6 ? number : null;
}

function press(x, y, event) {
  editor.drop();
  const label = FrameEditor.nearest(editor.labels.points, x, y, view.reach);
  if (event.button === 2) { if (label !== null) editor.delete(label); return; }
  if (event.button !== 0 || !editor.picture?.pixels) return;
  if (label !== null && !event.shiftKey) { editor.grabbed = editor.active = label; show(); return; }
  const proposal = FrameEditor.nearest(editor.open_proposals, x, y, view.reach);
  if (proposal !== null && !event.shiftKey) { editor.accept([editor.open_proposals[proposal]]); return; }
  editor.add(x, y, element("snap").value, element("contrast").value, track());
}

/** Show frame `number` of the folder. */
async function open(number, keepView) {
  const name = page.frames[number];
  const sameSequence = number > 0 && page.sequences[number - 1] === page.sequences[number];
  const began = performance.now();
  const opened = await trying(() => editor.open(name, sameSequence ? page.frames[number - 1] : null));
  if (!opened) return;
  page.number = number;
  page.cross = null;
  showFrame(keepView);
  document.body.dataset.ready = name;
  document.body.dataset.ms = Math.round(performance.now() - began);
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  page.place = page.queue.indexOf(number);
  page.shown.add(number);
  prefetch();
}

function prefetch() {
  const ahead = [...[1, 2, -1].map((by) => page.queue[page.place + by]), page.number + 1];
  for (const number of ahead) if (page.frames[number]) editor.fetch(page.frames[number]);
}

function showFrame(keepView) {
  const { pixels, broken } = editor.picture;
  element("broken").hidden = !broken;
  element("broken").textContent = broken || "";
  element("name").textContent = editor.name;
  element("name").title = editor.name;
  element("note").value = editor.labels.note;
  if (pixels) {
    pixels.counts ??= countValues(pixels);
    const size = [view.picture.width, view.picture.height];
    autoWindow();
    if (!keepView || size[0] !== pixels.width || size[1] !== pixels.height) view.fit();
  } else {
    view.picture.width = view.picture.height = 1;
    view.fit();
  }
  show();
}

/** The window that the percentile asks for; a manual one stays. */
function autoWindow() {
  const cut = element("percentile").value, { pixels } = editor.picture;
  if (!pixels) return;
  if (cut !== "manual") [settings.low, settings.high] = percentiles(pixels, Number(cut));
  else [settings.low, settings.high] = ["low", "high"].map((id) => (Number(element(id).value) - pixels.offset) / pixels.scale);
  repaint();
}

function repaint() {
  const { pixels } = editor.picture;
  if (!pixels) return;
  settings.gamma = Math.min(Math.max(Number(element("gamma").value) || 1, 0.2), 5);
  settings.map = element("map").value;
  settings.invert = element("invert").checked;
  paint(view.picture, pixels, settings);
  paintHistogram(element("histogram"), pixels, settings);
  const digits = pixels.scale === 1 ? 0 : 3;
  for (const id of ["low", "high"]) {
    if (!typing(id)) element(id).value = (pixels.offset + settings[id] * pixels.scale).toFixed(digits);
  }
  view.draw();
}

function saveNote() {
  clearTimeout(page.noting);
  editor.set({ note: element("note").value });
}

/** Everything that depends on the labels of the frame. */
function show() {
  const { labels } = editor;
  element("count").textContent = counted(labels.points.length);
  for (const button of document.querySelectorAll("[data-state]")) {
    button.setAttribute("aria-pressed", String(labels.state === button.dataset.state));
  }
  if (!typing("note")) element("note").value = labels.note;
  const open = editor.open_proposals.length;
  element("proposed").textContent = page.model ? `${open} proposed` : "";
  element("why").textContent = why();
  element("accept-all").disabled = element("refuse-all").disabled = !open;
  showCursor();
  view.draw();
}

/** Why the frame comes now. */
function why() {
  const order = element("order").value;
  if (order === "random") return "drawn at random";
  if (order === "name" || !page.model) return "";
  if (!editor.proposals.length) return "the model sees nothing here";
  const gap = ({ score }) => Math.abs(score - page.threshold);
  const { score } = editor.proposals.reduce((a, b) => (gap(b) < gap(a) ? b : a));
  return `a score of ${score.toFixed(2)} by the model's threshold of ${page.threshold.toFixed(2)}`;
}

/** Take note of how far frames are. */
function count(frames) {
  for (const [name, { labels }] of Object.entries(frames)) page.states[name] = [labels.state, labels.points.length];
  showCounts();
}

const counted = (points) => `${points} point${points === 1 ? "" : "s"}`;

const decided = () => Object.values(page.states).filter(([state]) => state === "done" || state === "empty").length;

function showCounts() {
  const points = Object.values(page.states).reduce((sum, [, count]) => sum + count, 0);
  element("done").textContent = `${decided()} of ${page.frames.length} frames, ${counted(points)}`;
}

function showCursor() {
  const at = page.hovered || page.cross, pixels = editor.picture?.pixels;
  let text = "–";
  if (at && pixels) {
    const x = Math.round(at.x), y = Math.round(at.y);
    const inside = x >= 0 && y >= 0 && x < pixels.width && y < pixels.height;
    const value = inside ? pixels.offset + pixels.scale * pixels.data[y * pixels.width + x] : null;
    text = `x ${at.x.toFixed(2)}   y ${at.y.toFixed(2)}` + (inside ? `   value ${+value.toPrecision(6)}` : "");
  }
  element("cursor").textContent = text;
}

/** One step in the queue; or in the sequence, where `inSequence`. */
function step(by, inSequence) {
  const number = inSequence ? page.number + by : page.queue[page.place + by];
  if (number !== undefined && page.frames[number] !== undefined) open(number, true);
}

/** Say how far the frame is, and go on; said twice, it is taken back. */
function decide(state, stay) {
  if (state === "empty" && editor.labels.points.length) { say("There are points here: delete them first, or press Enter."); return; }
  const same = editor.labels.state === state;
  editor.set({ state: same && stay ? "open" : state });
  if (!stay) step(1);
}

/** Undo or redo, and show the frame that it changed. */
async function travel(path) {
  await saver.flush();
  const frames = await trying(() => post(path));
  if (!frames) return;
  count(frames);
  const names = Object.keys(frames);
  if (names.includes(editor.name)) editor.take(frames[editor.name]);
  else if (names.length) {
    const number = page.frames.indexOf(names[0]);
    if (number >= 0) open(number, true);
    else say(`${names[0]} was changed; it is no longer in the folder.`);
  }
}

/** Take the queue as it is now. By ambiguity, frames that were shown stay behind, in their order. */
async function requeue() {
  const order = element("order").value;
  const [queue, shown] = [await get(`/api/queue?by=${order}`), order === "ambiguity" ? page.shown : new Set()];
  page.queue = [...shown, ...queue.filter((number) => !shown.has(number))];
  page.place = Math.max(0, page.queue.indexOf(page.number));
  prefetch();
}

/** Sort anew what is still to come, where the model has seen more or more is decided. */
async function refresh() {
  const now = element("order").value === "ambiguity" && page.model ? `${page.model} ${page.seen} ${decided()}` : "";
  if (now && now !== page.sorted) await requeue().catch(() => {});
  page.sorted = now;
}

async function choose(model) {
  const chosen = await trying(() => post("/api/model", { model: model || null }));
  page.model = chosen ? chosen.model : null;
  page.threshold = chosen?.threshold || 1;
  element("model").value = page.model || "";
  setThreshold(page.threshold);
  page.sorted = "";
  await Promise.all([editor.propose(), refresh()]);
}

function setThreshold(value) {
  editor.threshold = Math.min(Math.max(value, 0.05), 1.5);
  element("threshold").value = editor.threshold;
  element("threshold-value").textContent = editor.threshold.toFixed(2);
  show();
}

function showModels(models) {
  const select = element("model"), value = select.value;
  select.replaceChildren(new Option("no model", ""), ...models.map((name) => new Option(name, name)));
  select.value = value;
}

/** How many frames the model has looked at: the rest comes last in the queue by its ambiguities. */
function showSeen(seen) {
  const left = page.frames.length - seen;
  element("seen").textContent = page.model && left > 0 ? `${left} frames still to be looked at` : "";
  page.seen = seen;
  refresh();
}

/** Files that are no frames here, and why. */
function showSkipped(lines) {
  element("skipped").hidden = !lines.length;
  element("skipped-count").textContent = `${lines.length} left out`;
  element("skipped-lines").replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

async function interpolate() {
  if (track() === null) { say("Give the track a number, click it in two frames or more, then interpolate."); return; }
  const wanted = { frame: editor.name, track: track() };
  await saver.flush();
  const changed = await trying(() => post("/api/interpolate", wanted));
  if (!changed) return;
  count(changed);
  if (changed[editor.name]) editor.take(changed[editor.name]);
  const filled = Object.values(changed).filter(({ labels }) => labels.points.some((point) => point.track === wanted.track)).length;
  const cleared = Object.keys(changed).length - filled;
  say(`Track ${wanted.track}: ${filled} frames filled in${cleared ? `, ${cleared} cleared` : ""}.`);
}

function bindControls() {
  element("next").onclick = () => step(1);
  element("previous").onclick = () => step(-1);
  element("order").onchange = () => trying(async () => { page.shown.clear(); await requeue(); open(firstOpen()); });
  for (const button of document.querySelectorAll("[data-state]")) button.onclick = () => decide(button.dataset.state, true);
  element("undo").onclick = () => travel("/api/undo");
  element("redo").onclick = () => travel("/api/redo");
  element("note").oninput = () => { clearTimeout(page.noting); page.noting = setTimeout(saveNote, NOTE_MS); };
  element("note").onchange = saveNote;
  element("model").onchange = () => choose(element("model").value);
  element("threshold").oninput = () => setThreshold(Number(element("threshold").value));
  element("accept-all").onclick = () => editor.accept(editor.open_proposals);
  element("refuse-all").onclick = () => editor.refuse(editor.open_proposals);
  for (const id of ["gamma", "map", "invert"]) element(id).oninput = repaint;
  element("percentile").onchange = autoWindow;
  for (const id of ["low", "high"]) element(id).onchange = () => { element("percentile").value = "manual"; autoWindow(); };
  element("ghost").onchange = () => view.draw();
  element("interpolate").onclick = interpolate;
  element("help-button").onclick = () => element("help").showModal();
  element("histogram").onpointerdown = element("histogram").onpointermove = (event) => {
    if (!(event.buttons & 1) || !editor.picture.pixels) return;
    const [first, last] = histogramRange(editor.picture.pixels);
    const value = first + (event.offsetX / event.target.clientWidth) * (last - first);
    const edge = Math.abs(value - settings.low) < Math.abs(value - settings.high) ? "low" : "high";
    settings[edge] = value;
    element("percentile").value = "manual";
    repaint();
  };
}

async function start() {
  client.tab = await claimName();
  addEventListener("pagehide", () => remove("/api/tab", { keepalive: true }).catch(() => {}));
  const session = await get("/api/session");
  Object.assign(page, { frames: session.frames, sequences: session.sequences, model: session.model, threshold: session.threshold || 1 });
  element("folder").textContent = session.folder;
  showSkipped(session.skipped);
  document.title = `${session.folder} – irpoint label`;
  showModels(session.models);
  element("model").value = session.model || "";
  page.states = await get("/api/states");
  await requeue();
  bindControls();
  bindKeys({ page, editor, view, step, decide, travel, interpolate, setThreshold, track, repaint, show, showCursor });
  followTraining({ say, showModels, showSeen, trying, choose, flush: () => saver.flush() });
  showCounts();
  await saver.adopt(session.out);
  const wanted = page.frames.indexOf(decodeURIComponent(location.hash.slice(1)));
  await open(wanted >= 0 ? wanted : firstOpen());
  setThreshold(page.threshold);
}

/** The first frame of the queue that nobody has decided. */
function firstOpen() {
  const open = page.queue.find((number) => (page.states[page.frames[number]] || ["open"])[0] === "open");
  return open === undefined ? page.queue[0] : open;
}

trying(start);
