// The gallery: filters, order and cards of the examples.
"use strict";

const examples = (() => {
  const PAGE = 36;
  const { data, element } = report;
  const form = document.getElementById("filters");
  const gallery = document.getElementById("gallery");
  const more = document.getElementById("more");
  // Key in an example, name, digits, and whether its highest value comes first.
  const PROPERTIES = [
    ["score", "score", 3], ["error", "error, px", 2], ["size", "size, px", 1],
    ["snr", "SNR", 0], ["contrast", "contrast", 1],
  ];
  const BEST_ORDER = { miss: "snr", false: "score", hit: "error", "": "score" };
  const KINDS = { miss: "missed target", false: "false point", hit: "found target" };
  let listed = [], shown = 0;

  function build() {
    const options = [...PROPERTIES, ["name", "name"]].map(([value, textContent]) => element("option", { value, textContent }));
    form.elements.sort.append(...options);
    for (const [key, name] of PROPERTIES) {
      const bounds = ["from", "to"].map((end) => {
        const input = element("input", { type: "number", step: "any", name: `${key}-${end}`, placeholder: end });
        input.setAttribute("aria-label", `${name} ${end}`);
        return input;
      });
      const group = element("fieldset", {}, element("legend", { textContent: name }), ...bounds);
      document.getElementById("ranges").append(group);
    }
  }

  const model = () => Number(form.elements.model?.value ?? 0);
  const value = (name) => form.elements[name].value;

  function matches(one) {
    const frame = data.frames[one.frame];
    const set = value("set");
    // Frames that two sets share count once; they are listed with each set alone.
    if (set === "" ? !frame.pooled : frame.set !== Number(set)) return false;
    if (value("kind") && one.kind !== value("kind")) return false;
    if (!frame.name.toLowerCase().includes(value("text").trim().toLowerCase())) return false;
    if (form.elements.differ?.checked && (one.target === undefined || !outcomes.differs(one.frame, one.target))) return false;
    return PROPERTIES.every(([key]) => {
      const [from, to] = [value(`${key}-from`), value(`${key}-to`)];
      if (from === "" && to === "") return true;
      const found = one[key];
      if (found === undefined || found === null) return false;
      return (from === "" || found >= Number(from)) && (to === "" || found <= Number(to));
    });
  }

  function inOrder(one, other) {
    const key = value("sort"), direction = Number(value("order"));
    const [a, b] = [one, other].map((e) => (key === "name" ? data.frames[e.frame].name : e[key]));
    const missing = (v) => v === undefined || v === null;
    if (missing(a) || missing(b)) return missing(a) - missing(b);  // without the property: last
    const compared = key === "name" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
    return direction * compared || one.frame - other.frame;
  }

  function facts(one) {
    return PROPERTIES.filter(([key]) => one[key] !== undefined && one[key] !== null)
      .map(([key, name, digits]) => `${name.replace(", px", "")} ${one[key].toFixed(digits)}${name.includes("px") ? " px" : ""}`);
  }

  function card(one, index) {
    const frame = data.frames[one.frame];
    const canvas = element("canvas");
    const where = data.sets.length > 1 ? `${data.sets[frame.set]} ${frame.name}` : frame.name;
    const button = element("button", { type: "button" }, canvas,
      element("span", { className: "name", textContent: where }),
      element("span", { textContent: [KINDS[one.kind], ...facts(one)].join(", ") }));
    button.dataset.index = index;
    pictures.draw(canvas, one);
    return element("li", {}, button);
  }

  function showMore() {
    const next = listed.slice(shown, shown + PAGE).map((one, k) => card(one, shown + k));
    gallery.append(...next);
    shown += next.length;
    more.hidden = shown >= listed.length;
  }

  /** Lists the examples again, after a filter or a slider was moved. */
  function list() {
    listed = data.frames.flatMap((_, frame) => outcomes.ofFrame(model(), frame)).filter(matches).sort(inOrder);
    const keep = Math.max(PAGE, Math.min(shown, 4 * PAGE));
    gallery.replaceChildren();
    shown = 0;
    while (shown < Math.min(keep, listed.length)) showMore();
    more.hidden = shown >= listed.length;
    const word = { miss: "missed targets", false: "false points", hit: "found targets", "": "examples" };
    document.getElementById("count").textContent = `${listed.length} ${word[value("kind")]}`;
  }

  build();
  form.elements.sort.value = BEST_ORDER[value("kind")];
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target.name === "kind") form.elements.sort.value = BEST_ORDER[event.target.value];
    list();
  });
  form.addEventListener("reset", () => setTimeout(() => {
    form.elements.sort.value = BEST_ORDER[value("kind")];
    list();
  }));
  more.addEventListener("click", () => {
    const first = shown;
    showMore();
    gallery.children[first]?.firstChild.focus();
  });
  gallery.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) viewer.open(Number(button.dataset.index));
  });
  report.onMove(list);
  return { model, facts, KINDS, at: (index) => listed[index], count: () => listed.length,
    button: (index) => gallery.querySelector(`[data-index="${index}"]`) };
})();
