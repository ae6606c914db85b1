// The frame browser: a panel that lists the frames, with filters and a search box. The queue can be limited to what it lists.

import { get } from "/shared/api.js";
import { Filters, inWords, reasonInWords } from "./filters.js";
import { FrameList } from "./framelist.js";
import { counted, summaryOf } from "./progress.js";
import { Thumbnails } from "./thumbnails.js";

const COMPARE_MS = 300; // after the last change until labels and model are compared again
const TAIL = 12; // letters of a file name that are always visible
const PICTURES = "irpoint-label-pictures"; // whether the list shows thumbnails, in the browser's storage
const ROW = 40, PICTURE_ROW = 64, REASON = 34; // px: a row, a row with a thumbnail, and the reason below it; as in page.css

const element = (id) => document.getElementById(id);
const chips = () => [...document.querySelectorAll("#filters [data-filter]")];

export class FrameBrowser {
  /** `page` has frames, queue, states, number, shown and model. `on` gets open(number), focus(), busy(), threshold() and changed(). */
  constructor(page, on) {
    this.page = page;
    this.on = on;
    this.filters = new Filters();
    this.differing = new Map(); // name → how labels and model disagree there, worst first
    this.compared = 0;
    this.numbers = [];
    this.thumbnails = new Thumbnails(on.busy, () => this.list.draw(true));
    this.list = new FrameList(element("frames"), {
      row: (number, row) => this.fill(number, row),
      open: (number) => { on.open(number); on.focus(); },
      visible: (numbers) => { if (this.pictures) this.thumbnails.want(numbers.map((number) => [page.frames[number], summaryOf(page.states, page.frames[number])[3]])); },
      leave: on.focus,
    });
    this.bind();
  }

  bind() {
    element("browser-button").onclick = () => this.show(element("browser").hidden);
    element("browser-close").onclick = () => { this.show(false); this.on.focus(); };
    for (const chip of chips()) chip.onclick = () => this.toggleFilter(chip.dataset.filter);
    element("clear").onclick = () => this.clear();
    element("follow").onchange = () => this.update();
    element("search").oninput = () => { this.filters.search(element("search").value); this.list.active = null; this.update(); };
    element("search").onkeydown = (event) => this.searchKey(event);
    element("pictures").checked = localStorage.getItem(PICTURES) !== "no";
    element("pictures").onchange = () => {
      localStorage.setItem(PICTURES, this.pictures ? "yes" : "no");
      this.setRows();
    };
    this.setRows();
  }

  get pictures() { return element("pictures").checked; }

  setRows() {
    const { pictures } = this, { differs } = this.filters;
    this.list.rowHeight = (pictures ? PICTURE_ROW : ROW) + (differs ? REASON : 0);
    element("frames").classList.toggle("pictures", pictures);
    element("frames").classList.toggle("differs", differs);
    this.list.show(this.numbers);
    this.list.reveal(this.list.active);
  }

  /** Open or close the panel. */
  show(open) {
    element("browser").hidden = !open;
    element("browser-button").setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.compareSoon(0);
    this.updateNow();
    this.list.reveal(this.page.number);
  }

  /** What the key does: open the panel and go to the list; from within the panel, close it. */
  toggle() {
    const inside = element("browser").contains(document.activeElement);
    this.show(!inside);
    if (inside) this.on.focus(); else element("frames").focus();
  }

  /** Open the panel, and go to the search box. */
  search() {
    this.show(true);
    element("search").focus();
    element("search").select();
  }

  searchKey(event) {
    if (event.key === "ArrowDown") element("frames").focus();
    else if (event.key === "Enter") { this.updateNow(); if (this.list.active !== null) this.list.on.open(this.list.active); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  toggleFilter(name) {
    this.filters.toggle(name);
    if (name === "differs") { this.setRows(); this.compareSoon(0); }
    this.update();
  }

  clear() {
    this.filters.clear();
    element("search").value = "";
    this.setRows();
    this.update();
  }

  /** Whether the queue is limited to the frames that match. */
  get follows() { return element("follow").checked && this.filters.any; }

  /** Whether the list is in view, or limits the queue. */
  get used() { return !element("browser").hidden || this.follows; }

  /** A frame of the limited queue: the next one that matches, or one that was shown before; undefined at the end. */
  neighbour(by) {
    const { queue, position, number } = this.page, shown = [...this.page.shown], matching = this.list.place;
    if (by < 0) return shown[shown.indexOf(number) + by];
    if (this.filters.differs) return this.numbers.filter((other) => other !== number && !this.page.shown.has(other))[by - 1];
    return queue.slice(position + 1).filter((other) => matching.has(other))[by - 1];
  }

  /** Another frame is on the screen. */
  opened() { this.list.select(this.page.number); }

  /** The labels of a frame, the queue or a filter have changed. */
  update() {
    if (this.used) this.compareSoon(COMPARE_MS);
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.updateNow(); });
  }

