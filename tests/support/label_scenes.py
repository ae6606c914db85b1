"""Folders of frames to label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from irpoint.psf import gaussian_psf_image

TRUTH = {  # frame name → targets (x, y)
    "a.png": [(40.3, 30.6)],
    "b.png": [(22.7, 41.2), (70.4, 20.1)],
    "c.png": [],
    "deep.tif": [(51.6, 33.4)],
}
STACK = "sub/stack.tif"  # five pages; the target moves by 2 px per page
FRAMES = [*TRUTH, *(f"{STACK}#{k}" for k in range(5)), "zz-damaged.png"]


def picture(targets: list[tuple[float, float]], seed: int, dtype: type = np.uint8) -> np.ndarray:
    """A 96x64 frame with noise and bright targets."""
    height, width, top = 64, 96, np.iinfo(dtype).max
    scene = np.random.default_rng(seed).normal(0.2, 0.004, (height, width))
    if targets:
        scene += gaussian_psf_image((height, width), np.array(targets), 1.2, 0.5)
    return np.clip(scene * top, 0, top).astype(dtype)


def write_folder(folder: Path) -> Path:
    """Write :data:`FRAMES`, and two files that are not frames."""
    (folder / "sub").mkdir(parents=True)
    for seed, (name, targets) in enumerate(TRUTH.items()):
        if name.endswith(".png"):
            Image.fromarray(picture(targets, seed)).save(folder / name)
        else:
            tifffile.imwrite(folder / name, picture(targets, seed, np.uint16))
    pages = np.stack([picture([(20.0 + 2 * k, 30.0)], 9 + k, np.uint16) for k in range(5)])
    tifffile.imwrite(folder / STACK, pages)
    (folder / "zz-damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n not a picture")
    (folder / "notes.txt").write_text("not a frame")
    (folder / ".hidden.png").write_bytes(b"")
    return folder


def write_dataset(root: Path, rows: list[str], **lists: str) -> Path:
    """Write frames a to e, the points of ``rows``, and split lists."""
    (root / "images").mkdir(parents=True)
    (root / "img_idx").mkdir()
    for name in "abcde":
        Image.fromarray(picture([], 0)).save(root / "images" / f"{name}.png")
    (root / "points.csv").write_text("\n".join(["image,x,y", *rows]) + "\n")
    for split, names in lists.items():
        (root / "img_idx" / f"{split}.txt").write_text("\n".join(names) + "\n")
    return root
