// The server's side of things. Labels are saved in order; what is not saved yet survives a reload.

import { ifGone } from "./tab.js";

const WAITING = "irpoint-waiting:";
const ORPHANS_MS = 60_000; // between looks at what closed tabs have left

export const client = { tab: "" }; // the name of this tab, which every request carries

async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options, headers: { "Content-Type": "application/json", "X-Tab": client.tab },
  }).catch(() => { throw new Error("The server does not answer"); });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  const error = new Error(said.error || `the server answered ${answer.status}`);
  error.status = answer.status;
  error.stored = said.stored;
  throw error;
}

export const get = async (path) => (await ask(path)).json();

export const post = async (path, body = {}, options = {}) =>
  (await ask(path, { ...options, method: "POST", body: JSON.stringify(body) })).json();

export const remove = async (path, options = {}) => (await ask(path, { ...options, method: "DELETE" })).json();

const of = (path, name) => `${path}?frame=${encodeURIComponent(name)}`;

export const getOf = (path, name) => get(of(path, name));

/** A frame's pixels: {width, height, bits, offset, scale, low, high, data}. */
export async function getPixels(name) {
  const answer = await ask(of("/api/pixels", name));
  const head = JSON.parse(answer.headers.get("X-Frame"));
  const bytes = await answer.arrayBuffer();
  return { ...head, data: head.bits === 8 ? new Uint8Array(bytes) : new Uint16Array(bytes) };
}

/** Saves labels one after the other; calls `on` with what becomes of them. */
export class Saver {
  /** `on` gets saved(name, stored), conflict(name, stored, why), state(waiting, why). */
  constructor(on) {
    this.on = on;
    this.waiting = []; // {name, labels, version}
    this.better = new WeakMap(); // change → promise after which its labels are final
    this.known = new Map(); // name → the newest labels that the server has told
    this.why = ""; // what keeps it from saving
    this.busy = null;
  }

  /** Keep what waits for a folder; take over what this tab, or one that is gone, could not save. */
  async adopt(folder) {
    const prefix = `${WAITING}${folder}:`;
    this.key = prefix + client.tab;
    const take = (key) => {
      this.waiting.push(...JSON.parse(localStorage.getItem(key) || "[]"));
      localStorage.removeItem(key);
      this.remember();
    };
    const orphans = async () => {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix) && key !== this.key);
      for (const key of keys) await ifGone(key.slice(prefix.length), () => take(key));
      this.flush();
    };
    take(this.key);
    await orphans();
    setInterval(orphans, ORPHANS_MS);
  }

  /** The labels of a frame as they are now, of which the server has just told `stored`. */
  current(name, stored) {
    const known = this.known.get(name);
    if (!known || known.version < stored.version) this.known.set(name, stored);
    const pending = this.waiting.findLast((change) => change.name === name);
    return (pending || this.known.get(name)).labels;
  }

  /** Save labels; where `better` is given, they are kept at once but sent when it is settled. */
  put(name, labels, better) {
    const change = { name, labels, version: this.known.get(name).version };
    if (better) this.better.set(change, better);
    this.waiting.push(change);
    this.remember();
    this.flush();
  }

  /** Put other labels in place of what waits for a frame. */
  rewrite(name, work) {
    for (const change of this.waiting) if (change.name === name) change.labels = work(change.labels);
    this.remember();
  }

  /** Resolves when nothing waits any more. */
  flush() {
    this.busy ??= this.work().finally(() => { this.busy = null; return this.waiting.length ? this.flush() : null; });
    return this.busy;
  }

  async work() {
    while (this.waiting.length) {
      const change = this.waiting[0];
      await this.better.get(change);
      if (change === this.waiting[0]) await this.save(change);
    }
  }

  async save(change) {
    const { name, labels, version } = change;
    try {
      const stored = await (await ask(of("/api/labels", name), {
        method: "PUT", body: JSON.stringify({ labels, version }), signal: AbortSignal.timeout(20000),
      })).json();
      this.known.set(name, stored);
      this.drop((other) => other === change);
      for (const later of this.waiting) if (later.name === name) later.version = stored.version;
      this.remember();
      this.on.saved(name, stored);
    } catch (error) {
      if (error.status === 409 || error.status === 422) {
        if (error.stored) this.known.set(name, error.stored);
        this.drop((other) => other.name === name);
        this.on.conflict(name, error.stored, error.message);
        return;
      }
      this.why = `${error.message}; nothing is lost, it is tried again.`;
      this.remember();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  drop(which) {
    this.waiting = this.waiting.filter((change) => !which(change));
    this.why = "";
    this.remember();
  }

  remember() {
    if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
    else localStorage.removeItem(this.key);
    this.on.state(this.waiting.length, this.why);
  }
}
