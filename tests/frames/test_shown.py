"""Positions in a picture as tools show it → positions in the frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from irpoint.frames.shown import Shown, picture_as_shown


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone(tmp_path: Path, orientation: int) -> None:
    stored = np.arange(15, dtype=np.uint8).reshape(3, 5)
    tags = Image.Exif()
    tags[0x112] = orientation
    Image.fromarray(stored).save(tmp_path / "a.png", exif=tags)
    shown = picture_as_shown(tmp_path / "a.png", (3, 5))
    with Image.open(tmp_path / "a.png") as image:
        seen = np.asarray(ImageOps.exif_transpose(image))
    assert shown is not None
    assert shown.shape == seen.shape
    for (v, u), value in np.ndenumerate(seen):
        ((x, y),) = shown.to_frame(np.array([[u, v]], float))
        assert stored[int(y), int(x)] == value


def test_a_larger_picture_is_scaled_from_edge_to_edge() -> None:
    shown = Shown((480, 640), 1, (120, 160))
    corners = np.array([[-0.5, -0.5], [639.5, 479.5], [1.5, 1.5]])
    assert shown.to_frame(corners).tolist() == [[-0.5, -0.5], [159.5, 119.5], [0, 0]]
    assert shown.is_frame
    assert not Shown((480, 640), 1, (120, 120)).is_frame


def test_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"no picture")
    assert picture_as_shown(tmp_path / "a.npy", (3, 5)) is None
