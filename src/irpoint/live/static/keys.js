// The keyboard and mouse table, see /shared/keys.js for its fields.

const element = (id) => document.getElementById(id);
const press = (id) => () => element(id).click();

export const TABLE = [
  { key: "Space", help: "pause, or resume", once: true, control: "#pause", run: press("pause") },
  { key: ".", help: "next frame", control: "#step", run: press("step") },
  { key: "S", help: "snapshot", once: true, control: "#snapshot", run: press("snapshot") },
  { key: "R", help: "start or stop recording", once: true, control: "#record", run: press("record") },
  { key: "L", help: "label the recorded piece", once: true, control: "#label", run: press("label") },
  { key: "[", help: "lower the threshold", run: (app) => app.sliders.move("threshold", -0.02) },
  { key: "]", help: "raise the threshold", run: (app) => app.sliders.move("threshold", 0.02) },
  { key: "Z", help: "paint ignore zones", control: "#paint", run: press("paint") },
  { key: "E", help: "erase ignore zones", control: "#erase", run: press("erase") },
  { key: "I", help: "invert the picture", control: "#invert", run: press("invert") },
  { key: "T", help: "tails", control: "#tails", run: press("tails") },
  { key: "A", help: "points of no track", control: "#others", run: press("others") },
  { key: "+", help: "zoom in (also: wheel)", names: ["+", "="], control: "#zoom-in", run: (app) => app.view.zoomIn(1.5) },
  { key: "-", help: "zoom out", control: "#zoom-out", run: (app) => app.view.zoomIn(1 / 1.5) },
  { key: "F", help: "fit the picture to the window", control: "#zoom-fit", run: (app) => app.view.fit() },
  { key: "Escape", help: "stop painting; clear the selection", run: (app) => app.leave() },
  { key: "?", help: "show this list", control: "#help-button", run: () => element("help").showModal() },
  { key: "Click", help: "select a track" },
  { key: "Drag", help: "pan, or paint" },
];
