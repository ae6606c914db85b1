// Small pictures of the frames. Only those that are wanted now are loaded, a few at a time, and not while a frame loads.

import { ofFrame, request } from "/shared/api.js";

const KEPT = 500; // pictures
const AT_ONCE = 2; // requests; the frame on the screen needs the server too
const REST_MS = 80; // while the list is scrolled faster than this, nothing is loaded
const BUSY_MS = 50;

export class Thumbnails {
  /** `busy` tells whether a frame is loading; `loaded` gets the name and address of a picture, null if the frame cannot be shown. */
  constructor(busy, loaded) {
    this.busy = busy;
    this.loaded = loaded;
    this.known = new Map(); // name → address, or null; the most recently used is last
    this.wanted = [];
    this.running = 0;
  }

  /** The address of a picture: undefined if it is not loaded, null if the frame cannot be shown. */
  get(name) {
    const address = this.known.get(name);
    if (address !== undefined) { this.known.delete(name); this.known.set(name, address); }
    return address;
  }

  /** Load the pictures of these frames, and forget those that were wanted before. */
  want(names) {
    this.wanted = names.filter((name) => this.known.get(name) === undefined);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.work(), REST_MS);
  }

  async work() {
    if (this.running >= AT_ONCE || !this.wanted.length) return;
    if (this.busy()) { clearTimeout(this.timer); this.timer = setTimeout(() => this.work(), BUSY_MS); return; }
    const name = this.wanted.shift();
    this.running += 1;
    this.work();
    const found = await request(ofFrame("/api/thumbnail", name)).then((response) => response.blob()).catch((error) => error);
    this.running -= 1;
    if (!(found instanceof Error)) this.keep(name, URL.createObjectURL(found));
    else if (found.status === 422) this.keep(name, null); // otherwise it is tried again when it is wanted again
    this.work();
  }

  keep(name, address) {
    if (this.known.get(name)) URL.revokeObjectURL(this.known.get(name));
    this.known.set(name, address);
    for (const [oldest, old] of this.known) {
      if (this.known.size <= KEPT) break;
      if (old) URL.revokeObjectURL(old);
      this.known.delete(oldest);
    }
    this.loaded(name, address);
  }

  /** Forget all pictures. */
  clear() {
    for (const address of this.known.values()) if (address) URL.revokeObjectURL(address);
    this.known.clear();
  }
}
