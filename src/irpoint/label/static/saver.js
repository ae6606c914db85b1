// Saves labels in order. Unsaved changes are kept in the browser's storage and survive a reload or a crash.

import { client, ofFrame, request } from "/shared/api.js";
import { ifClosed } from "./tab.js";

const UNSAVED = "irpoint-waiting:";
const ADOPT_MS = 60_000; // interval of the search for unsaved changes of closed tabs
const RETRY_MS = 1000;
const TIMEOUT_MS = 20_000;

export class Saver {
  /** `on` gets saved(name, stored, others), conflict(name, stored, reason) and state(number of unsaved changes, reason). */
  constructor(on) {
    this.on = on;
    this.waiting = []; // unsaved changes: {name, labels, version}
    this.ready = new WeakMap(); // change → promise after which its labels are final
    this.known = new Map(); // name → the newest labels that the server has sent
    this.reason = ""; // reason for the last failure to save
    this.busy = null;
  }

  /** Store unsaved changes of a folder, and adopt those of this tab before a reload and of closed tabs. */
  async adopt(folder) {
    const prefix = `${UNSAVED}${folder}:`;
    this.key = prefix + client.tab;
    const adoptKey = (key) => {
      this.waiting.push(...JSON.parse(localStorage.getItem(key) || "[]"));
      localStorage.removeItem(key);
      this.remember();
    };
    const adoptClosed = async () => {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix) && key !== this.key);
      for (const key of keys) await ifClosed(key.slice(prefix.length), () => adoptKey(key));
      this.flush();
    };
    adoptKey(this.key);
    await adoptClosed();
    setInterval(adoptClosed, ADOPT_MS);
  }

  /** The current labels of a frame, unsaved changes included; `stored` is what the server has just sent. */
  current(name, stored) {
    const known = this.known.get(name);
    if (!known || known.version < stored.version) this.known.set(name, stored);
    const pending = this.waiting.findLast((change) => change.name === name);
    return (pending || this.known.get(name)).labels;
  }

  /** Whether the labels of a frame have a newer version on the server than here, and no unsaved change, which would be refused. */
  isBehind(name, version) {
    return this.known.get(name)?.version < version && !this.waiting.some((change) => change.name === name);
  }

  /** Save labels. If `ready` is given, they are kept at once but sent when it is settled. With `refill`, {track, reach, gaps}, a track is interpolated anew around its point. */
  put(name, labels, ready, refill) {
    const change = { name, labels, version: this.known.get(name).version, ...(refill && { refill }) };
    if (ready) this.ready.set(change, ready);
    this.waiting.push(change);
    this.remember();
    this.flush();
  }

  /** Replace the labels in all unsaved changes of a frame. */
  rewrite(name, work) {
    for (const change of this.waiting) if (change.name === name) change.labels = work(change.labels);
    this.remember();
  }

  /** Resolves when everything is saved. */
  flush() {
    this.busy ??= this.work().finally(() => { this.busy = null; return this.waiting.length ? this.flush() : null; });
    return this.busy;
  }

  async work() {
    while (this.waiting.length) {
      const change = this.waiting[0];
      await this.ready.get(change);
      if (change === this.waiting[0]) await this.save(change);
    }
  }

  async save(change) {
    const { name, labels, version, refill } = change;
    try {
      const { others, ...stored } = await (await request(ofFrame("/api/labels", name), {
        method: "PUT", body: JSON.stringify({ labels, version, refill }), signal: AbortSignal.timeout(TIMEOUT_MS),
      })).json();
      this.known.set(name, stored);
      this.drop((other) => other === change);
      // A later change of a frame that a refill has changed, too, replaces it.
      for (const later of this.waiting) later.version = later.name === name ? stored.version : others[later.name]?.version ?? later.version;
      for (const [other, its] of Object.entries(others)) this.known.set(other, its);
      this.remember();
      this.on.saved(name, stored, others);
    } catch (error) {
      if (error.status === 409 || error.status === 422) {
        if (error.stored) this.known.set(name, error.stored);
        this.drop((other) => other.name === name);
        this.on.conflict(name, error.stored, error.message);
        return;
      }
      this.reason = `${error.message}. Nothing is lost; saving is retried.`;
      this.remember();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  drop(which) {
    this.waiting = this.waiting.filter((change) => !which(change));
    this.reason = "";
    this.remember();
  }

  remember() {
    if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
    else localStorage.removeItem(this.key);
    this.on.state(this.waiting.length, this.reason);
  }
}
