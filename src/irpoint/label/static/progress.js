// How far the session is: how many frames are decided, imported or open, in numbers and in words.

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** The state, the number of points, whether there is a note, and the version of a frame's labels, as the server sends them. */
export const summary = ({ labels, version }) => [labels.state, labels.points.length, labels.note !== "", version];

const NONE = ["open", 0, false, 0];

/** The summary of a frame; frames that were never changed have none on the server. */
export const summaryOf = (states, name) => states[name] || NONE;

/** Numbers of frames by state; of `targets` in the frames that Export writes, and of `other` points. */
export function tally(frames, states) {
  const sums = { frames: frames.length, open: 0, imported: 0, done: 0, empty: 0, unsure: 0, targets: 0, other: 0 };
  for (const name of frames) {
    const [state, points] = summaryOf(states, name);
    sums[state] += 1;
    sums[state === "open" || state === "unsure" ? "other" : "targets"] += points;
  }
  return { ...sums, decided: sums.done + sums.empty };
}

/** The counter of the header: short, because the header is. `unread` is the number of frames whose imported labels are not counted yet. */
export function inShort({ frames, decided, imported, targets }, unread) {
  const all = imported ? frames : counted(frames, "frame");
  const first = decided === frames ? `all ${all} decided` : `${decided} of ${all} decided`;
  const rest = [imported && `${imported} imported`, unread ? `counting ${unread} more` : counted(targets, "target")];
  return [first, ...rest.filter(Boolean)].join(", ");
}

/** All numbers, for the tooltip of the counter. */
export function inFull({ open, imported, done, empty, unsure, targets, other }) {
  return [
    `Done: ${done}`, `No target: ${empty}`, `Imported, not reviewed: ${imported}`, `Unsure: ${unsure}`, `Open: ${open}`,
    `Export writes ${counted(done + empty + imported, "frame")} with ${counted(targets, "target")}`,
    ...(other ? [`${counted(other, "point")} in open and unsure frames`] : []),
  ].join("\n");
}

/** What is left to do, as the end of a message; empty if every frame is decided. */
export function left({ open, imported, unsure }) {
  const parts = [open && `${open} open`, unsure && `${unsure} unsure`, imported && `${imported} imported and not reviewed`].filter(Boolean);
  return parts.length ? `Still left: ${parts.join(", ")}.` : "";
}

/** What to say at an end of the "queue", the "folder" or the filtered "list". */
export function atTheEnd(sums, by, where) {
  const end = by < 0 ? `This is the first frame of the ${where}.`
    : where === "list" ? "No other frame in the list is left." : `This is the last frame of the ${where}.`;
  return by < 0 ? end : left(sums) ? `${end} ${left(sums)}` : allDecided(sums);
}

export const allDecided = ({ frames }) => `All ${counted(frames, "frame")} are decided.`;
