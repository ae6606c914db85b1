"""Compare the points that a model finds in OpenVINO with those in ONNX Runtime.

    python -m experiments.backends spire --data NUDT-SIRST IRSTD-1k

Prints how far score and position of a point differ, over every fourth val frame, and how many
points are lost. Used in docs/export.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.common import add_data, add_models, argument_parser, run, validation_frames
from irpoint import Detector, Points
from irpoint.frames import read_frame

EVERY = 4  # validation frames
MAX_DISTANCE_PX = 3.0
LIMITS = {"score": 0.01, "px": 0.1}


@dataclass
class Differences:
    """Differences between the points of two backends.

    Attributes:
        score: absolute difference of each point's score.
        px: distance between its two positions in pixels.
        lost: number of points that the second backend does not find.
    """

    score: list[float] = field(default_factory=list)
    px: list[float] = field(default_factory=list)
    lost: int = 0

    def add(self, points: Points, others: Points) -> None:
        """Compare the points of a frame with those nearest to them from the other backend."""
        for xy, score in zip(points.xy, points.score, strict=True):
            distances = np.linalg.norm(others.xy - xy, axis=1)
            if not len(distances) or distances.min() > MAX_DISTANCE_PX:
                self.lost += 1
                continue
            self.px.append(float(distances.min()))
            self.score.append(abs(float(others.score[distances.argmin()] - score)))


def compare(one: Detector, other: Detector, frames: Iterable[np.ndarray]) -> Differences:
    """Compare the points of two detectors in ``frames`` (H, W)."""
    differences = Differences()
    for frame in frames:
        # The lower threshold keeps points whose score is slightly lower in the other backend.
        differences.add(one(frame), other(frame, threshold=0.8 * one.threshold))
    return differences


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("backends", __doc__)
    add_models(parser)
    add_data(parser)
    given = parser.parse_args(arguments)
    frames = validation_frames(given.data)[::EVERY]
    for name in given.models:
        one, other = (Detector(name, backend=b) for b in ("onnxruntime", "openvino"))
        found = compare(one, other, (read_frame(frame.image) for frame in frames))
        print(f"{name}, {other.precision}: {len(found.px) + found.lost} points, {found.lost} lost")
        for unit, values in (("score", found.score), ("px", found.px)):
            within = 100 * np.mean(np.array(values) <= LIMITS[unit])
            print(f"  {unit}: {within:.0f} % within {LIMITS[unit]:g}, maximum {max(values):.3f}")


if __name__ == "__main__":
    run(main)
