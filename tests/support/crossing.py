"""A clip of two targets that cross, with the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from irpoint.psf import gaussian_psf_image

SHAPE = (64, 96)
CLIP = "clip.tif"


def crossing_truth(count: int = 300) -> np.ndarray:
    """(count, 2, 2) places of two targets: both curve, and meet in the middle of the clip."""
    t = np.linspace(0, 1, count)
    one = np.stack([6 + 82 * t, 12 + 38 * t + 3 * np.sin(4 * t)], axis=1)
    two = np.stack([88 - 80 * t, 10 + 42 * t + 2 * np.cos(5 * t)], axis=1)
    return np.stack([one, two], axis=1)


def write_crossing(folder: Path, count: int = 300, amplitude: float = 0.25) -> np.ndarray:
    """Write a 12-bit TIFF of the clip in 16 bits; returns the truth."""
    rng, truth = np.random.default_rng(3), crossing_truth(count)
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    scene = 0.3 + 0.02 * np.sin(columns / 9) * np.cos(rows / 7)
    pages = []
    for places in truth:
        frame = scene + rng.normal(0, 0.01, SHAPE)
        frame += gaussian_psf_image(SHAPE, places, 1.1, amplitude)
        pages.append(np.clip(frame * 4095, 0, 4095).astype(np.uint16))
    tifffile.imwrite(folder / CLIP, np.stack(pages))
    return truth
