// The live page: it shows each picture with its points and tracks, and connects the controls to the server.

import { post } from "/shared/api.js";
import { bindKeys } from "/shared/keys.js";
import { showMessage } from "/shared/messages.js";
import { View } from "/shared/view.js";
import { Cards } from "./cards.js";
import { overlayText, showEvents, showHealth, showRecording } from "./health.js";
import { TABLE } from "./keys.js";
import { Sliders } from "./sliders.js";
import { Stream } from "./stream.js";
import { Zones } from "./zones.js";

const MARKS = {
  track: { colour: "#3ff0b4", width: 2, radius: 9, dash: [] },
  dark: { colour: "#d682ff", width: 2, radius: 9, dash: [] },
  coasting: { colour: "#ffc247", width: 1.5, radius: 9, dash: [4, 4] },
  other: { colour: "#dfe6ee", width: 1, radius: 6, dash: [] },
};
const NOTE_MS = 8000;
const CLICK_PX = 4; // a press that moves further is a drag

const element = (id) => document.getElementById(id);
const page = { head: null, state: null, connected: true, held: false, pointer: null, selected: null, note: "" };

const view = new View(element("view"), {
  press: (x, y, event) => zones.press(x, y, event),
  drag: () => {},
  drop: () => zones.drop(),
  hover: (x, y) => { page.pointer = x === null ? null : { x, y }; if (page.pointer) zones.move(x, y); showCursor(); },
  marks, beneath,
  pans: () => zones.mode === null,
}, MARKS);
const cards = new Cards(select);
const sliders = new Sliders(element("sliders"), attempt);
const zones = new Zones(view, attempt);
const stream = new Stream({
  frame: showFrame,
  state: showState,
  connected: (yes) => { page.connected = yes; showOverlay(); },
});

/** Show a remark over the picture for a while. */
function showNote(text) {
  clearTimeout(page.noteTimer);
  page.note = text;
  page.noteTimer = setTimeout(() => { page.note = ""; showOverlay(); }, NOTE_MS);
  showOverlay();
}

/** Run a request, and show its error in the banner, or the state that it returns. */
async function attempt(work) {
  try {
    const answer = await work();
    showMessage("");
    if (answer?.health) showState(answer);
    return answer;
  } catch (error) { showMessage(error.message); return null; }
}

function showFrame(head, bitmap) {
  const [height, width] = head.frame.shape, { picture } = view;
  if (picture.width !== width || picture.height !== height) {
    picture.width = width;
    picture.height = height;
    view.fit();
  }
  picture.getContext("2d").drawImage(bitmap, 0, 0, width, height);
  page.head = head;
  follow();
  cards.update(head, page.held);
  view.draw();
  showCursor();
  document.body.dataset.frame = head.number;
}

function showState(state) {
  page.state = state;
  document.title = `${state.source} – irpoint live`;
  element("source").textContent = element("source").title = state.source;
  element("model").textContent = state.model;
  sliders.update(state.sliders);
  zones.update(state.zones);
  if (!state.live) page.held = state.paused;
  element("pause").textContent = page.held ? "Resume" : "Pause";
  element("pause").setAttribute("aria-pressed", String(page.held));
  element("label").disabled = !state.can_label;
  element("pause").disabled = element("step").disabled = state.finished && !page.held;
  showRecording(state.recording);
  showHealth(state);
  showEvents(state.events);
  element("view").setAttribute("aria-label", `Live picture of ${state.source}`);
  showOverlay();
}

function showOverlay() {
  const text = page.note || overlayText(page.state, page.connected, page.held);
  element("overlay").textContent = text;
  element("overlay").hidden = !text;
}

function marks() {
  if (!page.head) return [];
  const others = element("others").checked ? page.head.others.map(([x, y]) => ({ x, y, kind: "other" })) : [];
  const tracks = page.head.frame.tracks.map(({ number, x, y, detected, polarity }) => ({
    x, y, text: String(number), active: number === page.selected,
    kind: !detected ? "coasting" : polarity === "dark" ? "dark" : "track",
  }));
  return [...others, ...tracks];
}

