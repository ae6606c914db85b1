"""How F1 grows with the number of clicks, by the order in which frames are labelled.

    python experiments/label_curve.py simulated --out curve --init p2p-lite
    python experiments/label_curve.py DATA --out curve --init runs/without

where runs/without is a run of ``irpoint train`` that has not seen DATA.

Replays a labelling session without a person: true points, moved as people click, are put into the
session frame by frame in the order of its queue; at every milestone the session's own training
command runs, and the model is judged on frames that nobody labels. Draws docs/label_curve.png. Goes
on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from irpoint import Detector
from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.evaluation import EvaluatedFrame, sweep
from irpoint.frames import read_frame
from irpoint.label import LabelSession
from irpoint.label.labels import FrameLabels, Point
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.training.label_noise import with_label_noise

MILESTONES = (20, 50, 100)  # clicks
ORDERS = {"name": "by name", "random": "random", "ambiguity": "least sure first"}
CLICK_PX = 1.0  # standard deviation of a click on a simulated target


def simulated(out: Path) -> tuple[Path, list[LabelledFrame], list[LabelledFrame]]:
    """Targets in four kinds of scene, recorded one after the other; judged on all kinds."""
    pool, judged = out / "pool", out / "judged"
    for at, scene in enumerate(("clear", "clouds", "sea", "land")):
        for root, count, seed in ((pool, 40, at), (judged, 25, 100 + at)):
            if len(list((root / "images").glob(f"{at}-{scene}_*.png"))) < count:
                settings = SceneSettings.checked(
                    width=320, height=256, scene=scene, targets=(1, 3), snr=(6, 20)
                )
                name = f"{at}-{scene}"
                simulate_dataset(root, settings, frames=count, seed=seed, name=name, append=True)
    noisy = with_label_noise(load_dataset(pool, "all"), CLICK_PX, 0)
    return pool / "images", list(noisy), list(load_dataset(judged, "all"))


def recorded(data: Path) -> tuple[Path, list[LabelledFrame], list[LabelledFrame]]:
    """The train list of a data set with masks, clicked coarsely; judged on its val list."""
    noisy = with_label_noise(load_dataset(data, "train"), "coarse", 0)
    images = noisy[0].image.parent
    return images, list(noisy), list(load_dataset(data, "val"))


def judge(model: str | Path, frames: list[LabelledFrame]) -> float:
    """Best F1 over thresholds: how well scores part targets from clutter."""
    detector = Detector(model)
    seen = [EvaluatedFrame.of(f, detector.candidates(read_frame(f.image))) for f in frames]
    return sweep(seen).best_f1()[1]


def replay(
    order: str, images: Path, clicked: list[LabelledFrame], judged: list[LabelledFrame],
    out: Path, init: str,
) -> list[tuple[int, float]]:  # fmt: skip
    """(clicks, F1) at every milestone of one session."""
    truth = {frame.image.resolve(): frame for frame in clicked}
    runs = out / order / "runs"
    if Path(init).is_dir():  # as if the session had trained it
        runs.mkdir(parents=True, exist_ok=True)
        if not (runs / "0").exists():
            (runs / "0").symlink_to(Path(init).resolve())
        init = "runs/0"
    # Clicked again, in the same order, up to where it was stopped.
    shutil.rmtree(out / order / "dataset", ignore_errors=True)
    for file in (out / order).glob("labels.sqlite*"):
        file.unlink()
    session = LabelSession(images, out / order)
    curve = [(0, judge(runs / "0" if init == "runs/0" else init, judged))]
    if order == "ambiguity":
        session.proposer.choose(init)
    clicks = 0
    for milestone in MILESTONES:
        while clicks < milestone:
            name = next_frame(session, order, truth)
            if name is None:
                break
            points = truth[session.entry(name).path.resolve()].points.xy
            labels = FrameLabels(
                state="done" if len(points) else "empty",
                points=tuple(Point(x=float(x), y=float(y)) for x, y in points),
            )
            session.put(name, labels, 0)
            clicks += max(1, len(points))  # saying that nothing is there takes a key too
        run = runs / str(len(curve))
        if not (run / "model.onnx").exists():
            shutil.rmtree(run, ignore_errors=True)
            _, command = session.training_command(init)
            subprocess.run(command, check=True)
        if order == "ambiguity":
            session.proposer.choose(f"runs/{run.name}")
        curve.append((clicks, judge(run, judged)))
        print(order, *curve[-1], flush=True)
    session.close()
    return curve


def next_frame(session: LabelSession, order: str, truth: dict[Path, LabelledFrame]) -> str | None:
    """The first frame of the queue that is not labelled yet, once the model has seen all."""
    if order == "ambiguity" and session.proposer.model:
        for entry in session.catalogue.entries:
            session.proposer.of(entry)
    done = session.store.states()
    names = [entry.name for entry in session.catalogue.entries]
    for number in session.queue(order):
        entry = session.catalogue.entries[number]
        if names[number] not in done and entry.path.resolve() in truth:
            return names[number]
    return None


def draw(curves: dict[str, list[tuple[int, float]]], title: str, path: Path) -> None:
    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for order, curve in curves.items():
        axis.plot(*np.array(curve).T, "o-", label=ORDERS[order])
    axis.set(xlabel="clicks", ylabel="F1 on frames nobody labelled", title=title)
    axis.grid(alpha=0.3)
    axis.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", default="p2p-lite", help="a shipped model, or a run's folder")
    arguments = parser.parse_args()
    made = arguments.data == "simulated"
    images, clicked, judged = simulated(arguments.out) if made else recorded(Path(arguments.data))
    curves = {
        order: replay(order, images, clicked, judged, arguments.out, arguments.init)
        for order in ORDERS
    }
    (arguments.out / "curves.json").write_text(json.dumps(curves, indent=1))
    title = "simulated frames" if made else Path(arguments.data).resolve().name
    draw(curves, title, arguments.out / "label_curve.png")


if __name__ == "__main__":
    main()
