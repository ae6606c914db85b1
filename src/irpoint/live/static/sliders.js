// Sliders of settings that act at once. The server lists them, so that a new setting needs nothing here.

import { post } from "/shared/api.js";

const STEPS = 1000, EVERY_MS = 100;

export class Sliders {
  /** `attempt(work)` runs something that may fail. */
  constructor(parent, attempt) {
    this.parent = parent;
    this.attempt = attempt;
    this.rows = new Map();
  }

  /** Show the values of the server, except where somebody is changing them. */
  update(sliders) {
    for (const slider of sliders) {
      const row = this.rows.get(slider.name) || this.add(slider);
      row.slider = slider;
      if (!row.busy && ![row.range, row.number].includes(document.activeElement)) this.show(row, slider.value);
    }
  }

  /** Move a slider by a share of its range. */
  move(name, share) {
    const row = this.rows.get(name);
    if (!row) return;
    row.range.value = Number(row.range.value) + share * STEPS;
    this.change(row, valueAt(row.slider, row.range.value / STEPS));
  }

  add(slider) {
    const label = document.createElement("label"), text = document.createElement("span");
    const range = document.createElement("input"), number = document.createElement("input");
    Object.assign(range, { type: "range", min: 0, max: STEPS, id: slider.name, title: slider.help });
    Object.assign(number, { type: "number", step: "any", id: `${slider.name}-value`, title: slider.help });
    label.className = "row";
    text.textContent = slider.label;
    label.append(text, range, number);
    this.parent.append(label);
    const row = { slider, range, number, busy: false, wanted: null };
    range.oninput = () => this.change(row, valueAt(row.slider, range.value / STEPS));
    number.onchange = () => { if (number.value !== "") this.change(row, Number(number.value)); };
    this.rows.set(slider.name, row);
    return row;
  }

  show({ slider, range, number }, value) {
    range.value = STEPS * shareOf(slider, value);
    number.value = Number(value.toPrecision(3));
  }

  /** Send a value; of those that come while one is on its way, the last one. */
  async change(row, value) {
    this.show(row, value);
    row.wanted = value;
    if (row.busy) return;
    row.busy = true;
    while (row.wanted !== null) {
      const next = row.wanted;
      row.wanted = null;
      await this.attempt(() => post("/api/settings", { name: row.slider.name, value: next }));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    row.busy = false;
  }
}

const valueAt = ({ low, high, logarithmic }, share) =>
  Number((logarithmic ? low * (high / low) ** share : low + share * (high - low)).toPrecision(3));

function shareOf({ low, high, logarithmic }, value) {
  const share = logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.min(Math.max(share, 0), 1);
}
