"""What several shipped models, and mirrored frames, would find together; docs/training.md.

    python experiments/ensemble.py spire p2p-lite --data NUDT-SIRST --data IRSTD-1k ...

Responses are brought to one scale by the cards' thresholds, and averaged. F1 is that of the best
threshold on val, for each row.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from irpoint import Detector
from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.errors import IrpointError
from irpoint.evaluation import EvaluatedFrame, sweep
from irpoint.frames import read_frame

WAYS = ((1, 1), (-1, 1), (1, -1), (-1, -1))  # step through rows and columns


def models_and_frames(description: str | None) -> tuple[dict[str, Detector], list[LabelledFrame]]:
    """The models named on the command line, and the pooled val frames of its data sets."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", type=Path, action="append", required=True)
    given = parser.parse_args()
    try:
        models = {name: Detector(name, backend="onnxruntime") for name in given.models}
        return models, list(pool([load_dataset(root, "val") for root in given.data]))
    except IrpointError as error:
        parser.error(str(error))


def main() -> None:
    models, frames = models_and_frames(__doc__)
    names, detectors = list(models), list(models.values())
    rows = {name: [(k, 0)] for k, name in enumerate(names)}
    every = range(len(detectors))
    if len(detectors) > 1:
        rows["all"] = [(k, 0) for k in every]
    for k, name in enumerate(names):
        rows[f"{name}, mirrored four ways"] = [(k, way) for way in range(4)]
    if len(detectors) > 1:
        rows["all, mirrored four ways"] = list(product(every, range(4)))
    judged: dict[str, list[EvaluatedFrame]] = {name: [] for name in rows}
    for frame in frames:
        picture = read_frame(frame.image)
        prepared = detectors[0].prepare(picture)
        said = {}
        for (k, detector), (way, (down, across)) in product(enumerate(detectors), enumerate(WAYS)):
            inner = prepared.image[::down, ::across]
            seen = replace(prepared, image=np.ascontiguousarray(inner))
            response = detector.respond([seen])[0][::down, ::across]
            said[k, way] = response / detector.card.thresholds.default
        for name, parts in rows.items():
            mean = np.ascontiguousarray(np.mean([said[part] for part in parts], axis=0))
            points = detectors[0].locate(mean.astype(np.float32), prepared, 0.05)
            judged[name].append(EvaluatedFrame.of(frame, points))
    for name, of_row in judged.items():
        print(f"{name:32} F1 {100 * sweep(of_row).best_f1()[1]:.1f}")


if __name__ == "__main__":
    main()
