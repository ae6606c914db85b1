"""Measure how a model scores one target among many.

    python -m experiments.many_targets spire p2p-lite

Simulates 4, 12 and 48 equal targets on a plain, slightly noisy frame of 768 × 576 pixels. Prints
how many of them the model finds at its own threshold, and the median of their scores. A network
that weights channels by their mean over the frame may have learned how many targets a frame usually
has. Used in docs/accuracy.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from experiments.common import add_models, argument_parser, run
from irpoint import Detector
from irpoint.errors import IrpointWarning
from irpoint.psf import gaussian_psf_image

SHAPE, SIGMA_PX, NEAR_PX = (576, 768), 1.8, 3.0
SKY, NOISE, PEAK = 100.0, 4.0, 70.0  # counts
COUNTS = (4, 12, 48)

Floats = npt.NDArray[np.float64]


def positions(count: int) -> Floats:
    """(count, 2) random positions on a lattice of 48."""
    columns, rows = np.meshgrid(np.arange(40.0, 760, 90), np.arange(40.0, 560, 90))
    lattice = np.column_stack((columns.ravel(), rows.ravel()))
    return np.asarray(lattice[np.random.default_rng(0).permutation(len(lattice))[:count]])


def scores(detector: Detector, count: int) -> Floats:
    """(count,) best score near each target, 0 if there is no candidate."""
    xy = positions(count)
    targets = gaussian_psf_image(SHAPE, xy, np.full(count, SIGMA_PX), np.full(count, PEAK))
    frame = targets + np.random.default_rng(1).normal(SKY, NOISE, SHAPE)
    found = detector.candidates(frame.astype(np.float32))
    near = np.linalg.norm(found.xy[:, None] - xy[None], axis=2) < NEAR_PX
    return np.asarray(np.where(near, found.score[:, None], 0.0).max(axis=0, initial=0.0))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("many_targets", __doc__)
    add_models(parser)
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore", IrpointWarning)  # about scales other than the model's own
    for name in given.models:
        for scale in (None, "native"):
            detector = Detector(name, scale=scale, backend="onnxruntime")
            for count in COUNTS:
                best = scores(detector, count)
                found = int((best >= detector.threshold).sum())
                print(
                    f"{name:12} {scale or detector.card.input_scale:8} {found:2} of {count:2} "
                    f"at {detector.threshold:.2f}, median {np.median(best):.2f}"
                )


if __name__ == "__main__":
    run(main)
