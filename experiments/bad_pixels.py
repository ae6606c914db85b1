"""Measure what dead and hot pixels cost.

    python -m experiments.bad_pixels weights/spire-train --data NUDT-SIRST IRSTD-1k

Prints F1, precision and recall on the val frames, at the model's own threshold, with 0, 1, 5 and
20 bad pixels per frame. A bad pixel is at one end of the range; half of them are dark on average.
Used in docs/accuracy.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.common import add_data, add_models, argument_parser, run, validation_frames
from irpoint import Detector
from irpoint.datasets import LabelledFrame
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.frames import read_frame

COUNTS = (0, 1, 5, 20)  # bad pixels per frame
ENDS = (0, 255)  # of the range of the public datasets


def with_bad_pixels(
    detector: Detector, label: LabelledFrame, count: int, seed: int
) -> EvaluatedFrame:
    """Detect in a frame of which ``count`` random pixels are bad."""
    rng = np.random.default_rng(seed)
    frame = np.array(read_frame(label.image))
    bad = rng.choice(frame.size, count, replace=False)
    frame.flat[bad] = rng.choice(ENDS, count)
    return EvaluatedFrame.of(label, detector.candidates(frame))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("bad_pixels", __doc__)
    add_models(parser)
    add_data(parser)
    given = parser.parse_args(arguments)
    frames = validation_frames(given.data)
    for name in given.models:
        detector = Detector(name, backend="onnxruntime")
        for count in COUNTS:
            evaluated = [
                with_bad_pixels(detector, frame, count, seed) for seed, frame in enumerate(frames)
            ]
            result = evaluate(evaluated, threshold=detector.threshold)
            print(
                f"{name}: {count:2} bad pixels: F1 {100 * result.f1:.1f} %, "
                f"precision {100 * result.precision:.1f} %, recall {100 * result.recall:.1f} %"
            )


if __name__ == "__main__":
    run(main)
