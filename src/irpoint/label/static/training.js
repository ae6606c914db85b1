// Export and training, with the progress that the server reports.

import { get, post, remove } from "/shared/api.js";
import { showStatus } from "/shared/messages.js";

const RUNNING_MS = 1000, IDLE_MS = 3000; // intervals at which progress is requested

const element = (id) => document.getElementById(id);

export function followTraining({ showModels, showProcessed, attempt, choose, flush }) {
  let before = "none", timer = null;

  const show = (training) => {
    const running = training.state === "running";
    element("train").disabled = running;
    element("stop").hidden = !running;
    element("training").hidden = !running;
    element("training").max = training.epochs || 1;
    element("training").value = training.epoch;
    element("training-text").textContent = describe(training);
  };

  const update = async () => {
    clearTimeout(timer);
    const now = await get("/api/training").catch(() => null);
    if (now) {
      show(now);
      showProcessed(now.processed);
      if (before === "running" && now.state === "done") {
        showModels(now.models);
        await choose(now.name);
        showStatus(`The training of ${now.name} is done. Its model proposes points now.`);
      }
      before = now.state;
    }
    timer = setTimeout(update, before === "running" ? RUNNING_MS : IDLE_MS);
  };

  element("export").onclick = () => attempt(async () => {
    await flush();
    const written = await post("/api/export");
    const lists = Object.entries(written.lists).map((pair) => pair.join(" ")).join(", ");
    element("exported").textContent =
      `${counted(written.frames, "frame")} with ${counted(written.targets, "target")} (${written.imported ? `${written.imported} imported; ` : ""}${lists}) in ${written.folder}` +
      (written.skipped.length ? `; ${written.skipped.length} skipped: ${written.skipped[0]}` : "");
  });
  element("train").onclick = () => attempt(async () => {
    await flush();
    show(await post("/api/training", { model: element("model").value || null }));
    before = "running";
    update();
  });
  element("stop").onclick = () => attempt(async () => { show(await remove("/api/training")); });
  update();
}

const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function describe({ state, name, epoch, epochs, f1, message }) {
  const best = f1.length ? `; val F1 ${(100 * f1.at(-1)[1]).toFixed(1)}, best ${(100 * Math.max(...f1.map((pair) => pair[1]))).toFixed(1)}` : "";
  if (state === "running") return epoch ? `${name}: epoch ${epoch} of ${epochs}${best}` : `${name}: starting`;
  if (state === "done") return `${name}: done${best}`;
  if (state === "stopped") return `${name}: stopped`;
  if (state === "failed") return `${name}: ${message}`;
  return "Fine-tunes the chosen model (spire if none) on the decided frames.";
}