  updateNow() {
    const { page, filters } = this, before = this.numbers;
    this.showLimit();
    if (!this.used) return;
    const order = filters.differs ? this.worstFirst() : page.frames.keys();
    const { numbers, counts } = filters.apply(page.frames, order, page.states, this.differing);
    this.numbers = numbers;
    this.list.show(numbers);
    for (const chip of chips()) this.showChip(chip, counts);
    this.showMatching();
    this.showLimit();
    element("clear").disabled = !filters.any;
    if (this.follows && (before.length !== numbers.length || before.some((number, k) => number !== numbers[k]))) this.on.changed();
  }

  worstFirst() {
    const number = new Map(this.page.frames.map((name, at) => [name, at]));
    return [...this.differing.keys()].map((name) => number.get(name)).filter((at) => at !== undefined);
  }

  showChip(chip, counts) {
    const name = chip.dataset.filter, unknown = name === "differs" && !this.page.model;
    chip.setAttribute("aria-pressed", String(this.filters.has(name)));
    chip.querySelector("span").textContent = unknown ? "" : counts[name];
    if (name === "imported") chip.hidden = !counts.imported && !this.filters.has(name) && !this.page.sums?.imported;
  }

  /** Say on the button that the queue is limited, also while the panel is closed. */
  showLimit() {
    const button = element("browser-button");
    const text = this.follows ? `Frames: ${this.numbers.length}` : "Frames";
    if (button.textContent !== text) button.textContent = text;
    button.classList.toggle("limited", this.follows);
  }

  showMatching() {
    const { frames, model } = this.page, { differs } = this.filters;
    const of = this.numbers.length === frames.length ? counted(frames.length, "frame") : `${this.numbers.length} of ${counted(frames.length, "frame")}`;
    const compared = !differs ? "" : model ? `; ${this.compared} compared with ${model}` : "; choose a model to compare with";
    if (element("matching").textContent !== of + compared) element("matching").textContent = of + compared;
  }

  /** Compare labels and model again, after a while without changes. */
  compareSoon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.compare(), ms);
  }

  async compare() {
    if (this.comparing) { this.compareSoon(COMPARE_MS); return; }
    this.comparing = true;
    const found = !this.page.model ? { compared: 0, frames: {} }
      : await get(`/api/disagreements?threshold=${this.on.threshold()}`).catch(() => null);
    this.comparing = false;
    if (!found) return;
    this.differing = new Map(Object.entries(found.frames));
    this.compared = found.compared;
    this.updateNow();
    if (this.filters.differs) this.on.changed();
  }

  fill(number, row) {
    const name = this.page.frames[number], [folder, file] = split(name);
    const summary = summaryOf(this.page.states, name);
    if (!row.firstChild) row.append(emptyPicture(), fileName(file), part("span", ""), part("span", this.severalFolders ? folder : ""), part("p", ""));
    const [picture, , state, where, why] = row.children;
    row.title = name;
    if (this.pictures) showPicture(picture, this.thumbnails.get(name));
    state.textContent = inWords(summary);
    where.className = "quiet";
    why.textContent = this.reason(name);
  }

  /** Why a frame is in the list, if labels and model have to disagree there; otherwise empty. */
  reason(name) {
    const differs = this.filters.differs && this.differing.get(name);
    return differs ? reasonInWords(differs) : "";
  }

  get severalFolders() { return split(this.page.frames[0])[0] !== split(this.page.frames.at(-1))[0]; }
}

const part = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

const SVG = "http://www.w3.org/2000/svg", RING = 0.06; // radius of the mark of a label, as a part of the picture's width

function emptyPicture() {
  const box = part("div", "");
  box.className = "picture";
  box.append(Object.assign(document.createElement("img"), { alt: "" }), document.createElementNS(SVG, "svg"));
  box.lastChild.setAttribute("aria-hidden", "true");
  return box;
}

/** Show a picture, and rings at the labels. */
function showPicture(box, picture) {
  if (box.picture === picture) return;
  box.picture = picture;
  const [image, marks] = box.children;
  box.classList.toggle("broken", picture?.address === null);
  if (picture?.address) image.src = picture.address; else image.removeAttribute("src");
  marks.setAttribute("viewBox", picture?.width ? `-0.5 -0.5 ${picture.width} ${picture.height}` : "0 0 1 1");
  marks.replaceChildren(...(picture?.points || []).map(([x, y]) => {
    const ring = document.createElementNS(SVG, "circle");
    for (const [name, value] of Object.entries({ cx: x, cy: y, r: RING * picture.width })) ring.setAttribute(name, value);
    return ring;
  }));
}

/** A file name whose end stays readable if it is too long, because names of frames differ there. */
function fileName(text) {
  const name = document.createElement("b");
  name.append(part("span", text.slice(0, -TAIL)), part("span", text.slice(-TAIL)));
  return name;
}

/** Folder and file of a frame's name. */
function split(name) {
  const at = name.lastIndexOf("/") + 1;
  return [name.slice(0, at), name.slice(at)];
}
