// Which frames the list shows. States add up (open or unsure); everything else must hold as well.

import { summaryOf } from "./progress.js";

const STATES = ["open", "imported", "done", "empty", "unsure"];
const WORDS = { open: "Open", imported: "Imported", done: "Done", empty: "No target", unsure: "Unsure" };

export const inWords = ([state, points, noted]) =>
  [WORDS[state], points ? `${points} point${points === 1 ? "" : "s"}` : "", noted ? "note" : ""].filter(Boolean).join(", ");

/**
 * Why labels and model disagree, from what the server sends: weight, proposals without a label, their highest score, labels
 * without a proposal, labels whose proposal is elsewhere, and the largest distance of those.
 */
export function reasonInWords([, unlabelled, strongest, missed, displaced, farthest]) {
  const score = strongest.toFixed(2);
  const more = unlabelled > 1 ? `${unlabelled} proposals without a label (up to ${score})` : unlabelled ? `1 proposal without a label (${score})` : "";
  const fewer = missed ? `${missed} label${missed > 1 ? "s" : ""} without a proposal` : "";
  const px = farthest.toFixed(1);
  const apart = displaced > 1 ? `${displaced} labels up to ${px} px from their proposals` : displaced ? `1 label ${px} px from its proposal` : "";
  return [more, fewer, apart].filter(Boolean).join("; ");
}

export class Filters {
  constructor() { this.clear(); }

  clear() {
    this.states = new Set();
    this.note = this.differs = false;
    this.words = [];
  }

  /** Whether any filter is set. */
  get any() { return this.states.size > 0 || this.note || this.differs || this.words.length > 0; }

  /** Set or clear a filter: a state, "note" or "differs". */
  toggle(name) {
    if (STATES.includes(name)) { if (!this.states.delete(name)) this.states.add(name); } else this[name] = !this[name];
  }

  has(name) { return STATES.includes(name) ? this.states.has(name) : this[name]; }

  /** Frames whose name contains each of these words. */
  search(text) { this.words = text.toLowerCase().split(/\s+/).filter(Boolean); }

  /**
   * The frames that match, as numbers in `order`, and for each filter how many match together with the filters of other kinds.
   * `differing` contains the names of the frames in which labels and model disagree.
   */
  apply(frames, order, states, differing) {
    const counts = Object.fromEntries([...STATES, "note", "differs"].map((name) => [name, 0]));
    const numbers = [];
    for (const number of order) {
      const name = frames[number];
      if (!this.words.every((word) => name.toLowerCase().includes(word))) continue;
      const [state, , noted] = summaryOf(states, name), differs = differing.has(name);
      const hasState = !this.states.size || this.states.has(state);
      const hasNote = !this.note || noted, hasDifference = !this.differs || differs;
      if (hasNote && hasDifference) counts[state] += 1;
      if (hasState && hasDifference && noted) counts.note += 1;
      if (hasState && hasNote && differs) counts.differs += 1;
      if (hasState && hasNote && hasDifference) numbers.push(number);
    }
    return { numbers, counts };
  }
}
