// Export and training, with the progress that the server reports.

import { get, post, remove } from "/shared/api.js";
import { showStatus } from "/shared/messages.js";
import { counted } from "./progress.js";
import { Verdict } from "./verdict.js";

const RUNNING_MS = 1000, IDLE_MS = 3000; // intervals at which progress is requested

const element = (id) => document.getElementById(id);

/** `page` gets labels() (text that changes with the labels), open(frame), uncertain() and what page.js names so. */
export function followTraining(page) {
  const { showModels, showProcessed, attempt, choose, flush } = page;
  let before = null, timer = null, planned = "";

  const verdict = new Verdict({
    open: page.open, uncertain: page.uncertain,
    answer: (use) => attempt(async () => {
      const now = await post("/api/training/answer", { use });
      await choose(now.chosen);
      show(now);
    }),
  });

  const show = (now) => {
    const running = now.state === "running", resumable = now.state === "stopped" || now.state === "failed";
    element("train").disabled = element("compare").disabled = running;
    element("stop").hidden = !running;
    element("resume").hidden = !resumable;
    element("training").hidden = !running && !resumable;
    element("training").value = now.share;
    setText("training-text", describe(now));
    setText("training-plan", running ? inTraining(now) : planned);
    verdict.show(now);
    if (before?.state === "running" && now.state === "done") {
      showModels(now.models);
      showStatus(`The training of ${now.name} is done. ${verdict.sentence(now)} Choose below which model proposes points.`);
      element("verdict").scrollIntoView({ block: "nearest" });
    }
    before = now;
  };

  const update = async () => {
    clearTimeout(timer);
    const now = await get("/api/training").catch(() => null);
    if (now) {
      if (now.state !== "running") await plan();
      show(now);
      showProcessed(now.processed);
    }
    timer = setTimeout(update, before?.state === "running" ? RUNNING_MS : IDLE_MS);
  };

  /** State what a training would do, if the labels have changed since. */
  const plan = async () => {
    const basis = [page.labels(), element("model").value, element("compare").checked, before?.state].join(" ");
    if (basis === plan.basis) return;
    const asked = new URLSearchParams({ compare: element("compare").checked });
    if (element("model").value) asked.set("model", element("model").value);
    const now = await get(`/api/training/estimate?${asked}`).catch((error) => ({ error: error.message }));
    if (now.error?.startsWith("The server")) return;
    plan.basis = basis;
    planned = now.error || inAdvance(now, element("compare").checked);
  };

  const start = (path, body) => attempt(async () => {
    await flush();
    show({ ...before, ...(await post(path, body())) });
    update();
  });

  element("export").onclick = () => attempt(async () => {
    await flush();
    const written = await post("/api/export");
    const lists = Object.entries(written.lists).map((pair) => pair.join(" ")).join(", ");
    element("exported").textContent =
      `${counted(written.frames, "frame")} with ${counted(written.targets, "target")} (${written.imported ? `${written.imported} imported; ` : ""}${lists}) in ${written.folder}` +
      (written.skipped.length ? `; ${written.skipped.length} skipped: ${written.skipped[0]}` : "");
  });
  element("train").onclick = () => start("/api/training", () => ({ model: element("model").value || null, compare: element("compare").checked }));
  element("resume").onclick = () => start("/api/training/resume", () => ({}));
  element("stop").onclick = () => attempt(async () => { show({ ...before, ...(await remove("/api/training")) }); });
  element("compare").onchange = update;
  update();
}

/** Replace a text only if it changes, so that a screen reader does not repeat it. */
function setText(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

/** A time in words: "about 5 min". */
export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `about ${minutes} min`;
  return `about ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const what = ({ frames, targets }) => `${counted(frames, "frame")} with ${counted(targets, "target")}`;

/** What a training would do. */
function inAdvance(plan, compare) {
  if (!plan.targets) return "Fine-tunes the chosen model (glint if none) on the decided frames.";
  const compared = plan.compare_seconds > 0 ? `, most of it to compare the models` : "";
  const guess = plan.measured ? "" : ", roughly";
  return `Learns ${what(plan)}: ${duration(plan.seconds)}${guess}${compared}.` + (compare && plan.reason ? ` ${plan.reason}` : "");
}

function inTraining(now) {
  return `Learns ${what(now)}. Labels that change now are learned next time.` + (now.reason ? ` ${now.reason}` : "");
}

function describe({ state, name, step, epoch, epochs, seconds_left: left, message }) {
  const at = `${step}, epoch ${epoch} of ${epochs}`;
  if (state === "running") return `${name}: ${at}${left === null ? "" : `; ${duration(left)} left`}`;
  if (state === "stopped") return `${name}: stopped at ${at}. It can be resumed, with the labels it began with.`;
  if (state === "failed") return `${name}: ${message}`;
  return state === "done" ? `${name}: done` : "";
}
