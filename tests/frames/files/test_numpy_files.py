"""NumPy arrays and archives as files of frames."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from irpoint.errors import FrameError, IrpointWarning
from irpoint.frames import find_frames, frame_shape, open_source, read_frame
from support.arrays import frames_both_ways, thermal_stack
from support.sources import read_frames, read_with_problems

STACK = thermal_stack(5)


@pytest.fixture(autouse=True)
def _no_warnings():
    """A file that can be read in one way only is read without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", IrpointWarning)
        yield


@pytest.mark.parametrize("dtype", ["u1", "i1", ">u2", "<i2", ">i4", "u8", "f2", ">f4", "f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_stack_of_any_type_and_memory_order(tmp_path: Path, dtype: str, order: str) -> None:
    stack = np.array(STACK % 100, dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", stack)
    frames = frames_both_ways(tmp_path / "a.npy")
    assert np.array_equal(frames, stack)
    assert frames.dtype.isnative


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (STACK[0], STACK[:1]),
        (STACK[:1], STACK[:1]),
        (STACK[0][..., None], STACK[:1]),
        (STACK[..., None], STACK),
        (STACK[:, None], STACK),
        (STACK[None], STACK),
        (np.repeat(STACK[..., None] % 256, 3, -1).astype(np.uint8), STACK % 256),
        (np.repeat(STACK[0, ..., None] % 256, 4, -1).astype(np.uint8), STACK[:1] % 256),
    ],
    ids=["HW", "1HW", "HW1", "THW1", "T1HW", "1THW", "THW3", "HW4"],
)
def test_the_shapes_of_frames_and_stacks(
    tmp_path: Path, array: np.ndarray, expected: np.ndarray
) -> None:
    np.save(tmp_path / "a.npy", array)
    assert np.array_equal(frames_both_ways(tmp_path / "a.npy"), expected)


def test_a_stack_is_not_one_frame(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    for read in (read_frame, frame_shape):
        with pytest.raises(FrameError, match=r"a\.npy: holds 5 frames"):
            read(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", STACK[:1])
    assert frame_shape(tmp_path / "b.npy") == STACK.shape[1:]


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (STACK.astype(complex), "complex"),
        (np.zeros((9, 9), [("a", "u1"), ("b", "f4")]), "cannot use pixels of type"),
        (np.array([["a", "b"]]), "cannot use pixels of type"),
        (np.zeros((9, 9), object), "Python objects"),
        (np.zeros(9), r"shape \(9,\) is not one frame"),
        (np.zeros((2, 3, 9, 9, 9)), r"shape \(2, 3, 9, 9, 9\) is not"),
        (np.zeros((5, 3, 20, 30)), r"shape \(5, 3, 20, 30\) is not"),
        (np.zeros((0, 20, 30)), "no frames"),
        (np.zeros((2, 0, 30)), "no pixels"),
    ],
)
def test_what_is_no_frame_is_refused_in_a_line(
    tmp_path: Path, array: np.ndarray, word: str
) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=array.dtype.hasobject)
    frames, (reason,) = read_with_problems(tmp_path / "a.npy")
    assert not frames
    assert reason.startswith(str(tmp_path / "a.npy"))
    with pytest.raises(FrameError, match=word):
        raise FrameError(reason)


def test_a_truncated_stack_is_an_error_and_not_fewer_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, STACK)
    path.write_bytes(path.read_bytes()[:-100])
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert "truncated" in reason


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_only_array_of_an_archive(tmp_path: Path, save) -> None:
    save(
        tmp_path / "a.npz", frames=np.asfortranarray(STACK), fps=25.0, times=np.arange(5.0),
        points=np.zeros((40, 3)), name="camera",
    )  # fmt: skip
    assert np.array_equal(frames_both_ways(tmp_path / "a.npz"), STACK)


def test_arrays_that_are_numbered_are_a_sequence(tmp_path: Path) -> None:
    many = thermal_stack(12)
    np.savez(tmp_path / "a.npz", *many)  # arr_0 to arr_11
    assert np.array_equal(frames_both_ways(tmp_path / "a.npz"), many)
    np.savez(tmp_path / "b.npz", part2=STACK[3:], part10=STACK[:2])
    np.savez(tmp_path / "c.npz", part2=STACK[3:], part10=STACK[1:3])
    assert np.array_equal(frames_both_ways(tmp_path / "c.npz"), STACK[[3, 4, 1, 2]])


def test_several_arrays_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=STACK, masks=STACK > 7050)
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert "2 arrays may be frames: images (5, 24, 32) uint16, masks (5, 24, 32) bool" in reason
    assert reason.endswith(f"give one, such as {path}:images")
    (frame, *_) = read_frames(f"{path}:images")
    assert frame.source == f"{path}:images"
    assert np.array_equal(frames_both_ways(f"{path}:images"), STACK)
    assert np.array_equal(frames_both_ways(f"{path}:masks"), STACK > 7050)
    _, (reason,) = read_with_problems(f"{path}:nothing")
    assert "no array 'nothing'; it has images" in reason


def test_an_array_can_be_named_for_every_file_of_a_pattern(tmp_path: Path) -> None:
    for name in ("2.npz", "10.npz"):
        np.savez(tmp_path / name, images=STACK, masks=STACK)
    found = find_frames([str(tmp_path / "*.npz:images")])
    assert [str(path) for path in found] == [
        f"{tmp_path}/2.npz:images",
        f"{tmp_path}/10.npz:images",
    ]
    with pytest.raises(FrameError, match="no such file"):
        find_frames([str(tmp_path / "none.npz:images")])


@pytest.mark.parametrize(
    ("arrays", "word"),
    [
        ({"times": np.arange(5.0)}, r"no array of numbers with rows and columns; it has times"),
        ({"objects": np.zeros((9, 9), object)}, "without arrays of numbers"),
        ({"a": np.zeros((3, 3)), "b": np.zeros((4, 4))}, "2 arrays may be frames: a"),
    ],
)
def test_an_archive_without_frames_is_refused(tmp_path: Path, arrays: dict, word: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    _, (reason,) = read_with_problems(tmp_path / "a.npz")
    with pytest.raises(FrameError, match=word):
        raise FrameError(reason)


def test_another_zip_archive_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.txt", "text")
    assert "without arrays" in read_with_problems(tmp_path / "a.npz")[1][0]
    np.savez_compressed(tmp_path / "b.npz", STACK)
    data = bytearray((tmp_path / "b.npz").read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "b.npz").write_bytes(data)
    frames, (reason,) = read_with_problems(tmp_path / "b.npz")
    assert not frames
    assert "damaged" in reason


def test_a_frame_does_not_depend_on_the_file_after_reading(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    with open_source(tmp_path / "a.npy").open() as stack:
        frame = stack.read(0)
    (tmp_path / "a.npy").write_bytes(b"")
    assert np.array_equal(frame, STACK[0])
