// Draws one plot as SVG: axes, lines, marks with intervals, bars. It computes no figure.
"use strict";

const plot = (() => {
  const MARKS = [
    "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z", "M-3.6 -3.6H3.6V3.6H-3.6Z", "M0 -4.6L4.4 3.4H-4.4Z",
    "M0 -5L5 0L0 5L-5 0Z", "M0 4.6L4.4 -3.4H-4.4Z", "M0 -5L1.5 -1.5L5 0L1.5 1.5L0 5L-1.5 1.5L-5 0L-1.5 -1.5Z",
  ];
  const LEFT = 46, RIGHT = 14, TOP = 10;

  function node(name, attributes, parent) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent?.append(made);
    return made;
  }

  function text(content, attributes, parent) {
    node("text", attributes, parent).textContent = content;
  }

  /** The function from values of an axis to pixels. */
  function scale({ low, high, log }, from, to) {
    const at = log ? (v) => Math.log(Math.max(v, 1e-12)) : (v) => v;
    return (value) => from + ((at(value) - at(low)) / (at(high) - at(low))) * (to - from);
  }

  function ticks({ low, high, log, names }) {
    if (names.length) return names.map((name, value) => [value, name]);
    const least = Math.min(low, high), most = Math.max(low, high);
    if (log) {
      const wide = Math.log10(most / least) > 2;
      const found = [];
      for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power += 1) {
        for (const digit of wide ? [1] : [1, 2, 5]) found.push(Number(`${digit}e${power}`));
      }
      return found.filter((v) => v >= least * 0.999 && v <= most * 1.001).map((v) => [v, String(v)]);
    }
    const rough = (most - least) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const found = [];
    for (let k = Math.ceil(least / step - 1e-9); k * step <= most + step * 1e-6; k += 1) {
      found.push([k * step, (k * step).toFixed(digits)]);
    }
    return found;
  }

  /** Axes, grid and labels; gives the scales and the groups for data. */
  function axes(spec) {
    const width = 400, height = spec.square ? 370 : 270;
    const bottom = spec.x.names.some((name) => name.includes("\n")) ? 62 : 46;
    const side = Math.min(width - LEFT - RIGHT, height - TOP - bottom);
    const right = spec.square ? LEFT + side : width - RIGHT;
    const low = height - bottom;
    const svg = node("svg", {
      viewBox: `0 0 ${spec.square ? right + RIGHT : width} ${height}`, role: "img",
      "aria-label": `${spec.title}: ${spec.y.label} by ${spec.x.label}`,
    });
    const x = scale(spec.x, LEFT, right), y = scale(spec.y, low, TOP);
    for (const [value, name] of ticks(spec.x)) {
      if (!spec.x.names.length) node("path", { class: "gridline", d: `M${x(value)} ${TOP}V${low}` }, svg);
      name.split("\n").forEach((part, line) => {
        text(part, { x: x(value), y: low + 16 + 14 * line, "text-anchor": "middle" }, svg);
      });
    }
    for (const [value, name] of ticks(spec.y)) {
      node("path", { class: "gridline", d: `M${LEFT} ${y(value)}H${right}` }, svg);
      text(name, { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, svg);
    }
    node("path", { class: "axis", d: `M${LEFT} ${TOP}V${low}H${right}` }, svg);
    text(spec.x.label, { class: "label", x: (LEFT + right) / 2, y: height - 6, "text-anchor": "middle" }, svg);
    const middle = (TOP + low) / 2;
    text(spec.y.label, {
      class: "label", transform: `translate(11 ${middle}) rotate(-90)`, "text-anchor": "middle",
    }, svg);
    const clip = node("clipPath", { id: `clip-${spec.key}` }, svg);
    node("rect", { x: LEFT - 1, y: TOP - 1, width: right - LEFT + 2, height: low - TOP + 2 }, clip);
    const inside = node("g", { "clip-path": `url(#clip-${spec.key})` }, svg);
    return { svg, x, y, inside, still: node("g", {}, svg), live: node("g", {}, svg) };
  }

  function path(points, { x, y }, step) {
    return points.map(([a, b], k) => {
      const [px, py] = [x(a).toFixed(1), y(b).toFixed(1)];
      if (!k) return `M${px} ${py}`;
      return step ? `H${px}V${py}` : `L${px} ${py}`;
    }).join("");
  }

  function mark(model, px, py, parent, title, size = 1) {
    const made = node("path", {
      class: `mark m${model % 6}`, d: MARKS[model % 6], transform: `translate(${px} ${py}) scale(${size})`,
    }, parent);
    node("title", {}, made).textContent = title;
  }

  /** Marks with whiskers: points are (x, y, low, high). */
  function intervals(model, points, frame, parent, title, shift = 0) {
    for (const point of points) {
      const [a, b, low, high] = point;
      const px = frame.x(a) + shift;
      if (low !== undefined && low !== null) {
        node("path", { class: `whisker m${model % 6}`, d: `M${px} ${frame.y(low)}V${frame.y(high)}` }, parent);
      }
      mark(model, px, frame.y(b), parent, title(point));
    }
  }

  function still(spec, frame, names, shift) {
    for (const { model, style, points } of spec.series) {
      const colour = model === null ? "dashed" : `m${model % 6}`;
      if (style === "bars") {
        for (const [, count, low, high] of points) {
          const left = frame.x(low) + 1, top = frame.y(count), base = frame.y(spec.y.low);
          node("rect", { class: `bar ${colour}`, x: left, y: top, height: base - top,
            width: frame.x(high) - left - 1 }, frame.inside);
          text(String(count), { x: (left + frame.x(high)) / 2, y: top - 4, "text-anchor": "middle" }, frame.still);
        }
      } else if (style === "intervals") {
        const title = ([a, b]) => `${names[model]}: ${spec.x.names[a] ?? a}, ${b}`;
        intervals(model, points, frame, frame.still, title, shift(model) * (spec.x.names.length ? 1 : 0.4));  // they may coincide
      } else {
        const d = path(points, frame, style === "step");
        node("path", { class: model === null ? colour : `line ${colour}`, d }, frame.inside);
      }
    }
  }

  return { node, axes, still, path, mark, intervals };
})();
