// The page: it shows the frames of the queue one after the other and connects its controls to them.

import { client, get, getOf, post, remove } from "/shared/api.js";
import { bindKeys } from "/shared/keys.js";
import { showMessage, showStatus } from "/shared/messages.js";
import { Settings } from "/shared/settings.js";
import { View } from "/shared/view.js";
import { FrameBrowser } from "./browser.js";
import { describeFrame, describePlace, later } from "./described.js";
import { Display } from "./display.js";
import { FrameEditor } from "./editor.js";
import { Follower } from "./follow.js";
import { TABLE } from "./keys.js";
import { drawLoupe } from "./loupe.js";
import { allDecided, atTheEnd, counted, inFull, inShort, summary, summaryOf, tally } from "./progress.js";
import { Saver } from "./saver.js";
import { Sequence } from "./sequence.js";
import { claimName } from "./tab.js";
import { followTraining } from "./training.js";

const NOTE_MS = 400; // after the last keystroke in a note until it is saved

const MARKS = {
  point: { colour: "#3ff0b4", width: 2, radius: 8, dash: [] },
  track: { colour: "#7fd4ff", width: 1.5, radius: 7, dash: [2, 3] },
  proposal: { colour: "#ffc247", width: 1.5, radius: 9, dash: [5, 4] },
  previous: { colour: "rgb(220 225 230 / .55)", width: 1, radius: 6, dash: [1, 3] },
  linked: { colour: "#ffc247", width: 2, radius: 12, dash: [] },
  crosshair: { colour: "#ffffff", width: 1, radius: 0, dash: [] },
};

const element = (id) => document.getElementById(id);
const typingIn = (id) => document.activeElement === element(id);
const page = { frames: [], queue: [], position: 0, states: {}, shown: new Set(), crosshair: null, pointer: null };

const saver = new Saver({
  saved: (name, stored, others) => {
    count({ [name]: { ...stored, labels: saver.current(name, stored) }, ...others });
    const own = { ...others, [name]: stored }[editor.name];
    if (own) editor.saved(own);
  },
  conflict: async (name, stored, reason) => {
    showMessage(`${reason}. The stored labels are shown.`);
    const now = stored || (await getOf("/api/labels", name).catch(() => null));
    if (now) count({ [name]: now });
    if (now && name === editor.name) editor.showLabels(now);
  },
  state: (unsaved, reason) => {
    element("saved").textContent = unsaved ? `${unsaved} unsaved` : "saved";
    if (reason || page.saveError) showMessage(reason);
    page.saveError = reason;
  },
});
const editor = new FrameEditor(saver, {
  changed: show, leaving: () => { if (typingIn("note")) saveNote(); }, kept: (reason) => { element("kept").textContent = reason; },
});
const view = new View(element("view"), {
  press, drag: (dx, dy) => editor.drag(dx, dy), drop: () => editor.drop(),
  hover: (x, y) => { page.pointer = x === null ? null : { x, y }; if (page.pointer) page.crosshair = null; showCursor(); },
  beneath: (context) => video.drawPath(context),
  marks: () => [...video.marks(editor.marks(element("previous-points").checked)), ...(page.crosshair ? [{ ...page.crosshair, kind: "crosshair" }] : [])],
}, MARKS);
/** Whether the wanted gesture is left out because the clip plays, which it stops. */
const stopped = () => { if (!video.player.playing) return false; video.player.stop(); return true; };
const display = new Display(view, () => editor.picture?.pixels);
view.on.moved = () => {
  display.moved();
  if (page.pointer && view.over) { page.pointer = view.toFrame(view.over.x, view.over.y); showCursor(); }
};
view.on.above = (context) => { if (element("loupe").checked) drawLoupe(view, context, page.pointer || page.crosshair, view.on.marks()); };

/** Run something that may fail, and show its error in the banner. */
async function attempt(work) {
  try { showMessage(""); return await work(); } catch (error) { showMessage(error.message); return null; }
}

function track() {
  const text = element("track").value, number = Number(text);
  return text !== "" && Number.isInteger(number) && number >= 0 && number <= 1e9 ? number : null;
}

