// Small pictures of the frames. Only those that are wanted now are loaded, a few at a time, and not while a frame loads.

import { ofFrame, request } from "/shared/api.js";

const KEPT = 500; // pictures
const AT_ONCE = 2; // requests; the frame on the screen needs the server too
const REST_MS = 80; // while the list is scrolled faster than this, nothing is loaded
const BUSY_MS = 50;

export class Thumbnails {
  /** `busy` tells whether a frame is loading; `loaded` gets the name of a frame whose picture is there, or cannot be made. */
  constructor(busy, loaded) {
    this.busy = busy;
    this.loaded = loaded;
    this.known = new Map(); // name → {address, version, width, height, points}; the most recently used is last
    this.wanted = [];
    this.running = 0;
  }

  /** A picture and the labels to mark in it; its address is null if the frame cannot be shown. Undefined if it is not loaded. */
  get(name) {
    const found = this.known.get(name);
    if (found) { this.known.delete(name); this.known.set(name, found); }
    return found;
  }

  /** Load the pictures of frames, as pairs of name and version of the labels, and forget those that were wanted before. */
  want(frames) {
    this.wanted = frames.filter(([name, version]) => this.known.get(name)?.version !== version);
    clearTimeout(this.timer);
    if (this.wanted.length) this.timer = setTimeout(() => this.work(), REST_MS);
  }

  async work() {
    if (this.running >= AT_ONCE || !this.wanted.length) return;
    if (this.busy()) { clearTimeout(this.timer); this.timer = setTimeout(() => this.work(), BUSY_MS); return; }
    const [name, version] = this.wanted.shift();
    this.running += 1;
    this.work();
    try {
      const response = await request(ofFrame("/api/thumbnail", name));
      this.keep(name, { ...JSON.parse(response.headers.get("X-Marks")), version, address: URL.createObjectURL(await response.blob()) });
    } catch (error) {
      if (error.status === 422) this.keep(name, { address: null, version, points: [] });
      // Otherwise it is tried again when it is wanted again.
    }
    this.running -= 1;
    this.work();
  }

  keep(name, picture) {
    this.forget(name);
    this.known.set(name, picture);
    if (this.known.size > KEPT) this.forget(this.known.keys().next().value);
    this.loaded(name);
  }

  forget(name) {
    const address = this.known.get(name)?.address;
    if (address) URL.revokeObjectURL(address);
    this.known.delete(name);
  }

  /** Forget all pictures. */
  clear() { for (const name of [...this.known.keys()]) this.forget(name); }
}