/** Draw the zones and the tails. */
function beneath(context) {
  zones.draw(context, page.pointer);
  if (!page.head || !element("tails").checked) return;
  const places = new Map(page.head.frame.tracks.map(({ number, x, y }) => [String(number), view.toScreen(x, y)]));
  for (const [number, tail] of Object.entries(page.head.tails)) {
    const points = uncovered(tail.map(([x, y]) => view.toScreen(x, y)), places.get(number));
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
    for (const [colour, width] of [["rgb(0 0 0 / .5)", 3.5], [Number(number) === page.selected ? "#ffffff" : MARKS.track.colour, 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }
}

/** The part of a tail outside the ring of its track, in which the target must stay visible. */
function uncovered(points, centre) {
  if (!centre) return points;
  const radius = view.radius("track"), outside = points.findLastIndex(({ x, y }) => Math.hypot(x - centre.x, y - centre.y) > radius);
  if (outside < 0) return [];
  const { x, y } = points[outside], share = radius / Math.hypot(x - centre.x, y - centre.y);
  return [...points.slice(0, outside + 1), { x: centre.x + share * (x - centre.x), y: centre.y + share * (y - centre.y) }];
}

function showCursor() {
  const at = page.pointer;
  element("cursor").textContent = at ? `x ${at.x.toFixed(1)}  y ${at.y.toFixed(1)}` : "";
}

/** Keep the selected track in view. */
function follow() {
  const track = page.head?.frame.tracks.find(({ number }) => number === page.selected);
  if (track && !view.fitted) view.show(track.x, track.y);
}

/** Select a track, and scroll it into view; null selects none. */
function select(number) {
  page.selected = cards.selected = number;
  follow();
  if (page.head) cards.update(page.head, true);
  view.draw();
}

function selectAt(event) {
  const moved = page.down && Math.hypot(event.clientX - page.down.x, event.clientY - page.down.y) > CLICK_PX;
  if (zones.mode !== null || !page.head || moved) return;
  const { x, y } = view.at(event);
  const near = page.head.frame.tracks.map((track) => [Math.hypot(track.x - x, track.y - y), track.number])
    .filter(([distance]) => distance < 2 * view.reach).sort(([a], [b]) => a - b);
  if (near.length) select(near[0][1]);
}

/** Pause a file on the server; of a live source, hold the picture here alone. */
async function pause() {
  if (page.state && !page.state.live) { await attempt(() => post("/api/pause", { on: !page.held })); return; }
  page.held = !page.held;
  stream.hold(page.held);
  if (page.state) showState(page.state);
}

async function step() {
  if (page.state && !page.state.live) { await attempt(() => post("/api/step")); return; }
  if (!page.held) await pause();
  stream.step();
}

async function snapshot() {
  const answer = await attempt(() => post("/api/snapshot"));
  if (answer) showNote(`Stored in ${answer.folder}`);
}

/** Open the label page in a tab, which must be opened before the answer comes, or the browser blocks it. */
async function label() {
  const tab = window.open("", "_blank");
  showNote("The label page is starting …");
  const answer = await attempt(() => post("/api/label"));
  showNote(answer ? `The label page is at ${answer.address}` : "");
  if (answer && tab) tab.location = answer.address;
  else tab?.close();
}

function adjustPicture() {
  const value = (id) => element(id).value;
  const plain = value("contrast") === "1" && value("brightness") === "1" && !element("invert").checked;
  view.filter = plain ? "none"
    : `${element("invert").checked ? "invert(1) " : ""}contrast(${value("contrast")}) brightness(${value("brightness")})`;
  view.draw();
}

const buttons = { pause, step, snapshot, label, record: () => attempt(() => post("/api/record", { on: !page.state?.recording?.active })) };
for (const [id, run] of Object.entries(buttons)) element(id).onclick = run;
for (const id of ["contrast", "brightness", "invert"]) element(id).oninput = adjustPicture;
for (const id of ["tails", "others"]) element(id).onchange = () => view.draw();
element("help-button").onclick = () => element("help").showModal();
view.canvas.addEventListener("pointerdown", ({ clientX, clientY }) => { page.down = { x: clientX, y: clientY }; });
view.canvas.addEventListener("click", selectAt);
bindKeys(TABLE, { view, sliders, leave: () => { if (zones.mode !== null) zones.setMode(null); else select(null); } });
