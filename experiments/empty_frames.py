"""Count the false points of models in frames without targets.

    python -m experiments.empty_frames DATA weights/spire-train weights/p2p-lite-train

DATA is the folder that contains HIT-UAV-empty (thermal frames from drones) and SIRST-v2, of which
only the frames without a target are used; of both, the val lists. Prints the false points per
million pixels of each model at the threshold of its card, with 95 % intervals: those of a Poisson
count in which the false points of one frame are one event, because they often share their cause. A
model that learned from such a list is marked: give its held-out run. Used in docs/accuracy.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.common import add_models, argument_parser, path_or_name, run
from irpoint import Detector
from irpoint.datasets import LabelledFrame
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.evaluation import load_split
from irpoint.evaluation.intervals import clustered_interval
from irpoint.evaluation.splits import find_points, trained_on

DATASETS = ("HIT-UAV-empty", "SIRST-v2")
SPLIT = "val"


@dataclass(frozen=True)
class FalsePoints:
    """False points in frames without targets.

    Attributes:
        counts: number of false points of each frame.
        pixels: number of pixels of all frames.
        seen: whether the model learned from these frames.
    """

    counts: tuple[int, ...]
    pixels: int
    seen: bool

    def __str__(self) -> str:
        low, high = (1e6 * mean / self.pixels for mean in clustered_interval(self._events))
        rate = 1e6 * sum(self.counts) / self.pixels
        note = ", learned from" if self.seen else ""
        return f"{rate:.2f} ({low:.2f}–{high:.2f}): {sum(self.counts)} in {len(self._events)}{note}"

    @property
    def _events(self) -> list[int]:
        return [count for count in self.counts if count]


def empty_frames(folder: Path) -> list[LabelledFrame]:
    """The frames without a target of the val list of a dataset.

    Raises:
        DatasetError: if there are none.
    """
    empty = [frame for frame in load_split([folder], SPLIT).pooled if not len(frame.points)]
    if not empty:
        raise DatasetError(f"{folder}: all frames of the list {SPLIT} have targets")
    return empty


def false_points(detector: Detector, frames: Sequence[LabelledFrame], data: str) -> FalsePoints:
    """What a model finds in frames without targets, at its threshold."""
    found, card = find_points(detector, frames), detector.card
    return FalsePoints(
        counts=tuple(len(found[frame.image]) for frame in frames),
        pixels=sum(frame.shape[0] * frame.shape[1] for frame in frames),
        seen=bool(trained_on(card.data, card.split, [data], SPLIT)),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("empty_frames", __doc__)
    parser.add_argument("data", type=Path, help="folder that contains the datasets")
    add_models(parser)
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore", IrpointWarning)  # about large frames, which shrink
    frames = {name: empty_frames(given.data / name) for name in DATASETS}
    heads = [
        f"{name}, {len(some)} frames, {sum(f.shape[0] * f.shape[1] for f in some) / 1e6:.1f} Mpx"
        for name, some in frames.items()
    ]
    print("False points per Mpx (95 % interval): false points in how many frames\n")
    print(f"| model | {' | '.join(heads)} |\n{'|---' * (len(heads) + 1)}|")
    for model in given.models:
        detector = Detector(path_or_name(model), backend="onnxruntime")
        cells = [str(false_points(detector, some, name)) for name, some in frames.items()]
        print(f"| `{detector.card.name}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    run(main)
