"""TIFF files of many pages as sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from support.sources import read_frames, read_with_problems

PAGES = np.random.default_rng(0).integers(0, 2**14, (8, 96, 128)).astype(np.uint16)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "stack.tif", PAGES, photometric="minisblack")
    return tmp_path / "stack.tif"


def test_each_page_is_a_frame(stack: Path) -> None:
    frames = read_frames(stack)
    assert [frame.index for frame in frames] == list(range(8))
    assert {frame.time_s for frame in frames} == {None}
    assert np.array_equal([frame.frame for frame in frames], PAGES)


def test_the_pages_before_the_end_of_a_truncated_file_are_read(stack: Path) -> None:
    with stack.open("r+b") as stream:
        stream.truncate(stack.stat().st_size - 20_000)
    frames, reasons = read_with_problems(stack)
    assert len(frames) < 8
    assert len(reasons) == 1
    assert "stack.tif" in reasons[0]


def test_another_format_under_the_suffix_of_a_tiff_is_read(tmp_path: Path) -> None:
    Image.fromarray(PAGES[0]).save(tmp_path / "a.tif", "PNG")
    (frame,) = read_frames(tmp_path / "a.tif")
    assert np.array_equal(frame.frame, PAGES[0])
