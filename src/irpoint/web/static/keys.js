// Keyboard shortcuts from a table, whose rows have these fields:
// key      as shown in the help dialog, and as `keyName` returns it
// help     what it does
// run      (app, event) → false if the browser should handle the key after all; none for mouse actions
// names    names of the keys, if they differ from `key`
// once     whether to ignore the repetitions of a key that is held down
// control  selector of the control that does the same; its tooltip names the key

import { Settings } from "./settings.js";

const element = (id) => document.getElementById(id);

/** Bind the keys of a table, and write the help dialog and the tooltips. `app` is handed to what the keys run. */
export function bindKeys(table, app) {
  const rows = table.filter((row) => row.run);
  const byName = new Map(rows.flatMap((row) => (row.names || [row.key]).map((name) => [name, row])));
  element("keys").replaceChildren(...table.map(helpRow));
  nameKeysInTooltips(table);
  const onFrameAlone = offerFrameAlone();
  document.addEventListener("keydown", (event) => {
    if (element("help").open || leaveToField(event)) return;
    if (onFrameAlone.checked && isCharacter(event) && event.target !== app.view.canvas) return;
    // Many keyboards need AltGr or Option for brackets; the browser handles other keys with Alt.
    if (event.altKey && !"[]".includes(event.key)) return;
    if ((event.key === " " || event.key === "Enter") && event.target.matches("button, input, summary")) return;
    const row = byName.get(keyName(event));
    if (!row) return;
    const ignored = event.repeat && row.once;
    if (ignored || row.run(app, event) !== false) event.preventDefault();
  });
  returnFocusToFrame(app.view.canvas);
}

function helpRow({ key, help }) {
  const row = document.createElement("div"), term = document.createElement("dt"), description = document.createElement("dd");
  term.textContent = key;
  description.textContent = help;
  row.append(term, description);
  return row;
}

function nameKeysInTooltips(table) {
  const keys = new Map();
  for (const { key, control } of table) if (control) keys.set(control, [...(keys.get(control) || []), key]);
  for (const [control, names] of keys) {
    const target = document.querySelector(control);
    target.title = `${target.title} (${names.join(", ")})`;
    target.setAttribute("aria-keyshortcuts", names.map((name) => name.replace("Ctrl", "Control")).join(" "));
  }
}

/**
 * Offer, in the help dialog, that letters and signs act only while the frame has the focus (WCAG 2.1.4): someone who
 * dictates text would press them by accident.
 */
function offerFrameAlone() {
  const label = document.createElement("label"), box = document.createElement("input");
  Object.assign(box, { type: "checkbox", id: "frame-alone" });
  label.append(box, "Letters and signs act only while the picture has the focus");
  element("keys").after(label);
  new Settings("irpoint-keys").remember([box.id]);
  return box;
}

const isCharacter = ({ key, ctrlKey, metaKey }) => key.length === 1 && key !== " " && !ctrlKey && !metaKey;

/** Whether a field handles the key because it is being edited. Escape leaves a field, and Enter one of a single line. */
function leaveToField({ key, target }) {
  if (!target.matches("textarea, input:not([type=checkbox]):not([type=range]), select")) return false;
  if (key === "Escape" || (key === "Enter" && !target.matches("textarea"))) target.blur();
  return true;
}

/** The name of a key in the table. Letters are capitals; Shift is named only for letters. */
function keyName(event) {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  if (event.key === " ") return "Space";
  if (/^[a-z]$/i.test(event.key)) return `${control}${event.shiftKey ? "Shift+" : ""}${event.key.toUpperCase()}`;
  return "[]".includes(event.key) ? event.key : control + event.key;
}

/** Move the focus back to the frame after a control was used with the mouse, but not with Tab. */
function returnFocusToFrame(canvas) {
  const back = ({ target }) => {
    if (target.matches?.("button, summary, select, input[type=checkbox], input[type=range]") && !target.matches(":focus-visible")) canvas.focus();
  };
  document.addEventListener("click", (event) => { if (event.target.matches?.("button, summary, input")) back(event); });
  document.addEventListener("change", back);
  element("help").addEventListener("close", () => canvas.focus());
}
