"""Frames of stacks and videos by name."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.numbered import (
    count_frames,
    numbered_path,
    numbered_shape,
    read_numbered,
    split_number,
)
from support.videos import moving_blob, write_video

STACK = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)


def test_frames_of_a_stack_by_name(tmp_path: Path) -> None:
    file = tmp_path / "night.tif"
    tifffile.imwrite(file, STACK, photometric="minisblack")
    assert count_frames(file) == 3
    for number in (2, 0, 1):
        path = numbered_path(file, number)
        assert path.name == f"night.tif#{number}"
        assert split_number(path) == (file, number)
        assert numbered_shape(path) == (4, 5)
        assert np.array_equal(read_numbered(path), STACK[number])
    with pytest.raises(FrameError, match=r"night.tif: no frame 3|night.tif.* 3"):
        read_numbered(numbered_path(file, 3))


def test_a_file_whose_name_has_a_number_sign(tmp_path: Path) -> None:
    path = tmp_path / "a#1"
    Image.fromarray(STACK[0]).save(path, "PNG")
    assert split_number(path) == (path, None)
    assert np.array_equal(read_numbered(path), STACK[0])
    with pytest.raises(FrameError, match=r"no such file|cannot be read"):
        read_numbered(tmp_path / "b.tif#1")


def test_frames_of_a_video_in_any_order(tmp_path: Path) -> None:
    frames = moving_blob()
    file = write_video(tmp_path / "clip.mkv", frames)
    for number in (5, 1, 7, 0):
        assert np.array_equal(read_numbered(numbered_path(file, number)), frames[number])
    assert numbered_shape(numbered_path(file, 3)) == frames[0].shape


def test_a_modified_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "night.tif"
    for times in (1, 2):
        tifffile.imwrite(file, STACK * times, photometric="minisblack")
        os.utime(file, ns=(times, times))
        assert np.array_equal(read_numbered(numbered_path(file, 1)), STACK[1] * times)
