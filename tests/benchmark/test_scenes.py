"""The simulated frames that the benchmark runs on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.benchmark.scenes import parse_size, simulated_pngs, write_simulated_clip
from irpoint.errors import SettingsError
from irpoint.frames import open_source, read_frame
from irpoint.frames.source import SourceFrame


def test_a_size_is_one_side_or_width_by_height() -> None:
    assert parse_size("512") == (512, 512)
    assert parse_size("3840x2160") == (3840, 2160)


@pytest.mark.parametrize("size", ["3", "640x", "9000", "-64", "64x64x64", "²"])
def test_a_size_that_cannot_be_simulated_is_refused(size: str) -> None:
    with pytest.raises(SettingsError, match=f"size {size}: give one side"):
        parse_size(size)


def test_large_frames_are_tiled_with_one_scene() -> None:
    (png,) = simulated_pngs(2500, 1100)
    frame = read_frame(png)
    assert (frame.shape, frame.dtype) == ((1100, 2500), np.uint16)
    np.testing.assert_array_equal(frame[:76, :452], frame[1024:, 2048:])


def test_small_frames_are_four_different_scenes() -> None:
    assert len({read_frame(png).tobytes() for png in simulated_pngs(64, 48)}) == 4


def test_a_clip_has_16_bits_and_repeats_its_scenes(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs the extra video")
    clip = write_simulated_clip(tmp_path / "clip.mov", (160, 120), 8)
    frames = [item.frame for item in open_source(clip).frames() if isinstance(item, SourceFrame)]
    assert {(frame.dtype, frame.shape) for frame in frames} == {(np.dtype(np.uint16), (120, 160))}
    assert len(frames) == 8
    assert max(int(frame.max()) for frame in frames) > 255
    np.testing.assert_array_equal(frames[0], frames[6])
