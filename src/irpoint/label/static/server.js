// The server's side of things. Labels are saved in order; what is not saved yet survives a reload.

const WAITING = "irpoint-waiting:";

async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: options.method && options.method !== "GET" ? { "Content-Type": "application/json" } : {},
  });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  const error = new Error(said.error || `the server answered ${answer.status}`);
  error.status = answer.status;
  error.stored = said.stored;
  throw error;
}

export const get = async (path) => (await ask(path)).json();

export const post = async (path, body = {}) =>
  (await ask(path, { method: "POST", body: JSON.stringify(body) })).json();

export const remove = async (path) => (await ask(path, { method: "DELETE" })).json();

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
    this.waiting = [];
    this.busy = null;
  }

  /** Take over what this tab, or one that was closed or killed, could not save for a folder. */
  async adopt(folder) {
    const prefix = `${WAITING}${folder}:`;
    this.key = prefix + (sessionStorage.getItem("irpoint-tab") || crypto.randomUUID());
    sessionStorage.setItem("irpoint-tab", this.key.slice(prefix.length));
    // A tab holds a lock while it lives; what lies under a lock that is free has no owner.
    await new Promise((held) => {
      navigator.locks.request(this.key, () => { held(); return new Promise(() => {}); });
    });
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    for (const key of keys) {
      const take = () => {
        this.waiting.push(...JSON.parse(localStorage.getItem(key) || "[]"));
        localStorage.removeItem(key);
        this.remember();
      };
      if (key === this.key) take();
      else await navigator.locks.request(key, { ifAvailable: true }, (lock) => { if (lock) take(); });
    }
    return this.flush();
  }

  /** What is still to be saved of a frame, newest last. */
  pending(name) { return this.waiting.filter((change) => change.name === name); }

  put(name, labels, version) {
    this.waiting.push({ name, labels, version });
    this.remember();
    this.flush();
  }

  /** Resolves when nothing waits any more. */
  flush() {
    this.busy ??= this.work().finally(() => { this.busy = null; });
    return this.busy;
  }

  async work() {
    while (this.waiting.length) {
      const { name, labels, version } = this.waiting[0];
      this.on.state(this.waiting.length, "");
      try {
        const stored = await (await ask(of("/api/labels", name), {
          method: "PUT", body: JSON.stringify({ labels, version }),
        })).json();
        this.waiting.shift();
        this.on.saved(name, stored);
      } catch (error) {
        if (error.status === 409 || error.status === 422) {
          this.waiting = this.waiting.filter((change) => change.name !== name);
          this.remember();
          this.on.conflict(name, error.stored, error.message);
          continue;
        }
        this.on.state(this.waiting.length, "The server does not answer; nothing is lost, it is tried again.");
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      this.remember();
    }
    this.on.state(0, "");
  }

  remember() {
    if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
    else localStorage.removeItem(this.key);
  }
}
