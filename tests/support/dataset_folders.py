"""Write small dataset folders, and read their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from irpoint.datasets import Dataset


def xy_of(dataset: Dataset) -> dict[str, list[list[float]]]:
    return {frame.name: frame.points.xy.tolist() for frame in dataset}


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def spots(shape: tuple[int, int], *xy: tuple[int, int], value: int = 255) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    for x, y in xy:
        mask[y, x] = value
    return mask


def split_list(root: Path, name: str, *names: str, folder: str = "img_idx") -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / f"{name}.txt").write_text("\n".join(names) + "\n")
