// The plots of the page, and what of them moves with the sliders.
"use strict";

const plots = (() => {
  const { data, stops, element } = report;
  const names = data.models.map((model) => model.name);
  const shift = (model) => 9 * (model - (names.length - 1) / 2);
  const drawn = new Map();

  const shown = (spec) => names.map((_, model) => model).filter((m) => spec.only === null || spec.only === m);

  function drawDot(spec, frame) {
    for (const model of shown(spec)) {
      const [a, b] = data.models[model].marks[spec.live][stops[model]];
      const title = `${names[model]}: ${spec.x.label} ${a}, ${spec.y.label} ${b}`;
      const y = Math.min(Math.max(frame.y(b), frame.y(spec.y.high)), frame.y(spec.y.low));
      const x = Math.min(Math.max(frame.x(a), frame.x(spec.x.low)), frame.x(spec.x.high));
      plot.mark(model, x, y, frame.live, title, 1.35);
    }
  }

  /** (class, y, low, high) of a model at its stop, without classes that have no figure. */
  function classPoints(spec, model) {
    const levels = data.models[model].classes[spec.live][stops[model]];
    const points = levels.map((values, k) => [k, ...values.slice(spec.column, spec.column + 3)]);
    return points.filter(([, value]) => value !== null);
  }

  function drawClasses(spec, frame) {
    for (const model of shown(spec)) {
      const points = classPoints(spec, model).map(([k, ...values]) => [
        k, ...values.map((v) => Math.max(spec.y.low, Math.min(v, spec.y.high))),
      ]);
      const title = ([k, value]) => `${names[model]}: ${spec.x.names[k].replace("\n", ", n = ")}: ${value}`;
      if (spec.live !== "set") {
        const line = points.map(([k, value]) => [k, value]);
        const moved = { x: (k) => frame.x(k) + shift(model), y: frame.y };
        plot.node("path", { class: `thin m${model % 6}`, d: plot.path(line, moved) }, frame.live);
      }
      plot.intervals(model, points, frame, frame.live, title, shift(model));
    }
  }

  function drawOffsets(spec, frame) {
    const model = spec.only, reach = Math.abs(spec.x.high);
    const inside = (value) => Math.max(-reach, Math.min(reach, value));
    let d = "";
    data.frames.forEach(({ targets, pooled }, number) => {
      if (!pooled) return;
      const [detections] = data.models[model].found[number];
      targets.forEach(([x, y], target) => {
        const detection = outcomes.partner(model, number, target);
        if (detection === outcomes.NEVER) return;
        const px = frame.x(inside(detections[detection][0] - x)).toFixed(1);
        const py = frame.y(inside(detections[detection][1] - y)).toFixed(1);
        d += `M${px - 2.2} ${py}a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0`;
      });
    });
    plot.node("path", { class: `spot m${model % 6}`, d }, frame.live);
    const bias = data.models[model].bias[stops[model]];
    if (bias) {
      const [x, y] = [frame.x(bias[0]), frame.y(bias[1])];
      plot.node("path", { class: "mean", d: `M${x - 9} ${y}h18M${x} ${y - 9}v18` }, frame.live);
    }
  }

  const LIVE = { froc: drawDot, pr: drawDot, offsets: drawOffsets };

  function drawLive(spec) {
    const frame = drawn.get(spec.key);
    frame.live.replaceChildren();
    (LIVE[spec.live] ?? drawClasses)(spec, frame);
  }

  /** The numbers of a plot as rows: class or x, model, figure and interval. */
  function showNumbers(spec) {
    const place = document.querySelector(`[data-numbers="${spec.key}"]`);
    if (!place?.closest("details").open) return;
    const series = spec.column === null
      ? spec.series.filter(({ model }) => model !== null).map(({ model, points }) => [model, points])
      : shown(spec).map((model) => [model, classPoints(spec, model)]);
    const digits = (value) => (value === null || value === undefined ? "–" : Number(value.toPrecision(4)));
    const rows = series.flatMap(([model, points]) => points.map(([a, value, low, high]) => {
      const cells = [spec.x.names[a]?.replace("\n", ", n = ") ?? a, digits(value), `${digits(low)}–${digits(high)}`];
      const head = element("th", { scope: "row", textContent: names[model] });
      return element("tr", {}, head, ...cells.map((textContent) => element("td", { textContent })));
    }));
    const heads = ["model", spec.x.label, spec.y.label, "95 % interval"];
    const head = heads.map((textContent) => element("th", { scope: "col", textContent }));
    const table = element("table", {},
      element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    const scroll = element("div", { className: "scroll", tabIndex: 0, role: "region" }, table);
    scroll.setAttribute("aria-label", `Numbers of ${spec.title}`);
    place.replaceChildren(scroll);
  }

  for (const spec of data.plots) {
    const frame = plot.axes(spec);
    drawn.set(spec.key, frame);
    plot.still(spec, frame, names, shift);
    document.querySelector(`[data-plot="${spec.key}"]`).append(frame.svg);
    document.querySelector(`[data-numbers="${spec.key}"]`)?.closest("details")
      .addEventListener("toggle", () => showNumbers(spec));
  }
  const moving = data.plots.filter((spec) => spec.live);
  report.onMove(() => moving.forEach((spec) => { drawLive(spec); showNumbers(spec); }));
  return { names };
})();
