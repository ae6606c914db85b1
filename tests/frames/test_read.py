"""Reading a frame: formats, depths, colours and damage."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames import frame_shape, read_frame
from irpoint.frames.read import FrameFile

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (6, 9)).astype(np.uint8)
DEEP = RNG.integers(0, 65536, (6, 9)).astype(np.uint16)
COLOUR = RNG.integers(0, 256, (6, 9, 3)).astype(np.uint8)
LUMINANCE = COLOUR.astype(np.float64) @ (0.299, 0.587, 0.114)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def tiff(array: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def predicted(kind: int, left: np.ndarray, up: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """The value that PNG filter ``kind`` predicts (PNG specification, section 9)."""
    if kind < 4:
        return (np.zeros_like(left), left, up, (left + up) // 2)[kind]
    estimate = left + up - corner
    distance = np.abs(estimate - np.stack((left, up, corner)))
    return np.choose(np.argmin(distance, axis=0), (left, up, corner))


def png16(array: np.ndarray, colour_type: int) -> bytes:
    """A 16-bit PNG of (H, W, C) that uses every row filter, made without Pillow."""
    height, width, channels = array.shape
    rows = np.frombuffer(array.astype(">u2").tobytes(), np.uint8).reshape(height, -1).astype(int)
    padded = np.pad(rows, ((1, 0), (2 * channels, 0)))
    body = b""
    for y, row in enumerate(rows):
        corner, left = padded[y : y + 2, : len(row)]
        guess = predicted(y % 5, left, padded[y, 2 * channels :], corner)
        body += bytes([y % 5]) + ((row - guess) % 256).astype(np.uint8).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(body)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_grey_8_bit_is_read_exactly(kind: str) -> None:
    frame = read_frame(saved(Image.fromarray(GREY), kind))
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, GREY)


def test_webp_lossless_grey_is_one_channel() -> None:
    frame = read_frame(saved(Image.fromarray(GREY).convert("RGB"), "WEBP", lossless=True))
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, GREY)


def test_jpeg_is_read_to_one_count() -> None:
    flat = np.full((16, 16), 77, np.uint8)
    assert np.abs(read_frame(saved(Image.fromarray(flat), "JPEG")).astype(int) - 77).max() <= 1


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"byteorder": ">"}])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_tiff_keeps_every_type(dtype: str, options: dict[str, Any]) -> None:
    array = (RNG.random((5, 7)) * 30000).astype(dtype)
    frame = read_frame(tiff(array, **options))
    assert frame.dtype == array.dtype
    assert frame.dtype.isnative
    assert np.array_equal(frame, array)


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_compressed_16_bit_tiff(compression: str) -> None:
    frame = read_frame(saved(Image.fromarray(DEEP), "TIFF", compression=compression))
    assert frame.dtype == np.uint16
    assert np.array_equal(frame, DEEP)


def test_white_is_zero_tiff_is_inverted() -> None:
    assert np.array_equal(read_frame(tiff(DEEP, photometric="miniswhite")), 65535 - DEEP)
    mask = GREY > 99
    assert np.array_equal(
        read_frame(saved(Image.fromarray(mask), "TIFF", compression="group4")), mask
    )


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_16_bit_colour_tiff(planar: str) -> None:
    equal = np.repeat(DEEP[..., None], 3, axis=2)
    stored = np.moveaxis(equal, 2, 0) if planar == "separate" else equal
    frame = read_frame(tiff(np.ascontiguousarray(stored), photometric="rgb", planarconfig=planar))
    assert frame.dtype == np.uint16
    assert np.array_equal(frame, DEEP)


def test_16_bit_grey_png() -> None:
    frame = read_frame(saved(Image.fromarray(DEEP), "PNG"))
    assert frame.dtype == np.uint16
    assert np.array_equal(frame, DEEP)


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colour_png_keeps_16_bits(colour_type: int, channels: int) -> None:
    array = np.repeat(DEEP[..., None], channels, axis=2)
    if colour_type in (4, 6):
        array[..., -1] = RNG.integers(0, 65536, DEEP.shape)
    frame = read_frame(png16(array, colour_type))
    assert frame.dtype == np.uint16
    assert np.array_equal(frame, DEEP)


def test_16_bit_colour_png_gives_its_luminance() -> None:
    array = RNG.integers(0, 65536, (6, 9, 3)).astype(np.uint16)
    frame = read_frame(png16(array, 2))
    assert frame.dtype == np.float32
    np.testing.assert_allclose(frame, array @ (0.299, 0.587, 0.114), rtol=1e-6)


def test_colours_that_differ_give_their_luminance_without_rounding() -> None:
    frame = read_frame(saved(Image.fromarray(COLOUR), "PNG"))
    assert frame.dtype == np.float32
    np.testing.assert_allclose(frame, LUMINANCE, rtol=1e-6)
    assert not np.array_equal(frame, np.round(frame))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_a_palette_is_applied(kind: str) -> None:
    image = Image.new("P", (9, 6))
    image.putdata((GREY // 64).ravel().tolist())
    image.putpalette([v for level in (200, 10, 90, 30) for v in (level, level, level)])
    frame = read_frame(saved(image, kind))
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, np.array([200, 10, 90, 30])[GREY // 64])


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_ignored(mode: str) -> None:
    image = Image.fromarray(GREY).convert(mode)
    image.putalpha(Image.fromarray(COLOUR[..., 0]))
    frame = read_frame(saved(image, "PNG"))
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, GREY)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_1_bit_becomes_uint8(kind: str) -> None:
    mask = GREY > 99
    frame = read_frame(saved(Image.fromarray(mask), kind))
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, mask)


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "i4", "f4", ">f8"])
def test_npy_keeps_its_type(dtype: str) -> None:
    array = (RNG.random((4, 5)) * 200).astype(dtype)
    frame = read_frame(npy(np.asfortranarray(array)))
    assert frame.dtype == array.dtype.newbyteorder("=")
    assert frame.flags.c_contiguous
    assert np.array_equal(frame, array)


def test_path_stream_bytes_and_standard_input_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = saved(Image.fromarray(DEEP), "PNG")
    wrong_suffix = tmp_path / "frame.jpg"
    wrong_suffix.write_bytes(data)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    for source in (wrong_suffix, str(wrong_suffix), data, io.BytesIO(data), "-"):
        assert np.array_equal(read_frame(source), DEEP)


TWO_PAGES = io.BytesIO()
tifffile.imwrite(TWO_PAGES, np.stack((GREY, GREY)), photometric="minisblack")
ANIMATED = saved(
    Image.fromarray(COLOUR),
    "WEBP",
    save_all=True,
    append_images=[Image.fromarray(255 - COLOUR)],
    lossless=True,
)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"hello, this is text", "not a readable format"),
        (TWO_PAGES.getvalue(), "pages"),
        (ANIMATED, "2 frames"),
        (npy(np.array([[1, None]], object), allow_pickle=True), "objects"),
        (npy(np.zeros((4, 12, 16))), "holds 4 frames"),
        (npy(np.zeros((0, 5))), "no pixels"),
        (npy(np.zeros((4, 5), complex)), "complex"),
        (npy(np.full((4, 5), np.nan)), "finite"),
    ],
)
def test_a_file_that_is_no_frame_is_an_error(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    with pytest.raises(FrameError, match=word) as caught:
        read_frame(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.fromarray(COLOUR), "PNG"),
        saved(Image.fromarray(np.tile(COLOUR, (8, 8, 1))), "JPEG"),
        saved(Image.fromarray(COLOUR), "BMP"),
        saved(Image.fromarray(COLOUR), "WEBP", lossless=True),
        saved(Image.fromarray(DEEP), "TIFF", compression="tiff_lzw"),
        tiff(DEEP, compression="zlib", metadata=None),
        npy(DEEP),
        png16(np.repeat(DEEP[..., None], 3, axis=2), 2),
    ],
    ids=["png", "jpeg", "bmp", "webp", "tiff-lzw", "tiff-zlib", "npy", "png16"],
)
def test_half_of_a_file_is_an_error(data: bytes) -> None:
    read_frame(data)
    with pytest.raises(FrameError):
        read_frame(data[: len(data) // 2])


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="no such file"):
        read_frame(tmp_path / "none.png")
    with pytest.raises(FrameError, match="folder"):
        frame_shape(tmp_path)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 400), at=st.integers(0, 399), value=st.integers(0, 255))
def test_damaged_bytes_give_a_frame_or_an_error_of_one_line(cut: int, at: int, value: int) -> None:
    data = bytearray(tiff(DEEP, compression="zlib", metadata=None)[: cut + 8])
    data[at % len(data)] = value
    try:
        assert read_frame(bytes(data)).ndim == 2
    except FrameError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.fromarray(COLOUR), "PNG"),
        tiff(DEEP),
        npy(DEEP),
        saved(Image.fromarray(COLOUR), "JPEG"),
    ],
)
def test_frame_shape_is_height_and_width(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "frame"
    path.write_bytes(data)
    assert frame_shape(path) == (6, 9)


def test_pages_of_a_tiff_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    pages = np.random.default_rng(0).integers(0, 2**14, (7, 20, 30)).astype(np.uint16)
    with tifffile.TiffWriter(path) as writer:
        for number, page in enumerate(pages):
            writer.write(page, contiguous=False)
            if number == 2:  # a thumbnail, which is no frame
                writer.write(page[::4, ::4], subfiletype=1, contiguous=False)
    with FrameFile(path) as file:
        assert len(file) == 7
        for number in (6, 0, 3, 2, 5):
            assert np.array_equal(file.read(number), pages[number])
        with pytest.raises(FrameError, match="no frame 7; it has 7"):
            file.read(7)


def test_pages_of_another_format_under_the_suffix_of_a_tiff(tmp_path: Path) -> None:
    path = tmp_path / "frame.tif"
    path.write_bytes(saved(Image.fromarray(DEEP), "PNG"))
    with FrameFile(path) as file:
        assert len(file) == 1
        assert np.array_equal(file.read(0), DEEP)


def test_the_shape_of_an_array_that_is_no_frame_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "frame.npy"
    path.write_bytes(npy(np.zeros((2, 3, 4, 5))))
    with pytest.raises(FrameError, match=r"shape \(2, 3, 4, 5\) is not one frame"):
        frame_shape(path)
