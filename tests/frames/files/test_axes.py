"""Which axis of an array counts frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.errors import IrpointWarning
from irpoint.frames.files.axes import find_axes
from support.sources import read_frames


@pytest.mark.parametrize(
    ("shape", "count", "size"),
    [
        ((100, 512, 640), 100, (512, 640)),
        ((2000, 240, 320), 2000, (240, 320)),
        ((300, 120, 160), 300, (120, 160)),
        ((512, 512, 640), 512, (512, 640)),
        ((5, 24, 32), 5, (24, 32)),
        ((7, 200, 9), 7, (200, 9)),
        ((2, 640, 512), 2, (640, 512)),
    ],
)
def test_frames_come_first(shape: tuple[int, ...], count: int, size: tuple[int, int]) -> None:
    axes = find_axes(shape, "first")
    assert (axes.time, axes.count, axes.shape, axes.note) == (0, count, size, "")


@pytest.mark.parametrize(
    "shape", [(512, 640, 100), (240, 320, 7), (512, 640, 2), (240, 320, 500), (120, 160, 1000)]
)
def test_frames_come_last_if_only_that_gives_a_plausible_frame(shape: tuple[int, ...]) -> None:
    axes = find_axes(shape, "first")
    assert (axes.time, axes.count, axes.shape) == (2, shape[2], shape[:2])
    assert f"read as {shape[2]} frames of {shape[0]} × {shape[1]} pixels" in axes.note
    usual = find_axes(shape, "last")
    assert (usual.time, usual.note) == (2, "")


def test_frames_come_first_in_a_matlab_file_if_only_that_is_plausible() -> None:
    axes = find_axes((30, 240, 320), "last")
    assert (axes.time, axes.count, axes.shape) == (0, 30, (240, 320))
    assert axes.note


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ((100, 100, 100), "100 frames of 100 × 100 pixels (height × width), frames first"),
        ((240, 320, 3), "one colour frame; for 3 frames, save (T, H, W)"),
    ],
)
def test_doubt_is_reported(shape: tuple[int, ...], word: str) -> None:
    assert word in find_axes(shape, "first").note


def test_three_frames_may_be_the_channels_of_a_colour() -> None:
    assert "for one colour frame, save (H, W, 3)" in find_axes((3, 240, 320), "first", True).note
    assert find_axes((3, 240, 320), "first").note == ""


def test_eight_bit_colour_is_no_doubt() -> None:
    axes = find_axes((240, 320, 3), "first", eight_bit=True)
    assert (axes.time, axes.channel, axes.note) == (None, 2, "")


def test_a_format_that_defines_its_axes_leaves_no_doubt() -> None:
    for shape in [(240, 320, 3), (512, 640, 100), (3, 240, 320)]:
        axes = find_axes(shape, "strict")
        assert (axes.time, axes.shape, axes.note) == (0, shape[1:], "")


def test_a_matlab_video_has_colour_before_time() -> None:
    axes = find_axes((240, 320, 3, 50), "last")
    assert (axes.time, axes.channel, axes.count, axes.shape) == (3, 2, 50, (240, 320))


def test_the_warning_names_the_file_once(tmp_path: Path) -> None:
    frames = np.arange(120 * 160 * 9, dtype=np.uint16).reshape(120, 160, 9)
    np.save(tmp_path / "a.npy", frames)
    with pytest.warns(IrpointWarning, match=r"a\.npy: the array \(120, 160, 9\) is read") as caught:
        found = read_frames(tmp_path / "a.npy")
    assert len(caught) == 1
    assert np.array_equal([item.frame for item in found], np.moveaxis(frames, -1, 0))
