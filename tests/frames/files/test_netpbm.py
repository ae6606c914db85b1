"""Netpbm images, byte by byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.errors import FrameError, IrpointWarning
from irpoint.frames import frame_shape, read_frame
from support.arrays import frames_both_ways, thermal_stack

GREY = np.arange(54, dtype=np.uint8).reshape(6, 9) * 4
DEEP = thermal_stack(1)[0]
COLOUR = np.stack([GREY, GREY + 9, GREY // 2], -1)
LUMINANCE = COLOUR @ np.array([0.299, 0.587, 0.114])


def text(values: np.ndarray) -> bytes:
    return b"\n".join(b" ".join(str(v).encode() for v in row.ravel()) for row in values)


def header(kind: str, array: np.ndarray, top: int | str = "") -> bytes:
    return f"{kind}\n# made by hand\n{array.shape[1]} {array.shape[0]}\n{top}\n".encode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (header("P5", GREY, 255) + GREY.tobytes(), GREY),
        (header("P5", DEEP, 65535) + DEEP.astype(">u2").tobytes(), DEEP),
        (header("P5", DEEP, 16383) + DEEP.astype(">u2").tobytes(), DEEP),
        (header("P5", GREY, 256) + GREY.astype(">u2").tobytes(), GREY.astype(np.uint16)),
        (b"P5 9 6 255\r" + GREY.tobytes(), GREY),
        (b"P5\r\n9 6\r\n255\r\n" + GREY.tobytes(), GREY),
        (header("P2", DEEP, 16383) + text(DEEP), DEEP),
        (header("P2", GREY, 255) + b"# row one\n" + text(GREY), GREY),
        (header("P3", GREY, 255) + text(COLOUR), LUMINANCE),
        (header("P6", GREY, 255) + COLOUR.tobytes(), LUMINANCE),
        (header("P6", GREY, 300) + COLOUR.astype(">u2").tobytes(), LUMINANCE),
        (b"P1\n3 2\n1 0 1\n010", np.array([[0, 1, 0], [1, 0, 1]], np.uint8)),
        (b"P4\n9 2\n\xff\x80\x00\x00", np.array([[0] * 9, [1] * 9], np.uint8)),
        (b"Pf\n9 6\n-1.0\n" + GREY[::-1].astype("<f4").tobytes(), GREY.astype(np.float32)),
        (b"Pf\n9 6\n1.0\n" + GREY[::-1].astype(">f4").tobytes(), GREY.astype(np.float32)),
        (b"PF\n9 6\n-1\n" + COLOUR[::-1].astype("<f4").tobytes(), LUMINANCE),
    ],
    ids=[
        "P5", "P5-16", "P5-14", "P5-9bit", "P5-one-line", "P5-windows", "P2-14", "P2-comment",
        "P3", "P6", "P6-16", "P1", "P4", "Pf-little", "Pf-big", "PF",
    ],
)  # fmt: skip
def test_pixels_are_as_stored(tmp_path: Path, data: bytes, expected: np.ndarray) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(data)
    (frame,) = frames_both_ways(path)
    assert np.allclose(frame, expected, atol=1e-4)
    if expected is not LUMINANCE:
        assert frame.dtype == expected.dtype
    assert frame_shape(path) == expected.shape
    assert np.array_equal(read_frame(data), frame)


@pytest.mark.parametrize(("depth", "kind"), [(1, "GRAYSCALE"), (2, "GRAYSCALE_ALPHA"), (3, "RGB")])
def test_pam(depth: int, kind: str) -> None:
    pixels = np.stack([DEEP, DEEP, DEEP][:depth], -1)
    if depth == 2:
        pixels[..., 1] = 65535
    head = f"P7\nWIDTH 32\nHEIGHT 24\nDEPTH {depth}\nMAXVAL 65535\nTUPLTYPE {kind}\nENDHDR\n"
    assert np.array_equal(read_frame(head.encode() + pixels.astype(">u2").tobytes()), DEEP)


def test_images_one_after_the_other_are_frames(tmp_path: Path) -> None:
    stack = thermal_stack(4)
    one = header("P5", DEEP, 65535)
    (tmp_path / "a.pgm").write_bytes(b"".join(one + f.astype(">u2").tobytes() for f in stack))
    assert np.array_equal(frames_both_ways(tmp_path / "a.pgm"), stack)


def test_the_wrong_byte_order_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(header("P5", DEEP, 65535) + DEEP.astype("<u2").tobytes())
    with pytest.warns(IrpointWarning, match=r"a\.pgm: the bytes of the pixels look swapped"):
        read_frame(tmp_path / "a.pgm")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (header("P5", DEEP, 65535) + DEEP.tobytes()[:-2], "truncated"),
        (header("P2", DEEP, 65535) + text(DEEP[:-1]), "truncated"),
        (b"P5\n9 -6\n255\n" + bytes(54), "damaged header"),
        (b"P5\n9\n", "damaged header"),
        (b"P5\n9 6\n70000\n" + bytes(200), "maxval 70000"),
        (b"P7\nWIDTH 9\nHEIGHT 6\nDEPTH 1\n", "damaged header"),
        (b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 9\nMAXVAL 255\nENDHDR\n" + bytes(36), "9 channels"),
    ],
)
def test_a_damaged_file_is_an_error_of_one_line(data: bytes, word: str) -> None:
    with pytest.raises(FrameError, match=word) as caught:
        read_frame(data, "a.pgm")
    assert str(caught.value).startswith("a.pgm: ")
