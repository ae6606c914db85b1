// Actions on whole tracks, and the list of tracks in the panel. Each action is one step that Ctrl+Z reverts.

import { post } from "/shared/api.js";
import { counted } from "./progress.js";
import { laneName } from "./timeline.js";

const element = (id) => document.getElementById(id);

export class WholeTracks {
  /** `app` has clip, editor, saver, now(), took(frames), say(text), refuse(text), attempt(work). */
  constructor(app) {
    this.app = app;
    const buttons = {
      "track-accept": () => this.accept(false), "track-accept-all": () => this.accept(true), "track-reject": () => this.rejectOrDelete(false),
      "track-split": () => this.split(), "track-swap": () => this.swap(), "track-decide": () => this.decide(true), "clip-decide": () => this.decide(false),
    };
    for (const [id, run] of Object.entries(buttons)) element(id).onclick = run;
    element("track-number").onchange = () => this.renumber();
    element("tracks").addEventListener("keydown", (event) => this.key(event));
  }

  /** The track that actions apply to: the selected one, else the only one. */
  get current() {
    const { clip } = this.app, { lanes } = clip;
    return lanes.find((lane) => clip.isSelected(lane)) || (lanes.length === 1 ? lanes[0] : null);
  }

  /** Send an action, and select a track once it is done; returns the answer, or null if it failed. */
  async act(what, body, select) {
    const { app } = this;
    await app.saver.flush();
    const answer = await app.attempt(() => post(what, { frame: app.clip.name, ...body }));
    if (answer) {
      app.took(answer.frames || answer);
      if (select) app.clip.selected = select;
      await app.clip.load();
    }
    return answer;
  }

  need(wanted, text) {
    const { current } = this;
    if (current && (wanted === undefined || current.proposed === wanted)) return current;
    this.app.refuse(text || "Select a track first: W goes through the tracks of the timeline.");
    return null;
  }

  async accept(all) {
    const { proposed } = this.app.clip, { current } = this;
    const chosen = all ? proposed : current?.proposed ? [current] : proposed.length === 1 ? proposed : [];
    if (!chosen.length) { this.app.refuse(proposed.length ? "Select a proposed track first: W goes through the tracks." : this.nothingProposed()); return; }
    const frames = await this.act("/api/tracks/accept", { numbers: chosen.map(({ number }) => number) });
    if (frames && !all) { // the next one, so that Y goes through all of them
      const left = this.app.clip.lanes.filter((lane) => lane.proposed), next = left.find(({ number }) => number > chosen[0].number) || left[0];
      this.app.clip.select(next || null);
    }
    if (frames) this.app.say(`${counted(chosen.length, "track")} accepted in ${counted(Object.keys(frames).length, "frame")}. Check them, then press Shift+Q to decide all frames of the clip.`);
  }

  nothingProposed() {
    const { state, done, frames } = this.app.clip.linking;
    if (state === "running") return `The proposals are being linked: ${done} of ${frames} frames.`;
    return state === "off" ? "Choose a model first. Its proposals are linked into tracks." : "No proposed track is left.";
  }

  async rejectOrDelete(all) {
    const { clip, say, refuse } = this.app;
    if (all && !clip.proposed.length) { refuse(this.nothingProposed()); return; }
    const track = all ? null : this.need();
    if (!all && !track) return;
    if (track && !track.proposed) {
      const frames = await this.act("/api/tracks/remove", { track: track.number });
      if (frames) say(`Track ${track.number} deleted in ${counted(Object.keys(frames).length, "frame")}. Ctrl+Z brings it back.`);
      return;
    }
    const numbers = all ? clip.proposed.map(({ number }) => number) : [track.number];
    if (await this.act("/api/tracks/reject", { numbers })) say(`${counted(numbers.length, "proposed track")} rejected.`);
  }

  async split() {
    const track = this.need(false, "Select an accepted track first: W goes through the tracks.");
    const found = track && (await this.act("/api/tracks/split", { frame: this.app.editor.name, track: track.number }));
    if (found) this.app.say(`Track ${track.number} ends before this frame; the rest is track ${found.number}.`);
  }

