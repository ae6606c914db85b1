"""How a model scores one target among many: ``python experiments/many_targets.py spire [MODEL…]``.

Equal blobs on a plain, slightly noisy frame of 768 × 576; prints how many the model's own threshold
finds, and their median score. A network that weighs channels by means over the frame may have
learned how many targets a frame usually holds.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np

from irpoint import Detector
from irpoint.errors import IrpointError, IrpointWarning
from irpoint.psf import gaussian_psf_image

SHAPE, SIGMA, NEAR_PX = (576, 768), 1.8, 3.0
SKY, NOISE, PEAK = 100.0, 4.0, 70.0  # counts
NUMBERS = (4, 12, 48)


def places(number: int) -> np.ndarray:
    """(number, 2) positions of a lattice of 48, drawn at random but the same every time."""
    columns, rows = np.meshgrid(np.arange(40.0, 760, 90), np.arange(40.0, 560, 90))
    lattice = np.column_stack((columns.ravel(), rows.ravel()))
    return lattice[np.random.default_rng(0).permutation(len(lattice))[:number]]


def scores(detector: Detector, number: int) -> np.ndarray:
    """Best score near each of the blobs, 0 where there is no candidate."""
    xy = places(number)
    peaks = gaussian_psf_image(SHAPE, xy, np.full(number, SIGMA), np.full(number, PEAK))
    frame = peaks + np.random.default_rng(1).normal(SKY, NOISE, SHAPE)
    found = detector.candidates(frame.astype(np.float32))
    near = np.linalg.norm(found.xy[:, None] - xy[None], axis=2) < NEAR_PX
    return np.where(near, found.score[:, None], 0.0).max(axis=0, initial=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+")
    warnings.simplefilter("ignore", IrpointWarning)  # the thresholds are of the cards' own scale
    given = parser.parse_args()
    for name in given.models:
        for scale in (None, "native"):
            try:
                detector = Detector(name, scale=scale, backend="onnxruntime")
            except IrpointError as error:
                parser.error(str(error))
            for number in NUMBERS:
                own = scores(detector, number)
                found = int((own >= detector.threshold).sum())
                share = f"{found:2} of {number:2} at {detector.threshold:.2f}"
                at = scale or detector.card.input_scale
                print(f"{name:12} {at:8} {share}, median {np.median(own):.2f}")


if __name__ == "__main__":
    main()
