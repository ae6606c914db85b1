"""What dead and hot pixels cost: ``python experiments/bad_pixels.py MODEL… --data NUDT-SIRST …``.

F1 on val at the model's own threshold, of the frames as they are and with some pixels of each at
the ends of its range, half of them dark in the mean, at random places that are the same every time.
"""

from __future__ import annotations

import numpy as np

from experiments.ensemble import models_and_frames
from irpoint import Detector
from irpoint.datasets import LabelledFrame
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.frames import read_frame

NUMBERS = (0, 1, 5, 20)  # bad pixels of a frame
ENDS = (0, 255)  # of the published data sets' range


def main() -> None:
    models, frames = models_and_frames(__doc__)
    for name, detector in models.items():
        for number in NUMBERS:
            judged = [judge(detector, frame, number, seed) for seed, frame in enumerate(frames)]
            result = evaluate(judged, threshold=detector.threshold)
            print(
                f"{name}: {number:2} bad pixels: F1 {100 * result.f1:.1f}, "
                f"P {100 * result.precision:.1f}, R {100 * result.recall:.1f}"
            )


def judge(detector: Detector, label: LabelledFrame, number: int, seed: int) -> EvaluatedFrame:
    """What the detector finds in a frame of which ``number`` pixels are stuck."""
    rng = np.random.default_rng(seed)
    frame = np.array(read_frame(label.image))
    bad = rng.choice(frame.size, number, replace=False)
    frame.flat[bad] = rng.choice(ENDS, number)
    points = detector.candidates(frame)
    return EvaluatedFrame.of(label, points)


if __name__ == "__main__":
    main()
