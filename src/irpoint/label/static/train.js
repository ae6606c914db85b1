// Export and training: what the server says of them, once a second while something runs.

import { get, post, remove } from "./api.js";

const element = (id) => document.getElementById(id);

export function followTraining({ say, showModels, showSeen, trying, choose, flush }) {
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

  const look = async () => {
    clearTimeout(timer);
    const now = await get("/api/training").catch(() => null);
    if (now) {
      show(now);
      showSeen(now.seen);
      if (before === "running" && now.state === "done") {
        showModels(now.models);
        await choose(now.name);
        say(`${now.name} is trained and proposes points now.`);
      }
      before = now.state;
    }
    timer = setTimeout(look, before === "running" ? 1000 : 3000);
  };

  element("export").onclick = () => trying(async () => {
    await flush();
    const written = await post("/api/export");
    element("exported").textContent =
      `${some(written.frames, "frame")} with ${some(written.targets, "target")} (${Object.entries(written.lists).map((pair) => pair.join(" ")).join(", ")}) in ${written.folder}` +
      (written.skipped.length ? `; ${written.skipped.length} left out: ${written.skipped[0]}` : "");
  });
  element("train").onclick = () => trying(async () => {
    await flush();
    show(await post("/api/training", { model: element("model").value || null }));
    before = "running";
    look();
  });
  element("stop").onclick = () => trying(async () => { show(await remove("/api/training")); });
  look();
}

const some = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

function describe({ state, name, epoch, epochs, f1, message }) {
  const best = f1.length ? `; val F1 ${(100 * f1.at(-1)[1]).toFixed(1)}, best ${(100 * Math.max(...f1.map((pair) => pair[1]))).toFixed(1)}` : "";
  if (state === "running") return epoch ? `${name}: epoch ${epoch} of ${epochs}${best}` : `${name}: starting`;
  if (state === "done") return `${name}: done${best}`;
  if (state === "stopped") return `${name}: stopped`;
  if (state === "failed") return `${name}: ${message}`;
  return "Fine-tunes the chosen model (spire where none is) on the frames that are decided.";
}
