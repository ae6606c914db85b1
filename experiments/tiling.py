"""Measure which points change when large frames go through the network in tiles.

    python -m experiments.tiling spire --data NUDT-SIRST IRSTD-1k

Validation frames are joined to mosaics of 3584 × 2048 pixels, which go through the network in one
piece and in tiles. Prints the fraction of points that stay the same, and F1 of both. Points near a
seam of the mosaic do not count: real frames have no such edges, and networks find targets on them.
Used in docs/export.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from experiments.common import add_data, add_models, argument_parser, run, validation_frames
from irpoint import Detector, Points
from irpoint.datasets import LabelledFrame
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.frames import read_frame
from irpoint.frames.levels import levels, normalise
from irpoint.frames.scale import InputScale, fit

SIDE, COLUMNS, ROWS = 512, 7, 4
SEAM_PX = 24
SAME_PX = 0.05
# Largest frame in pixels that goes through the network in one piece.
MAX_PIXELS = {"whole": 10**9, "tiles": 10**6}

Floats = npt.NDArray[np.floating[Any]]


def away_from_seams(xy: Floats) -> npt.NDArray[np.bool_]:
    """Which of the positions (N, 2) are far enough from every seam."""
    inside = np.mod(xy, SIDE)
    return np.asarray(np.all((inside >= SEAM_PX) & (inside <= SIDE - SEAM_PX), axis=1))


def mosaics(frames: Sequence[LabelledFrame]) -> Iterator[tuple[npt.NDArray[np.uint16], Floats]]:
    """Mosaics (2048, 3584) of 28 frames each, and their labels (N, 2)."""
    for start in range(0, len(frames), COLUMNS * ROWS):
        mosaic = np.zeros((ROWS * SIDE, COLUMNS * SIDE), np.uint16)
        labels = []
        for number, frame in enumerate(frames[start : start + COLUMNS * ROWS]):
            pixels = read_frame(frame.image)
            part, placement = fit(normalise(pixels, *levels(pixels)), InputScale(SIDE))
            left, top = number % COLUMNS * SIDE, number // COLUMNS * SIDE
            padding = ((0, SIDE - part.shape[0]), (0, SIDE - part.shape[1]))
            counts = 2000 + 1000 * np.pad(part, padding, mode="edge")
            mosaic[top : top + SIDE, left : left + SIDE] = counts.clip(0, 65535)
            labels.append(np.add(placement.to_network(frame.points.xy), (left, top)))
        yield mosaic, np.concatenate(labels)


def find(detector: Detector, mosaic: npt.NDArray[np.uint16], max_pixels: int) -> Points:
    """Points away from seams, with frames of more than ``max_pixels`` in tiles."""
    with patch("irpoint.runtime.detector.WHOLE", max_pixels):
        points = detector(mosaic)
    kept = away_from_seams(points.xy)
    return Points(points.xy[kept], points.score[kept])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("tiling", __doc__)
    add_models(parser)
    add_data(parser)
    given = parser.parse_args(arguments)
    frames = validation_frames(given.data)
    for name in given.models:
        detector = Detector(name, scale="native", backend="onnxruntime")
        evaluated: dict[str, list[EvaluatedFrame]] = {way: [] for way in MAX_PIXELS}
        same = total = 0
        for number, (mosaic, labels) in enumerate(mosaics(frames)):
            truth = Points.labels(labels[away_from_seams(labels)])
            found = {way: find(detector, mosaic, limit) for way, limit in MAX_PIXELS.items()}
            for way, points in found.items():
                evaluated[way].append(
                    EvaluatedFrame(str(number), "mosaic", mosaic.shape, truth, points)
                )
            gaps = np.linalg.norm(found["whole"].xy[:, None] - found["tiles"].xy[None], axis=2)
            same += int((gaps.min(axis=1, initial=np.inf) <= SAME_PX).sum())
            total += len(found["whole"])
        print(f"{name}: {100 * same / total:.1f} % of {total} points within {SAME_PX} px in tiles")
        for way, results in evaluated.items():
            print(f"  F1 {way}: {100 * evaluate(results).f1:.2f} %")


if __name__ == "__main__":
    run(main)
