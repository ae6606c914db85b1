"""What tiles change on large real frames: ``python experiments/tiling.py DATA… [--model spire]``.

Validation frames are put side by side to mosaics of 3584 × 2048 pixels, which go through the
network in one piece and in tiles. Prints the share of points that are equal, and F1 of both. What
lies beside a seam does not count: no real frame has such steps, and networks find targets on them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import irpoint.runtime.detector as detecting
from irpoint import Detector, Points
from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.errors import IrpointError
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.frames import read_frame
from irpoint.frames.levels import levels, normalise
from irpoint.frames.scale import InputScale, fit

SIDE, ACROSS, DOWN = 512, 7, 4
SEAM_PX = 24
NEAR_PX = 0.05


def off_seams(xy: np.ndarray) -> np.ndarray:
    """Which of the positions (N, 2) lie far enough from every seam."""
    into = np.mod(xy, SIDE)
    return np.all((into >= SEAM_PX) & (into <= SIDE - SEAM_PX), axis=1)


def mosaics(frames: list[LabelledFrame]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames (2048, 3584) uint16 of 28 validation frames each, and their labels (N, 2)."""
    for start in range(0, len(frames), ACROSS * DOWN):
        whole = np.zeros((DOWN * SIDE, ACROSS * SIDE), np.uint16)
        labels = []
        for number, frame in enumerate(frames[start : start + ACROSS * DOWN]):
            pixels = read_frame(frame.image)
            part, placement = fit(normalise(pixels, *levels(pixels)), InputScale(SIDE))
            left, top = number % ACROSS * SIDE, number // ACROSS * SIDE
            counts = 2000 + 1000 * np.pad(
                part, ((0, SIDE - part.shape[0]), (0, SIDE - part.shape[1])), mode="edge"
            )
            whole[top : top + SIDE, left : left + SIDE] = counts.clip(0, 65535)
            labels.append(np.add(placement.to_network(frame.points.xy), (left, top)))
        yield whole, np.concatenate(labels)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", default="spire")
    given = parser.parse_args()
    try:
        detector = Detector(given.model, scale="native", backend="onnxruntime")
        frames = pool([load_dataset(folder, "val") for folder in given.data])
    except IrpointError as error:
        parser.error(str(error))
    judged: dict[str, list[EvaluatedFrame]] = {"whole": [], "tiles": []}
    equal = total = 0
    for number, (mosaic, labels) in enumerate(mosaics(frames)):
        found: dict[str, Points] = {}
        for name, limit in (("whole", 10**9), ("tiles", 10**6)):
            detecting.WHOLE = limit
            points = detector(mosaic)
            kept = off_seams(points.xy)
            found[name] = Points(points.xy[kept], points.score[kept])
            truth = Points.labels(labels[off_seams(labels)])
            judged[name].append(
                EvaluatedFrame(str(number), "mosaic", mosaic.shape, truth, found[name])
            )
        gaps = np.linalg.norm(found["whole"].xy[:, None] - found["tiles"].xy[None], axis=2)
        equal += int((gaps.min(axis=1, initial=np.inf) <= NEAR_PX).sum())
        total += len(found["whole"])
    print(f"{total} points; {100 * equal / total:.1f} % of them within {NEAR_PX} px in tiles")
    for name, seen in judged.items():
        print(f"F1 {name}: {100 * evaluate(seen).f1:.2f} %")


if __name__ == "__main__":
    main()