function press(x, y, event) {
  if (stopped()) return;
  editor.drop();
  const label = FrameEditor.nearest(editor.labels.points, x, y, view.reach);
  if (event.button === 2) { if (label !== null) editor.delete(label); return; }
  if (event.button !== 0 || !editor.picture?.pixels) return;
  if (label !== null && !event.shiftKey) { editor.grabbed = editor.active = label; show(); return; }
  const proposal = FrameEditor.nearest(editor.openProposals, x, y, view.reach);
  if (proposal !== null && !event.shiftKey) { editor.accept([editor.openProposals[proposal]], track()); return; }
  editor.add(x, y, element("snap").value, element("contrast").value, track());
}

const video = new Sequence({ page, editor, saver, view, display, open, count, track, say: showStatus, refuse: showMessage, attempt });
const browser = new FrameBrowser(page, {
  open: (number) => open(number, true), focus: () => view.canvas.focus(), busy: () => editor.opening !== null,
  threshold: () => editor.threshold, changed: () => { prefetch(); show(); },
});

/** Show frame `number` of the folder. */
async function open(number, keepView) {
  const name = page.frames[number];
  const before = video.before(number);
  const began = performance.now();
  const opened = await attempt(() => editor.open(name, before === undefined ? null : page.frames[before]));
  if (!opened) return;
  page.number = number;
  page.crosshair = null;
  showFrame(keepView);
  document.body.dataset.ready = name;
  document.body.dataset.ms = Math.round(performance.now() - began);
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  page.position = page.queue.indexOf(number);
  page.shown.add(number);
  browser.opened();
  video.opened();
  prefetch();
}

/** The frame that is `by` frames away in the queue, or in the part of it that the frame browser lists; undefined at the end. */
function inQueue(by) {
  return browser.follows ? browser.neighbour(by) : page.queue[page.position + by];
}

function prefetch() {
  const near = [1, 2, -1].map(inQueue);
  document.body.dataset.next = page.frames[near[0]] || "";
  for (const number of [...near, page.number + 1]) if (page.frames[number]) editor.fetch(page.frames[number]);
}

function showFrame(keepView) {
  const { pixels, broken } = editor.picture;
  element("broken").hidden = !broken;
  element("broken").textContent = broken || "";
  element("name").textContent = editor.name;
  element("name").title = editor.name;
  element("note").value = editor.labels.note;
  if (pixels) {
    const size = [view.picture.width, view.picture.height];
    display.setWindow();
    if (!keepView || size[0] !== pixels.width || size[1] !== pixels.height) view.fit();
  } else {
    view.picture.width = view.picture.height = 1;
    view.fit();
  }
  show();
}

function saveNote() {
  clearTimeout(page.noteTimer);
  editor.set({ note: element("note").value });
}

/** Show everything that depends on the labels of the frame. */
function show() {
  const { labels } = editor;
  element("count").textContent = counted(labels.points.length, "point") + (labels.state === "imported" ? ", imported" : "");
  element("count").title = labels.state === "imported" ? "These labels came with the dataset. Nobody has reviewed them yet." : "";
  document.querySelector("[data-state=done]").textContent = labels.state === "imported" ? "Confirm" : "Done";
  for (const button of document.querySelectorAll("[data-state]")) {
    button.setAttribute("aria-pressed", String(labels.state === button.dataset.state));
  }
  if (!typingIn("note")) element("note").value = labels.note;
  const open = editor.openProposals.length;
  element("proposed").textContent = page.model ? counted(open, "proposal") : "";
  element("reason").textContent = reason();
  element("accept-all").disabled = element("refuse-all").disabled = !open;
  describeFrame(editor);
  video.shown();
  showCursor();
  view.draw();
}

/** Why this frame is next in the queue. */
function reason() {
  const order = element("order").value, differs = browser.reason(editor.name);
  if (differs) return differs;
  if (order === "random") return "random order";
  if (order === "name" || !page.model) return "";
  if (!editor.proposals.length) return "no proposals";
  const gap = ({ score }) => Math.abs(score - page.threshold);
  const { score } = editor.proposals.reduce((a, b) => (gap(b) < gap(a) ? b : a));
  return `nearest score ${score.toFixed(2)}, threshold ${page.threshold.toFixed(2)}`;
}

/** Update the summaries of frames that changed in this tab. */
function count(frames) {
  for (const [name, stored] of Object.entries(frames)) page.states[name] = summary(stored);
  showCounts();
  follower.tell();
  video.labelsChanged(Object.keys(frames));
}

