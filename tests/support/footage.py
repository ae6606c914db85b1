"""Footage without targets, whose clutter the tiny model of support.models takes for targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def clutter_frame(random: np.random.Generator, blobs: float = 1.0) -> np.ndarray:
    """uint8 (96, 128): noise with a Poisson number of blobs of 15 to 70 counts anywhere."""
    rows, columns = np.mgrid[:96, :128]
    frame = 100 + random.normal(0, 4, (96, 128))
    for _ in range(random.poisson(blobs)):
        x, y, height = random.uniform(5, 123), random.uniform(5, 91), random.uniform(15, 70)
        frame += height * np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / 1.8**2)
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8)


def write_footage(folder: Path, frames: int, seed: int = 0, blobs: float = 1.0) -> Path:
    """A folder of such frames."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for k in range(frames):
        Image.fromarray(clutter_frame(random, blobs)).save(folder / f"{seed}-{k:04d}.png")
    return folder
