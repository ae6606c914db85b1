"""Draws the figures of the documentation: python experiments/figures.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from irpoint.methods.spire.target_map import prps, published_prps
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import power_law_field

HERE = Path(__file__).parents[1] / "docs"


def prps_figure() -> None:
    """Frame, published target and ours: two neighbours, a long target, a dark one."""
    rng = np.random.default_rng(7)
    shape = (160, 240)
    labels = np.array([[52.3, 44.6], [78.9, 52.2], [176.4, 58.7], [120.6, 122.1]])
    frame = 0.35 + 0.05 * power_law_field(shape, 2.0, rng)
    frame += gaussian_psf_image(shape, labels[:2], np.array([2.2, 2.2]), np.array([0.5, 0.4]))
    along = labels[2] + np.linspace(-14, 14, 29)[:, None] * (0.94, 0.34)
    frame += gaussian_psf_image(shape, along, np.full(29, 2.5), np.full(29, 0.09))
    frame -= gaussian_psf_image(shape, labels[3:], np.array([2.5]), np.array([0.3]))
    frame = frame.astype(np.float32)
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.1), layout="constrained")
    pictures = (
        ("frame and clicks", frame, "gray", (None, None)),
        ("published target", published_prps(frame, labels), "magma", (0, 1.4)),
        ("our target", prps(frame, labels), "magma", (0, 1.4)),
    )
    for axis, (title, picture, colours, (low, high)) in zip(axes, pictures, strict=True):
        shown = axis.imshow(
            picture, cmap=colours, vmin=low, vmax=high,
            extent=(-0.5, shape[1] - 0.5, shape[0] - 0.5, -0.5),
        )  # fmt: skip
        if picture is frame:
            axis.plot(*labels.T, "o", color="#3ddc84", markersize=17, fillstyle="none")
        else:
            axis.plot(*labels.T, "+", color="#3ddc84", markersize=9, markeredgewidth=1.4)
        axis.set(title=title, xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes[1:], shrink=0.8, label="response")
    figure.savefig(HERE / "prps.png", dpi=110)


if __name__ == "__main__":
    prps_figure()
