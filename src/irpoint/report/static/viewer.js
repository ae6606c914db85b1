// The dialog with the whole frame of an example: points, labels, zoom, next and previous.
"use strict";

const viewer = (() => {
  const { data, element } = report;
  const dialog = document.getElementById("viewer");
  const stage = document.getElementById("stage");
  const byId = (id) => document.getElementById(id);
  const CROSS = "M-1 -1L-.35 -.35M1 1L.35 .35M-1 1L-.35 .35M1 -1L.35 -.35";
  let index = 0, example = null, view = null, svg = null, image = null;

  const model = () => Number(byId("viewer-model")?.value ?? examples.model());

  function open(at) {
    if (byId("viewer-model")) byId("viewer-model").value = examples.model();
    dialog.showModal();
    show(at);
    stage.focus();
  }

  function show(at) {
    index = at;
    example = examples.at(index);
    const frame = data.frames[example.frame];
    byId("viewer-title").textContent = `${data.sets[frame.set]} ${frame.name}`;
    byId("viewer-place").textContent = `${index + 1} of ${examples.count()}`;
    dialog.querySelector("[data-do=previous]").disabled = index === 0;
    dialog.querySelector("[data-do=next]").disabled = index === examples.count() - 1;
    fit();
    draw();
  }

  function fit() {
    const { width, height } = data.frames[example.frame];
    view = { x: width / 2 - 0.5, y: height / 2 - 0.5, size: Math.max(width, height) };
  }

  function goToTarget() {
    view = { x: example.x, y: example.y, size: 60 };
    place();
  }

  /** Shows the part of the frame in view; marks keep their size on the screen. */
  function place() {
    const { width, height } = data.frames[example.frame];
    const box = stage.getBoundingClientRect();
    const scale = Math.max(width / box.width, height / box.height) * (view.size / Math.max(width, height));
    const [w, h] = [box.width * scale, box.height * scale];
    svg.setAttribute("viewBox", `${view.x - w / 2} ${view.y - h / 2} ${w} ${h}`);
    for (const mark of svg.querySelectorAll("[data-at]")) {
      // At least 5 px of the frame, the matching radius of old papers, or 9 px of the screen.
      const radius = Math.max(Number(mark.dataset.radius), Number(mark.dataset.screen) * scale);
      mark.setAttribute("transform", `translate(${mark.dataset.at}) scale(${radius})`);
    }
    for (const label of svg.querySelectorAll("text")) {
      const away = Math.max(4.2, 10 * scale);
      label.setAttribute("transform", `translate(${label.dataset.x} ${label.dataset.y}) translate(${away} ${-away}) scale(${scale})`);
    }
    return scale;
  }

  function mark(x, y, kind, shape, chosen, title) {
    const [radius, screen] = { target: [4.5, 11], detection: [3.2, 8], other: [2.4, 6] }[kind];
    const group = plot.node("g", { class: `${kind === "other" ? "other weak" : kind}` }, svg);
    Object.assign(group.dataset, { at: `${x} ${y}`, radius, screen });
    for (const name of ["halo", "ring"]) {
      const attributes = { class: `${name}${chosen && name === "ring" ? " chosen" : ""}` };
      const made = shape === "circle"
        ? plot.node("circle", { ...attributes, r: 1 }, group)
        : plot.node("path", { ...attributes, d: CROSS }, group);
      plot.node("title", {}, made).textContent = title;
    }
  }

  function label(text, x, y) {
    const made = plot.node("text", {}, svg);
    Object.assign(made.dataset, { x, y });
    made.textContent = text;
  }

  function same(one) {
    return one.target === example.target && (one.target !== undefined || one.detection === example.detection);
  }

  function draw() {
    const { frame } = example, { width, height } = data.frames[frame];
    svg = plot.node("svg", { role: "img", "aria-label": "Frame with its targets and detections" });
    const uri = pictures.frameUri(frame);
    image = uri && plot.node("image", { href: uri, x: -0.5, y: -0.5, width, height, preserveAspectRatio: "none" }, svg);
    const found = outcomes.ofFrame(model(), frame);
    if (byId("show-weak").checked) {
      for (const [x, y, score] of outcomes.weak(model(), frame)) mark(x, y, "other", "cross", false, `score ${score}`);
    }
    for (const one of found) {
      if (one.target !== undefined && byId("show-targets").checked) {
        mark(one.x, one.y, "target", "circle", same(one), examples.KINDS[one.kind]);
        if (one.kind === "miss") label("missed", one.x, one.y);
      }
      if (one.at && byId("show-detections").checked) {
        mark(...one.at, "detection", "cross", same(one), `score ${one.score}`);
        label(`${one.kind === "false" ? "false " : ""}${one.score.toFixed(2)}`, ...one.at);
      }
    }
    stage.replaceChildren(svg);
    if (!uri) stage.append(element("p", { className: "note", textContent: "The image could not be read." }));
    enhance();
    place();
    showFacts(found);
  }

  function enhance() {
    if (!image) return;
    image.style.filter = `brightness(${byId("brightness").value}) contrast(${byId("contrast").value})`;
  }

  function showFacts(found) {
    const now = found.find(same);
    const { width, height } = data.frames[example.frame];
    const rows = [
      ["outcome", now ? examples.KINDS[now.kind] : "does not count at this threshold"],
      ["position", `x ${example.x.toFixed(2)}, y ${example.y.toFixed(2)}`],
      ...(now ? examples.facts(now) : []).map((fact) => {
        const cut = fact.indexOf(" ");
        return [fact.slice(0, cut), fact.slice(cut + 1)];
      }),
      ["frame", `${width} × ${height} px`],
      ["threshold", data.models[model()].stops[report.stops[model()]]],
    ];
    byId("facts").replaceChildren(...rows.flatMap(([dt, dd]) => [
      element("dt", { textContent: dt }), element("dd", { textContent: dd }),
    ]));
    byId("points").tBodies[0].replaceChildren(...found.map((one) => {
      const numbers = [one.x.toFixed(1), one.y.toFixed(1), one.score?.toFixed(3) ?? "–", one.error?.toFixed(2) ?? "–"];
      const row = element("tr", {}, element("th", { scope: "row", textContent: examples.KINDS[one.kind].split(" ")[0] }),
        ...numbers.map((textContent) => element("td", { textContent })));
      row.classList.toggle("chosen", same(one));
      return row;
    }));
  }

  function zoom(factor, at = null) {
    const before = at ?? view;
    const size = Math.min(Math.max(view.size * factor, 8), 4 * data.frames[example.frame].width + 64);
    const ratio = size / view.size;
    view = { x: before.x + (view.x - before.x) * ratio, y: before.y + (view.y - before.y) * ratio, size };
    place();
  }

  function step(by) {
    const at = index + by;
    if (at >= 0 && at < examples.count()) show(at);
  }

  const DO = {
    previous: () => step(-1), next: () => step(1), in: () => zoom(0.7), out: () => zoom(1 / 0.7),
    target: goToTarget, fit: () => { fit(); place(); }, close: () => dialog.close(),
  };
  const KEYS = { ArrowLeft: "previous", ArrowRight: "next", "+": "in", "=": "in", "-": "out", 0: "fit", t: "target" };
  const PAN = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) DO[button.dataset.do]();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && PAN[event.key]) {
      view.x += PAN[event.key][0] * view.size * 0.1;
      view.y += PAN[event.key][1] * view.size * 0.1;
      place();
    } else if (KEYS[event.key]) DO[KEYS[event.key]]();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("input", (event) => (event.target.type === "range" ? enhance() : draw()));
  dialog.addEventListener("close", () => examples.button(index)?.focus());

  function inFrame(event) {
    const box = stage.getBoundingClientRect(), base = svg.viewBox.baseVal;
    return { x: base.x + ((event.clientX - box.x) / box.width) * base.width,
      y: base.y + ((event.clientY - box.y) / box.height) * base.height };
  }

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, inFrame(event));
  }, { passive: false });
  let held = null;
  stage.addEventListener("pointerdown", (event) => {
    held = inFrame(event);
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    const now = inFrame(event);
    view.x += held.x - now.x;
    view.y += held.y - now.y;
    place();
  });
  stage.addEventListener("pointerup", () => { held = null; });
  addEventListener("resize", () => dialog.open && place());
  return { open };
})();
