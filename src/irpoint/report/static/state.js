// The data of the page, the stop of each model's slider, and the figures that follow it.
// Every figure was counted beforehand: a stop only selects which one is shown.
"use strict";

const report = (() => {
  const parsed = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = parsed("report-data");
  const stops = data.models.map((model) => model.default);
  const listeners = [];
  let waiting = false;

  /** Sets the stop of some models ({number: stop}) and shows what depends on it. */
  function moveTo(changed) {
    for (const [number, stop] of Object.entries(changed)) stops[number] = stop;
    if (waiting) return;
    waiting = true;  // a slider gives more events than frames are drawn
    requestAnimationFrame(() => {
      waiting = false;
      for (const listener of listeners) listener();
    });
  }

  function onMove(listener) {
    listeners.push(listener);
    listener();
  }

  /** The text [value, interval] of a cell of the table at the current stop. */
  function cell(row, column) {
    const { model, cells } = data.rows[row];
    return cells[stops[model]][column];
  }

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function showFigures() {
    for (const node of document.querySelectorAll("[data-cell]")) {
      const [value, interval] = cell(...node.dataset.cell.split("."));
      node.textContent = value;
      if ("intervals" in node.dataset && interval) {
        node.append(element("small", { textContent: interval }));
      }
    }
    for (const node of document.querySelectorAll("[data-error]")) {
      const model = data.models[node.dataset.error];
      node.textContent = model.errors[stops[node.dataset.error]];
    }
  }

  function showSliders() {
    data.models.forEach((model, number) => {
      const slider = document.getElementById(`stop-${number}`);
      const stop = stops[number];
      slider.value = model.stops.length - 1 - stop;
      const row = data.rows.findIndex((one) => one.model === number);
      const titles = [...document.querySelectorAll(`.model [data-cell^="${row}."]`)];
      const spoken = titles.slice(0, 3).map((dd) => `${dd.previousSibling.textContent} ${dd.textContent}`);
      slider.setAttribute("aria-valuetext", `threshold ${model.stops[stop]}, ${spoken.join(", ")}`);
      document.querySelector(`[data-threshold="${number}"]`).textContent = model.stops[stop];
    });
    const preset = document.getElementById("preset");
    const holds = (name) => data.models.every((m, k) => (m.presets[name] ?? stops[k]) === stops[k]);
    if (!preset.value || !holds(preset.value)) {
      preset.value = [...preset.options].map((o) => o.value).find((name) => name && holds(name)) ?? "";
    }
    const moved = data.models.some((model, number) => stops[number] !== model.default);
    document.getElementById("moved").hidden = !moved;
  }

  function start() {
    const form = document.getElementById("thresholds");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      const slider = event.target.closest("input[data-model]");
      if (slider) moveTo({ [slider.dataset.model]: Number(slider.max) - Number(slider.value) });
    });
    document.getElementById("preset").addEventListener("change", ({ target }) => {
      const found = data.models.map((model, k) => [k, model.presets[target.value]]);
      moveTo(Object.fromEntries(found.filter(([, stop]) => stop !== undefined)));
    });
    onMove(showFigures);
    onMove(showSliders);
    followContents();
  }

  /** Marks the section in view in the table of contents. */
  function followContents() {
    const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
    const seen = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) seen.add(target.id);
        else seen.delete(target.id);
      }
      const current = [...links.keys()].find((id) => seen.has(id));
      for (const [id, link] of links) {
        if (id === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "0px 0px -60% 0px" });
    for (const id of links.keys()) watch.observe(document.getElementById(id));
  }

  start();
  return { data, stops, moveTo, onMove, cell, element, parsed };
})();
