"""Fixtures of the dataset tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.dataset_folders import save, spots


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three frames a, b, c of 30x20 in images/ and the split list train: a, b."""
    (tmp_path / "images").mkdir()
    for name in "abc":
        Image.new("L", (30, 20)).save(tmp_path / f"images/{name}.png")
    (tmp_path / "img_idx").mkdir()
    (tmp_path / "img_idx/train.txt").write_text("a\nb\n")
    return tmp_path


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """Two frames of 30x20 with masks: a has targets at (3, 4) and (10, 7), b has none."""
    frame = np.zeros((20, 30), np.uint8)
    save(tmp_path / "images/a.png", frame)
    save(tmp_path / "images/b.png", frame)
    save(tmp_path / "masks/a.png", spots(frame.shape, (3, 4), (10, 7)))
    save(tmp_path / "masks/b.png", frame)
    return tmp_path
