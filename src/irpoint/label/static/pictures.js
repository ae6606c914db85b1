// The pixels of frames, in the view that is chosen; those that were shown last are kept.

import { getPixels } from "/shared/api.js";

const AT_LEAST = 12; // frames that are kept, however large
const KEPT_BYTES = 128 * 2 ** 20;

export class Pictures {
  constructor() {
    this.kind = "frame"; // or "difference", "background"
    this.kept = new Map(); // view and name → {promise, picture}, the last used at the end
  }

  /** A promise of {pixels}, by default in the view that is chosen, or, if they cannot be shown, of {broken: reason}. */
  fetch(name, kind = this.kind) {
    const key = `${kind} ${name}`;
    const entry = this.kept.get(key) || this.request(key, name, kind);
    this.kept.delete(key);
    this.kept.set(key, entry);
    this.limit();
    return entry.promise;
  }

  request(key, name, kind) {
    const entry = { picture: null, promise: null };
    entry.promise = getPixels(name, kind).then((pixels) => ({ pixels }), (error) => {
      if (!error.status) this.kept.delete(key);
      return { broken: error.message };
    }).then((picture) => { entry.picture = picture; return picture; });
    return entry;
  }

  /** The picture of a frame if it is here already. */
  ready(name) { return this.kept.get(`${this.kind} ${name}`)?.picture || null; }

  /** Number of frames that are requested and not here yet. */
  get waiting() { return [...this.kept.values()].filter(({ picture }) => !picture).length; }

  /** How many frames of a size may be fetched ahead. */
  static ahead(pixels, wanted) {
    return Math.max(2, Math.min(wanted, Math.floor(KEPT_BYTES / 2 / (pixels ? pixels.data.byteLength : 1))));
  }

  limit() {
    const bytes = ({ picture }) => picture?.pixels?.data.byteLength || 0;
    let total = [...this.kept.values()].reduce((sum, entry) => sum + bytes(entry), 0);
    for (const [key, entry] of this.kept) {
      if (this.kept.size <= AT_LEAST || total <= KEPT_BYTES) return;
      total -= bytes(entry);
      this.kept.delete(key);
    }
  }
}
