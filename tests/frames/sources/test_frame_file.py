"""Image files as sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from support.sources import read_frames, read_with_problems

GREY = np.arange(54, dtype=np.uint8).reshape(6, 9)


def test_an_image_is_one_frame_without_a_time(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    (frame,) = read_frames(tmp_path / "a.png")
    assert (frame.source, frame.index, frame.time_s) == (str(tmp_path / "a.png"), 0, None)
    assert np.array_equal(frame.frame, GREY)


def test_an_unreadable_image_is_skipped_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    frames, (reason,) = read_with_problems(tmp_path / "a.png")
    assert not frames
    assert reason.startswith(f"{tmp_path / 'a.png'}: not a readable format")
