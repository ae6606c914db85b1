// The end of a training: which model is better, which one proposes from now on, and what to label next.

const element = (id) => document.getElementById(id);

export class Verdict {
  /** `on` gets answer(use), open(frame) and uncertain(), which shows the most uncertain frames. */
  constructor(on) {
    this.on = on;
    this.shown = "";
    element("use-new").onclick = () => on.answer(true);
    element("keep-old").onclick = () => on.answer(false);
    element("label-uncertain").onclick = () => on.uncertain();
  }

  /** The comparison in one sentence, or why there is none. */
  sentence({ outcome, reason }) { return outcome ? outcome.compared.sentence : reason; }

  /** Show what is known, even before the end of the training. */
  show(now) {
    const { state, outcome, answer, name, model, start, chosen, warning } = now;
    const basis = JSON.stringify([state, outcome, answer, name, chosen, warning]);
    if (basis === this.shown) return;
    this.shown = basis;
    const done = state === "done", usesNew = chosen === name;
    element("verdict").hidden = !done && !outcome;
    element("verdict-text").textContent = this.sentence(now);
    this.showFigures(outcome?.compared, start, done ? name : `${name} (to come)`);
    element("judged-on").textContent = outcome ? judgedOn(outcome.compared, warning) : "";
    element("question").hidden = !done;
    element("question-text").textContent = !answer ? "Which model proposes points from now on?"
      : usesNew ? `${name} proposes points now.` : `${name} is kept; it can be chosen at any time.`;
    element("use-new").textContent = `Use ${name}`;
    element("use-new").hidden = Boolean(answer) && usesNew;
    element("keep-old").textContent = answer ? `Take ${model || "no model"} back` : `Keep ${model || "no model"}`;
    element("keep-old").hidden = Boolean(answer) && !usesNew;
    this.showAdvice(outcome, done);
  }

  showFigures(compared, before, after) {
    element("figures").hidden = !compared;
    if (!compared) return;
    const rows = [
      ["", before, after],
      ["F1", ...pair(compared, ({ f1 }) => (100 * f1).toFixed(0))],
      ["found", ...pair(compared, ({ found }) => `${found} of ${compared.targets}`)],
      ["false points", ...pair(compared, ({ false: wrong }) => wrong)],
    ];
    element("figures").replaceChildren(...rows.map((cells, row) => {
      const line = document.createElement("tr");
      line.append(...cells.map((text, column) => cell(text, row, column)));
      return line;
    }));
  }

  showAdvice(outcome, done) {
    element("advice").hidden = !outcome;
    element("label-uncertain").hidden = !done;
    if (!outcome) return;
    const { advice, growth } = outcome;
    const kinds = advice.kinds.length ? advice.kinds : ["No kind of frame is clearly worse than the others."];
    element("advice-text").replaceChildren(...[...kinds, growth?.sentence].filter(Boolean).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
    element("worst").hidden = !advice.frames.length;
    element("worst-frames").replaceChildren(...advice.frames.map(([frame, errors]) => {
      const button = document.createElement("button");
      button.textContent = `${frame}: ${errors}`;
      button.onclick = () => this.on.open(frame);
      return button;
    }));
  }
}

const pair = ({ before, after }, figure) => [figure(before), figure(after)];

function cell(text, row, column) {
  const made = document.createElement(row && column ? "td" : "th");
  if (made.tagName === "TH" && text !== "") made.scope = row ? "row" : "col";
  made.textContent = text;
  return made;
}

const judgedOn = ({ frames, targets }, warning) =>
  `Cross-validation on ${frames} frames with ${targets} targets that no compared model had learned. ${warning}`;
