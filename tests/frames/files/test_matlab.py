"""MAT files of version 4 and 5."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from irpoint.errors import FrameWarning
from irpoint.frames import frame_shape, read_frame
from support.arrays import frames_both_ways, thermal_stack
from support.sources import read_frames, read_with_problems

STACK = thermal_stack(5)
MATLAB = np.moveaxis(STACK, 0, -1)  # frames along the last axis


def save(path: Path, **variables: Any) -> Path:
    scipy.io.savemat(path, variables)
    return path


@pytest.mark.parametrize("compressed", [False, True])
def test_frames_lie_along_the_last_axis(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "a.mat"
    info = {"fps": 25.0, "name": "camera", "times": np.arange(5.0), "pose": np.eye(4)}
    scipy.io.savemat(path, {"frames": MATLAB, "info": info} | info, do_compression=compressed)
    frames = frames_both_ways(path)
    assert frames.dtype == np.uint16
    assert np.array_equal(frames, STACK)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "?"])
def test_one_frame_of_any_type(tmp_path: Path, dtype: str) -> None:
    frame = (STACK[0] % 100).astype(dtype)
    path = save(tmp_path / "a.mat", x=frame)
    assert np.array_equal(read_frame(path), frame)
    assert frame_shape(path) == frame.shape


def test_version_4(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"img": STACK[0].astype(float)}, format="4")
    assert np.array_equal(read_frame(tmp_path / "a.mat"), STACK[0])


def test_a_stack_that_python_wrote(tmp_path: Path) -> None:
    stack = thermal_stack(5, (120, 160))
    path = save(tmp_path / "a.mat", x=stack)
    with pytest.warns(FrameWarning, match="read as 5 frames of 120 × 160"):
        frames = read_frames(path)
    assert np.array_equal([item.frame for item in frames], stack)


def test_several_variables_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", ir=MATLAB, visible=MATLAB)
    _, (reason,) = read_with_problems(path)
    assert "2 arrays may be frames: ir (24, 32, 5) uint16, visible" in reason
    assert np.array_equal(frames_both_ways(f"{path}:visible"), STACK)


@pytest.mark.parametrize(
    ("variables", "array", "word"),
    [
        ({"x": "text"}, "", "no array of numbers with rows and columns; it has none"),
        ({"x": {"y": 1.0}}, ":x", "x is not an array of numbers"),
        (
            {"x": MATLAB * 1j},
            "",
            "no array of numbers with rows and columns; it has x (24, 32, 5) c",
        ),
        ({"x": MATLAB * 1j}, ":x", "cannot use pixels of type complex128"),
    ],
)
def test_what_is_no_frame_is_refused(
    tmp_path: Path, variables: dict[str, Any], array: str, word: str
) -> None:
    path = save(tmp_path / "a.mat", **variables)
    frames, (reason,) = read_with_problems(f"{path}{array}")
    assert not frames
    assert word in reason


@pytest.mark.parametrize("place", ["type of the numbers", "type of the sides", "size", "frames"])
def test_a_damaged_header_is_an_error(tmp_path: Path, place: str) -> None:
    """SciPy's reader crashes the process at an element of unknown type."""
    path = save(tmp_path / "a.mat", x=MATLAB)
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<II", 4, STACK.nbytes))
    position, value = {
        "type of the numbers": (at, 0x2004),
        "type of the sides": (128 + 8 + 16, 300),
        "frames": (128 + 8 + 16 + 8 + 8, 2**24),
        "size": (at + 4, STACK.nbytes * 64),
    }[place]
    struct.pack_into("<I", content, position, value)
    path.write_bytes(content)
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert "damaged" in reason


def test_a_cut_file_is_skipped(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", x=MATLAB)
    path.write_bytes(path.read_bytes()[:3000])
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert reason == f"{path}: the file is truncated; copy or export it again"


@pytest.mark.parametrize("at", [128, 129, 160])
def test_a_damaged_tag_is_an_error(tmp_path: Path, at: int) -> None:
    """SciPy's reader crashes on some of these files."""
    path = save(tmp_path / "a.mat", x=MATLAB)
    data = bytearray(path.read_bytes())
    data[at] ^= 0x82
    path.write_bytes(data)
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert reason.startswith(f"{path}: ")


def test_a_file_of_a_big_endian_machine(tmp_path: Path) -> None:
    flags = struct.pack(">4I", 6, 8, 11, 0)  # uint16
    sides = struct.pack(">2I3i4x", 5, 12, 24, 32, 5)
    name = struct.pack(">HH4s", 1, 1, b"x")
    values = MATLAB.astype(">u2").tobytes(order="F")
    matrix = flags + sides + name + struct.pack(">2I", 4, len(values)) + values
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    path = tmp_path / "a.mat"
    path.write_bytes(head + struct.pack(">2I", 14, len(matrix)) + matrix)
    assert np.array_equal(frames_both_ways(path), STACK)