  /** Exchange numbers with the nearest track from this frame on. */
  async swap() {
    const { editor, clip, now, say, refuse } = this.app, track = this.need(false, "Select one of the two tracks first: W goes through the tracks.");
    if (!track) return;
    const points = clip.byFrame[now()].filter((point) => point.track !== null), own = points.find((point) => point.track === track.number);
    const far = (point) => Math.hypot(point.x - own.x, point.y - own.y);
    const others = own ? points.filter((point) => point !== own).sort((a, b) => far(a) - far(b)) : [];
    if (!others.length) { refuse(`Go to a frame in which track ${track.number} and the other one both have a point.`); return; }
    const other = others[0].track;
    if (await this.act("/api/tracks/swap", { frame: editor.name, track: track.number, other })) say(`Tracks ${track.number} and ${other} exchange their numbers from here on.`);
  }

  /** Give the selected track, or the selected point without one, the number in the field. */
  async renumber() {
    const { editor, clip, say, refuse } = this.app, field = element("track-number"), number = Number(field.value);
    if (field.value === "" || !Number.isInteger(number) || number < 0 || number > 1e9) { this.show(); return; }
    const point = editor.labels.points[editor.active];
    if (point && point.track === null) {
      if (editor.labels.points.some((other) => other.track === number)) refuse(`Track ${number} has a point in this frame already.`);
      else editor.setTrack(editor.active, number);
      return;
    }
    const track = this.need(false, "Select a track or a point first.");
    if (!track || track.number === number) return;
    const joined = clip.tracks.has(number);
    if (await this.act("/api/tracks/number", { track: track.number, number }, { number, proposed: false })) {
      say(joined ? `Track ${track.number} is joined to track ${number}.` : `Track ${track.number} is track ${number} now.`);
    }
    this.show();
  }

  async decide(ofTrack) {
    const track = ofTrack ? this.need(false, "Select an accepted track first: W goes through the tracks.") : null;
    if (ofTrack && !track) return;
    const found = await this.act("/api/tracks/decide", { track: track ? track.number : null });
    if (!found) return;
    const states = Object.values(found.frames).map(({ labels }) => labels.state), empty = states.filter((state) => state === "empty").length;
    const notes = [empty && `${empty} with no target`, found.unsure && `${found.unsure} unsure left`, found.proposed && `${counted(found.proposed, "proposed track")} neither accepted nor rejected`];
    this.app.say(`${counted(states.length, "frame")} decided${notes.filter(Boolean).map((note) => `, ${note}`).join("")}.`);
  }

  /** Show the list and enable what is possible. */
  show() {
    const { clip, editor } = this.app, { current } = this, list = element("tracks"), { lanes } = clip;
    const key = JSON.stringify([lanes.map((lane) => [lane.number, lane.proposed, lane.points.length]), clip.selected]);
    if (key !== this.listed) {
      this.listed = key;
      list.replaceChildren(...lanes.map((lane, k) => this.item(lane, k)));
      const chosen = list.querySelector("[aria-selected=true]");
      if (chosen) list.setAttribute("aria-activedescendant", chosen.id); else list.removeAttribute("aria-activedescendant");
      chosen?.scrollIntoView({ block: "nearest" });
    }
    element("no-tracks").hidden = lanes.length > 0;
    const point = editor.labels.points[editor.active], loose = point && point.track === null;
    const own = current && !current.proposed;
    if (document.activeElement !== element("track-number")) element("track-number").value = own && !loose ? current.number : "";
    element("track-accept").disabled = !(current?.proposed || clip.proposed.length === 1);
    element("track-accept-all").disabled = !clip.proposed.length;
    element("track-reject").disabled = !current;
    element("track-reject").textContent = own ? "Delete" : "Reject";
    for (const id of ["track-split", "track-swap", "track-decide"]) element(id).disabled = !own;
    element("clip-decide").disabled = !clip.frames.length;
  }

  item(lane, k) {
    const item = document.createElement("div"), { clip } = this.app;
    const clicks = lane.proposed ? 0 : lane.points.filter(({ origin }) => origin === "click" || origin === "source").length;
    item.id = `track-${k}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(clip.isSelected(lane)));
    item.className = lane.proposed ? "proposed" : "";
    const ends = `${lane.points[0].at + 1} to ${lane.points.at(-1).at + 1}`;
    item.textContent = `${laneName(lane, true)}: ${counted(lane.points.length, "frame")}, ${ends}${clicks ? `, ${counted(clicks, "click")}` : ""}${lane.proposed ? ", proposed" : ""}`;
    item.onclick = () => clip.select(lane);
    return item;
  }

  key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.app.clip.selectNext(by);
  }
}
