"""Files of headerless frames as sources."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from irpoint.errors import FrameError, FrameWarning
from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from support.arrays import thermal_stack
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


STACK = thermal_stack(4)


def test_bytes_before_and_between_frames_are_skipped(tmp_path: Path) -> None:
    header, gap = b"camera header", b"\xff" * 7
    one = [frame.astype(">u2").tobytes() for frame in STACK]
    layout = RawLayout.parse("32x24:uint16:be:skip=13:gap=7")
    for end in (b"", gap):
        (tmp_path / "a.raw").write_bytes(header + gap.join(one) + end)
        assert np.array_equal([item.frame for item in read_frames(tmp_path / "a.raw", layout)],
                              STACK)  # fmt: skip
        with open_source(tmp_path / "a.raw", layout).open() as stack:
            assert len(stack) == 4
            assert np.array_equal(stack.read(3), STACK[3])
            assert np.array_equal(stack.read(1), STACK[1])
            with pytest.raises(FrameError, match="no frame 4; it has 4"):
                stack.read(4)


@pytest.mark.parametrize(
    ("stored", "order"), [(">u2", "le"), ("<u2", "be"), (">f4", "le"), (">i4", "le")]
)
def test_the_wrong_byte_order_is_reported(tmp_path: Path, stored: str, order: str) -> None:
    (tmp_path / "a.raw").write_bytes(STACK.astype(stored).tobytes())
    kind = np.dtype(stored).name
    right = "be" if order == "le" else "le"
    with pytest.warns(FrameWarning, match=f"look swapped.*give --raw with :{right}"):
        list(open_source(tmp_path / "a.raw", RawLayout.parse(f"32x24:{kind}:{order}")).frames())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_frames(tmp_path / "a.raw", RawLayout.parse(f"32x24:{kind}:{right}"))


@pytest.mark.parametrize("value", [0, 255, 7000])
def test_a_flat_frame_and_8_bits_in_the_high_byte_are_not_reported(
    tmp_path: Path, value: int
) -> None:
    frames = np.full((2, 24, 32), value, np.uint16)
    frames[1] = np.random.default_rng(0).integers(0, 256, (24, 32)) << 8
    (tmp_path / "a.raw").write_bytes(frames.tobytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_frames(tmp_path / "a.raw", RawLayout.parse("32x24:uint16"))


def test_a_file_that_is_no_multiple_of_a_frame(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(STACK.tobytes() + b"rest")
    layout = RawLayout.parse("32x24:uint16")
    frames, (reason,) = read_with_problems(tmp_path / "a.raw", layout)
    assert len(frames) == 4
    assert "4 bytes after 4 complete frames of 1536 bytes" in reason
    with pytest.warns(FrameWarning, match="4 bytes after 4 complete frames"):
        assert open_source(tmp_path / "a.raw", layout).count() == 4
