"""HDF5 files, and MAT files of version 7.3."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.frames import frame_shape, read_frame
from support.arrays import frames_both_ways, thermal_stack
from support.sources import read_with_problems

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

STACK = thermal_stack(5)
MATLAB_HEAD = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"


def write(path: Path, head: bytes = b"", **datasets: Any) -> Path:
    with h5py.File(path, "w", userblock_size=512 if head else 0) as file:
        for name, data in datasets.items():
            file.create_dataset(name.replace("__", "/"), data=data)
    if head:
        with path.open("r+b") as stream:
            stream.write(head)
    return path


@pytest.mark.parametrize("dtype", ["u1", ">u2", "i4", "f2", "f8", "?"])
def test_frames_lie_along_the_first_axis(tmp_path: Path, dtype: str) -> None:
    stack = (STACK % 100).astype(dtype)
    path = write(tmp_path / "a.h5", cam__frames=stack, cam__times=np.arange(5.0), roi=np.eye(4))
    assert np.array_equal(frames_both_ways(path), stack)


@pytest.mark.parametrize("chunks", [True, (1, 24, 32)])
def test_compressed_chunks(tmp_path: Path, chunks: Any) -> None:
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_dataset("x", data=STACK, chunks=chunks, compression="gzip", shuffle=True)
    assert np.array_equal(frames_both_ways(tmp_path / "a.hdf5"), STACK)


def test_one_frame_from_a_path_and_from_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", x=STACK[0])
    assert np.array_equal(read_frame(path), STACK[0])
    assert np.array_equal(read_frame(path.read_bytes()), STACK[0])
    assert frame_shape(path) == (24, 32)


def test_several_data_sets_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", lwir__data=STACK, mwir__data=STACK + 1)
    _, (reason,) = read_with_problems(path)
    assert "2 arrays may be frames: /lwir/data (5, 24, 32) uint16, /mwir/data" in reason
    assert reason.endswith(f"{path}:/lwir/data")
    assert np.array_equal(frames_both_ways(f"{path}:/mwir/data"), STACK + 1)
    assert np.array_equal(frames_both_ways(f"{path}:lwir/data"), STACK)
    _, (reason,) = read_with_problems(f"{path}:none")
    assert "no array '/none'" in reason


def test_a_file_of_matlab_has_frames_along_the_last_axis(tmp_path: Path) -> None:
    # MATLAB writes its first axis last, so (H, W, T) is (T, W, H) in the file.
    path = write(tmp_path / "a.mat", MATLAB_HEAD, ir=STACK.transpose(0, 2, 1), note=np.ones((9, 9)))
    with h5py.File(path, "r+") as file:
        file["ir"].attrs["MATLAB_class"] = np.bytes_("uint16")
        file["note"].attrs["MATLAB_class"] = np.bytes_("char")
        file.create_dataset("#refs#/a", data=STACK)
    assert np.array_equal(frames_both_ways(path), STACK)


def test_the_fill_value_of_netcdf_is_no_data(tmp_path: Path) -> None:
    frames = STACK.copy()
    frames[2, 3, 4] = 65535
    path = write(tmp_path / "a.h5", x=frames)
    with h5py.File(path, "r+") as file:
        file["x"].attrs["_FillValue"] = np.uint16(65535)
    with_nan = read_with_problems(path)[0]
    assert with_nan[1].frame.dtype == np.uint16
    assert np.isnan(with_nan[2].frame[3, 4])
    assert np.isnan(with_nan[2].frame).sum() == 1


def test_pixels_in_another_file_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(STACK.tobytes())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        external = [(str(tmp_path / "secret"), 0, STACK.nbytes)]
        file.create_dataset("x", STACK.shape, STACK.dtype, external=external)
    frames, (reason,) = read_with_problems(tmp_path / "a.h5")
    assert not frames
    assert "/x has its pixels in another file" in reason


@pytest.mark.parametrize(
    ("datasets", "word"),
    [
        ({"x": np.arange(5.0)}, "no array of numbers with rows and columns"),
        ({"x": STACK * 1j}, "no array of numbers"),
        ({"x": h5py.Empty("f4")}, "no array of numbers"),
    ],
)
def test_what_is_no_frame_is_refused(tmp_path: Path, datasets: Any, word: str) -> None:
    frames, (reason,) = read_with_problems(write(tmp_path / "a.h5", **datasets))
    assert not frames
    assert word in reason


def test_a_cut_file_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", x=STACK)
    path.write_bytes(path.read_bytes()[:-500])
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert reason.startswith(f"{path}: damaged")


def test_the_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.h5", x=STACK)
    monkeypatch.setitem(sys.modules, "h5py", None)
    _, (reason,) = read_with_problems(path)
    assert reason == f"{path}: HDF5 needs h5py; run pip install 'irpoint[hdf5]'"
