"""Draw the figure of the target maps.

    python -m experiments.figures [FILE]

Draws a frame, the published target map and ours to docs/prps.png: two neighbouring targets, an
extended one, and a dark one. Used in the README of the method SPIRE.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt

from experiments.common import argument_parser, run
from irpoint.methods.spire.target_map import prps, published_prps
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import power_law_field

DOCS = Path(__file__).parents[1] / "docs"
SHAPE = (160, 240)
GREEN = "#3ddc84"


def scene() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """A frame (H, W) of about 0..1, and the labels (N, 2) of its four targets."""
    labels = np.array([[52.3, 44.6], [78.9, 52.2], [176.4, 58.7], [120.6, 122.1]])
    frame = 0.35 + 0.05 * power_law_field(SHAPE, 2.0, np.random.default_rng(7))
    frame += gaussian_psf_image(SHAPE, labels[:2], np.array([2.2, 2.2]), np.array([0.5, 0.4]))
    along = labels[2] + np.linspace(-14, 14, 29)[:, None] * (0.94, 0.34)
    frame += gaussian_psf_image(SHAPE, along, np.full(29, 2.5), np.full(29, 0.09))
    frame -= gaussian_psf_image(SHAPE, labels[3:], np.array([2.5]), np.array([0.3]))
    return frame.astype(np.float32), labels


def draw_target_maps(file: Path) -> None:
    """Draw the frame and both target maps, side by side."""
    frame, labels = scene()
    height, width = SHAPE
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.1), layout="constrained")
    pictures = (
        ("frame and clicks", frame, "gray", (None, None)),
        ("published target map", published_prps(frame, labels), "magma", (0, 1.4)),
        ("our target map", prps(frame, labels), "magma", (0, 1.4)),
    )
    for axis, (title, picture, colours, (low, high)) in zip(axes, pictures, strict=True):
        extent = (-0.5, width - 0.5, height - 0.5, -0.5)
        shown = axis.imshow(picture, cmap=colours, vmin=low, vmax=high, extent=extent)
        if picture is frame:
            axis.plot(*labels.T, "o", color=GREEN, markersize=17, fillstyle="none")
        else:
            axis.plot(*labels.T, "+", color=GREEN, markersize=9, markeredgewidth=1.4)
        axis.set(title=title, xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes[1:], shrink=0.8, label="response")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("figures", __doc__)
    parser.add_argument(
        "file", type=Path, nargs="?", default=DOCS / "prps.png", metavar="FILE", help="PNG to write"
    )
    draw_target_maps(parser.parse_args(arguments).file)


if __name__ == "__main__":
    run(main)
