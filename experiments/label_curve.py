"""Measure how F1 grows with the number of clicks, by the order in which frames are labelled.

    python -m experiments.label_curve simulated --out curve --init p2p-lite
    python -m experiments.label_curve IRSTD-1k --out curve --init runs/without

Here runs/without is a run of ``irpoint train`` on other datasets. Replays a labelling session: the
true points, moved as people click, are entered frame by frame in the order of the session's queue.
After 20, 50 and 100 clicks the session's training command runs, and the model is evaluated on
frames that are not labelled. Prints F1 after each training, and draws OUT/label_curve.png. Used in
docs/experiments.md. A command that is given again resumes where it stopped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import pyplot as plt

from experiments.common import argument_parser, candidates, run
from irpoint import Detector
from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.evaluation import sweep
from irpoint.label import LabelSession
from irpoint.label.labels import FrameLabels, Point
from irpoint.label.queue import Order
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.training.label_noise import with_label_noise

MILESTONES = (20, 50, 100)  # clicks
ORDERS: Mapping[Order, str] = {
    "name": "by name",
    "random": "random",
    "ambiguity": "most ambiguous first",
}
CLICK_PX = 1.0  # standard deviation of a click on a simulated target

Curve = list[tuple[int, float]]
"""(clicks, F1) before the first training and after each one."""


class Frames(NamedTuple):
    """The frames of a replay.

    Attributes:
        folder: folder that is labelled.
        clicked: its frames, with points where a person would click.
        evaluated: other frames, with exact labels.
    """

    folder: Path
    clicked: list[LabelledFrame]
    evaluated: list[LabelledFrame]


def simulated_frames(out: Path) -> Frames:
    """Four kinds of scenes, one after the other; the evaluated frames have all four."""
    pool, evaluated = out / "pool", out / "judged"
    for number, scene in enumerate(("clear", "clouds", "sea", "land")):
        for root, count, seed in ((pool, 40, number), (evaluated, 25, 100 + number)):
            name = f"{number}-{scene}"
            if len(list((root / "images").glob(f"{name}_*.png"))) < count:
                settings = SceneSettings.checked(
                    width=320, height=256, scene=scene, targets=(1, 3), snr=(6, 20)
                )
                simulate_dataset(root, settings, frames=count, seed=seed, name=name, append=True)
    clicked = with_label_noise(load_dataset(pool, "all"), CLICK_PX, 0)
    return Frames(pool / "images", list(clicked), list(load_dataset(evaluated, "all")))


def recorded_frames(data: Path) -> Frames:
    """The train list of a dataset with masks, and its val list for evaluation."""
    clicked = with_label_noise(load_dataset(data, "train"), "coarse", 0)
    return Frames(clicked[0].image.parent, list(clicked), list(load_dataset(data, "val")))


def best_f1(model: str | Path, frames: Sequence[LabelledFrame]) -> float:
    """Best F1 over thresholds: how well the scores separate targets from clutter."""
    return sweep(candidates(Detector(model), frames)).best_f1()[1]


def replay(order: Order, frames: Frames, out: Path, init: str) -> Curve:
    """Replay one session.

    Args:
        order: order of the queue.
        frames: what is labelled and what is evaluated.
        out: folder of the session.
        init: shipped model, or folder of a run, from which each training starts.
    """
    runs = out / "runs"
    if Path(init).is_dir():  # as if the session had trained it
        runs.mkdir(parents=True, exist_ok=True)
        if not (runs / "0").exists():
            (runs / "0").symlink_to(Path(init).resolve())
        init = "runs/0"
    _forget_labels(out)  # they are entered again; only trainings are kept
    session = LabelSession(frames.folder, out)
    curve = [(0, best_f1(runs / "0" if init == "runs/0" else init, frames.evaluated))]
    model = init
    clicks = 0
    for number, milestone in enumerate(MILESTONES, start=1):
        if order == "ambiguity":
            session.proposer.choose(model)
        clicks = label_until(session, order, frames.clicked, clicks, milestone)
        folder = runs / str(number)
        if not (folder / "model.onnx").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _, command = session.training_command(init)
            subprocess.run(command, check=True)
        model = f"runs/{number}"
        curve.append((clicks, best_f1(folder, frames.evaluated)))
        print(order, *curve[-1], flush=True)
    session.close()
    return curve


def _forget_labels(out: Path) -> None:
    shutil.rmtree(out / "dataset", ignore_errors=True)
    for file in out.glob("labels.sqlite*"):
        file.unlink()


def label_until(
    session: LabelSession,
    order: Order,
    frames: Sequence[LabelledFrame],
    clicks: int,
    milestone: int,
) -> int:
    """Label frames in the order of the queue until ``milestone`` clicks; gives their number."""
    truth = {frame.image.resolve(): frame for frame in frames}
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
        clicks += max(1, len(points))  # to mark a frame as empty takes a key press
    return clicks


def next_frame(
    session: LabelSession, order: Order, truth: Mapping[Path, LabelledFrame]
) -> str | None:
    """The first frame of the queue that has no labels yet. None if all have."""
    if order == "ambiguity" and session.proposer.model:
        for entry in session.catalogue.entries:  # the model must have seen every frame
            session.proposer.propose(entry)
    labelled = session.store.states()
    for number in session.queue(order):
        entry = session.catalogue.entries[number]
        if entry.name not in labelled and entry.path.resolve() in truth:
            return entry.name
    return None


def draw(curves: Mapping[Order, Curve], title: str, file: Path) -> None:
    """Draw the curves of all orders."""
    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for order, curve in curves.items():
        axis.plot(*np.array(curve).T, "o-", label=ORDERS[order])
    axis.set(xlabel="clicks", ylabel="F1 on frames that are not labelled", title=title)
    axis.grid(alpha=0.3)
    axis.legend()
    figure.savefig(file, dpi=150)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("label_curve", __doc__)
    parser.add_argument("data", help="dataset folder with train and val lists, or: simulated")
    parser.add_argument("--out", type=Path, required=True, help="folder of sessions and figure")
    parser.add_argument("--init", default="p2p-lite", help="shipped model, or folder of a run")
    given = parser.parse_args(arguments)
    is_simulated = given.data == "simulated"
    frames = simulated_frames(given.out) if is_simulated else recorded_frames(Path(given.data))
    curves = {order: replay(order, frames, given.out / order, given.init) for order in ORDERS}
    (given.out / "curves.json").write_text(json.dumps(curves, indent=1))
    title = "simulated frames" if is_simulated else Path(given.data).resolve().name
    draw(curves, title, given.out / "label_curve.png")


if __name__ == "__main__":
    run(main)