/** Show what has changed elsewhere. */
const follower = new Follower(async ({ all, frames, unread, model, polarity, threshold }) => {
  if (all) page.states = {};
  for (const [name, now] of Object.entries(frames)) if (!(page.states[name]?.[3] >= now[3])) page.states[name] = now;
  page.unread = unread;
  showCounts();
  if (Object.keys(frames).length) video.labelsChanged(all ? undefined : Object.keys(frames));
  const { name } = editor, differs = model !== page.model || polarity !== page.polarity;
  if (name !== null && differs && !page.choosing) await showModel(model, threshold, polarity);
  if (!saver.isBehind(name, frames[name]?.[3])) return;
  const stored = await getOf("/api/labels", name).catch(() => null);
  if (stored && name === editor.name) editor.saved(stored);
});

function showCounts() {
  page.sums = tally(page.frames, page.states);
  element("done").textContent = inShort(page.sums, page.unread);
  element("done").title = inFull(page.sums);
  browser.update();
}

function showCursor() {
  const at = page.pointer || page.crosshair, text = describePlace(at, editor.picture?.pixels);
  element("cursor").textContent = text;
  if (at && at === page.crosshair) later(text);
}

/** Show another frame of the queue, or of the sequence if `inSequence`. */
function step(by, inSequence) {
  if (inSequence) { video.step(by); return; }
  const number = inQueue(by);
  if (number !== undefined && page.frames[number] !== undefined) open(number, true);
  else showStatus(atTheEnd(page.sums, by, browser.follows ? "list" : "queue"));
}

/** Set the state of the frame and show the next one. With `stay`, keep the frame, and reset a state that is set already. */
function decide(state, stay) {
  if (editor.name === null) return;
  if (state === "empty" && editor.labels.points.length) { showMessage("This frame has points. Delete them first, or press Enter to mark it as done."); return; }
  const { labels } = editor, same = labels.state === state;
  const confirmsNone = labels.state === "imported" && state === "done" && !labels.points.length;
  editor.set({ state: same && stay ? "open" : confirmsNone ? "empty" : state });
  const before = page.sums.decided;
  count({ [editor.name]: { ...saver.known.get(editor.name), labels: editor.labels } });
  if (before < page.sums.decided && page.sums.decided === page.sums.frames) showStatus(allDecided(page.sums));
  else if (!stay) step(1);
}

/** Undo or redo, and show the frame that changed. */
async function undoOrRedo(path) {
  await saver.flush();
  const frames = await attempt(() => post(path));
  if (!frames) return;
  count(frames);
  const names = Object.keys(frames);
  if (names.includes(editor.name)) editor.showLabels(frames[editor.name]);
  else if (names.length) {
    const number = page.frames.indexOf(names[0]);
    if (number >= 0) open(number, true);
    else showMessage(`${names[0]} was changed, but is no longer in the folder.`);
  }
}

/** Load the queue. By ambiguity, frames that were shown keep their place before the current one. */
async function requeue() {
  const order = element("order").value;
  const [queue, shown] = [await get(`/api/queue?by=${order}`), order === "ambiguity" ? page.shown : new Set()];
  page.queue = [...shown, ...queue.filter((number) => !shown.has(number))];
  page.position = Math.max(0, page.queue.indexOf(page.number));
  prefetch();
}

/** Sort the rest of the queue again if the model has processed more frames, or more are decided. */
async function refresh() {
  const now = element("order").value === "ambiguity" && page.model ? `${page.model} ${page.processed} ${page.sums.decided}` : "";
  if (now && now !== page.sorted) await requeue().catch(() => {});
  page.sorted = now;
}

async function choose(model) {
  page.choosing = true;
  const chosen = await attempt(() => post("/api/model", { model: model || null, polarity: element("polarity").value }));
  page.choosing = false;
  await showModel(chosen?.model, chosen?.threshold, element("polarity").value);
  follower.tell();
}

/** Show the model that the server uses, and its proposals. */
async function showModel(model, threshold, polarity) {
  if (polarity !== page.polarity) browser.thumbnails.clear();
  page.polarity = polarity;
  page.model = model || null;
  page.threshold = threshold || 1;
  element("model").value = page.model || "";
  element("polarity").value = polarity;
  setThreshold(page.threshold);
  page.sorted = "";
  video.labelsChanged();
  await Promise.all([editor.propose(), refresh()]);
}

