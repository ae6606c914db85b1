"""Files of headerless frames as sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from support.sources import read_frames, read_with_problems

FRAMES = np.random.default_rng(0).integers(0, 200, (5, 96, 128))
BYTES = RawLayout.parse("128x96:uint8")


@pytest.mark.parametrize(
    ("text", "dtype"),
    [("128x96:uint16:le", "<u2"), ("128x96:uint16:be", ">u2"), ("128X96:uint8", "u1"),
     ("128x96:float32:le", "<f4"), ("128x96:int16:be", ">i2")],
)  # fmt: skip
def test_pixels_are_read_in_native_byte_order(tmp_path: Path, text: str, dtype: str) -> None:
    (tmp_path / "dump.raw").write_bytes(FRAMES.astype(dtype).tobytes())
    read = read_frames(tmp_path / "dump.raw", RawLayout.parse(text))
    assert all(item.frame.dtype.isnative for item in read)
    assert np.array_equal([item.frame for item in read], FRAMES.astype(dtype))


def test_an_incomplete_frame_is_skipped_after_the_whole_ones(tmp_path: Path) -> None:
    (tmp_path / "dump.raw").write_bytes(bytes(128 * 96 * 2 + 100))
    frames, (reason,) = read_with_problems(tmp_path / "dump.raw", BYTES)
    assert len(frames) == 2
    assert "100 bytes after 2 complete frames" in reason


@pytest.mark.parametrize(("name", "reason"), [("empty.raw", "empty"), ("none.raw", "No such file")])
def test_an_empty_or_missing_file_is_skipped(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "empty.raw").touch()
    frames, (line,) = read_with_problems(tmp_path / name, BYTES)
    assert not frames
    assert line.startswith(str(tmp_path / name))
    assert reason in line


def test_a_device_is_live_and_a_file_is_not(tmp_path: Path) -> None:
    device, file = open_source("/dev/null", BYTES), open_source(tmp_path / "dump.raw", BYTES)
    assert (device.live, device.repeatable) == (True, False)
    assert (file.live, file.repeatable) == (False, True)
