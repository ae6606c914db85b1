// The health line, the messages, and what lies over the picture.

import { announce } from "/shared/messages.js";

const element = (id) => document.getElementById(id);
const COUNTERS = [ // field, text for one, text for several
  ["dropped", "frame dropped", "frames dropped"], ["failed", "failure", "failures"], ["skipped", "part skipped", "parts skipped"],
  ["lost", "lost connection", "lost connections"], ["stalls", "stall", "stalls"], ["jumps", "clock jump", "clock jumps"],
];
const EVENTS = 12;

const number = (value, digits = 1) => (value === null ? "–" : value.toFixed(digits));

export function showHealth({ health }) {
  const parts = [
    `<b>${number(health.fps)}</b> of ${number(health.source_fps)} frames/s`,
    `latency <b>${number(health.latency_ms, 0)}</b> ms`,
    Object.entries(health.stages_ms).map(([stage, ms]) => `${stage} <b>${number(ms)}</b>`).join(", ") + " ms",
    ...COUNTERS.filter(([field]) => health[field] || field === "dropped").map(([field, one, several]) =>
      `<span class="${health[field] && field !== "dropped" ? "bad" : ""}">${health[field]} ${health[field] === 1 ? one : several}</span>`),
  ];
  element("health").innerHTML = parts.join("  ·  "); // numbers and words of this file alone
  element("health").title = `${health.frames} frames read, ${health.detected} detected, ${health.viewers} viewers`;
}

let newest = null;

export function showEvents(events) {
  const last = events.at(-1)?.number ?? 0;
  if (last === newest) return;
  if (newest !== null) announce(events.at(-1)?.text ?? "");
  newest = last;
  element("no-events").hidden = events.length > 0;
  element("events").replaceChildren(...events.slice(-EVENTS).reverse().map((event) => {
    const item = document.createElement("li"), time = document.createElement("time");
    time.textContent = new Date(1000 * event.utc_s).toTimeString().slice(0, 8);
    item.append(time, event.text + (event.count > 1 ? ` (${event.count} times)` : ""));
    return item;
  }));
}

const STATUS = {
  blank: "Nothing can be found: the picture is blank", flat: "Nothing can be found: there is no contrast",
  saturated: "Nothing can be found: the picture is saturated",
  interlaced: "Nothing can be found: every second row or column is empty",
  small: "Targets may be missed: a side of the picture has fewer than 8 pixels",
};

/** The most important remark over the picture. */
export function overlayText(state, connected, held) {
  if (!connected) return "The server does not respond; trying again";
  if (!state) return "";
  if (held) return state.live ? "Held – detection goes on" : "Paused";
  if (state.down) return `No frames from ${state.source}; trying again`;
  if (state.finished) return "The file has ended";
  if (!state.health.detected) return "Waiting for the first frame";
  return STATUS[state.status] || "";
}

export function showRecording(recording) {
  element("record").setAttribute("aria-pressed", String(Boolean(recording?.active)));
  element("record").textContent = recording?.active ? "Stop recording" : "Record";
  if (!recording) { element("recording").textContent = ""; return; }
  const { frames, bytes, lost, active, folder } = recording;
  const text = `${frames} frames, ${(bytes / 1e6).toFixed(0)} MB${lost ? `, ${lost} lost` : ""}`;
  element("recording").textContent = active ? text : `recorded ${text}`;
  element("recording").title = folder;
}