function setThreshold(value) {
  editor.threshold = Math.min(Math.max(value, 0.05), 1.5);
  element("threshold").value = editor.threshold;
  element("threshold-value").textContent = editor.threshold.toFixed(2);
  browser.update();
  show();
}

function showModels(models) {
  const select = element("model"), value = select.value;
  select.replaceChildren(new Option("no model", ""), ...models.map((name) => new Option(name, name)));
  select.value = value;
}

/** Show how many frames the model has not processed yet. */
function showProcessed(processed) {
  const left = page.frames.length - processed;
  element("unprocessed").textContent = page.model && left > 0 ? `${counted(left, "frame")} not processed yet` : "";
  if (page.processed !== processed) browser.update();
  page.processed = processed;
  refresh();
}

/** List the files that cannot be used, and why. */
function showSkipped(lines) {
  element("skipped").hidden = !lines.length;
  element("skipped-count").textContent = `${lines.length} skipped`;
  element("skipped-lines").replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

function bindControls() {
  element("next").onclick = () => step(1);
  element("previous").onclick = () => step(-1);
  element("order").onchange = () => attempt(async () => { page.shown.clear(); await requeue(); open(firstOpen()); });
  for (const button of document.querySelectorAll("[data-state]")) button.onclick = () => decide(button.dataset.state, true);
  element("undo").onclick = () => undoOrRedo("/api/undo");
  element("redo").onclick = () => undoOrRedo("/api/redo");
  element("note").oninput = () => { clearTimeout(page.noteTimer); page.noteTimer = setTimeout(saveNote, NOTE_MS); };
  element("note").onchange = saveNote;
  element("model").onchange = () => choose(element("model").value);
  element("polarity").onchange = () => choose(element("model").value);
  element("threshold").oninput = () => setThreshold(Number(element("threshold").value));
  element("accept-all").onclick = () => editor.accept(editor.openProposals, track());
  element("refuse-all").onclick = () => editor.refuse(editor.openProposals);
  for (const id of ["previous-points", "loupe"]) element(id).onchange = () => view.draw();
  element("help-button").onclick = () => element("help").showModal();
}

async function start() {
  client.tab = await claimName();
  addEventListener("pagehide", () => remove("/api/tab", { keepalive: true }).catch(() => {}));
  const session = await get("/api/session");
  Object.assign(page, { frames: session.frames, sequences: session.sequences, model: session.model, polarity: session.polarity, threshold: session.threshold || 1 });
  element("folder").textContent = session.folder;
  const settings = new Settings("irpoint-label");
  settings.remember(["snap", "order", "previous-points", "loupe"]);
  display.remember(settings, session.out);
  showSkipped(session.skipped);
  document.title = `${session.folder} – irpoint label`;
  showModels(session.models);
  element("model").value = session.model || "";
  element("polarity").value = session.polarity;
  element("contrast").value = session.polarity === "both" ? "either" : session.polarity;
  await follower.ask();
  await requeue();
  bindControls();
  bindKeys(TABLE, { page, editor, view, display, browser, video, step, decide, undoOrRedo, setThreshold, track, show, showCursor });
  followTraining({
    showModels, showProcessed, attempt, choose, flush: () => saver.flush(),
    labels: () => JSON.stringify(page.sums), open: (name) => page.frames.includes(name) && open(page.frames.indexOf(name), true),
    uncertain: () => attempt(async () => { element("order").value = "ambiguity"; page.shown.clear(); await requeue(); await open(firstOpen()); }),
  });
  await saver.adopt(session.out);
  const wanted = page.frames.indexOf(decodeURIComponent(location.hash.slice(1)));
  await open(wanted >= 0 ? wanted : firstOpen());
  setThreshold(page.threshold);
  follower.again();
}

/** The first frame of the queue, or of the part that the frame browser lists, that nobody has looked at. */
function firstOpen() {
  const isOpen = (number) => ["open", "imported"].includes(summaryOf(page.states, page.frames[number])[0]);
  const open = page.queue.find((number) => isOpen(number) && (!browser.follows || browser.list.place.has(number)));
  return open === undefined ? page.queue[0] : open;
}

attempt(start);
