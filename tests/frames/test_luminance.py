"""The luminance of video frames, as stored, in every pixel format."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.errors import FrameError
from irpoint.frames.luminance import luminance

av = pytest.importorskip("av", reason="PyAV is not installed")


@pytest.mark.parametrize(
    ("pixels", "dtype"), [("gray", "u1"), ("gray16le", "<u2"), ("gray16be", ">u2")]
)
def test_any_byte_order_and_width(pixels: str, dtype: str) -> None:
    frame = np.arange(33 * 47).reshape(33, 47).astype(dtype)  # rows are padded in memory
    image = av.VideoFrame(47, 33, pixels)
    across = image.planes[0].line_size // frame.itemsize
    np.frombuffer(image.planes[0], dtype).reshape(-1, across)[:33, :47] = frame
    assert np.array_equal(luminance(image), frame)


@pytest.mark.parametrize(
    "pixels",
    [
        "yuyv422", "yvyu422", "uyvy422", "vyu444", "ayuv", "uyva", "vuya", "vuyx",
        "y210le", "y212le", "y216le", "ayuv64le",
    ],
)  # fmt: skip
def test_packed_luma_is_read_as_stored(pixels: str) -> None:
    """FFmpeg's own conversion to grey would stretch 16–235 to 0–255 and clip the rest."""
    deep = pixels.endswith("le")
    planar = av.VideoFrame(38, 20, "yuv444p16le" if deep else "yuv444p")
    rng = np.random.default_rng(0)
    for number, plane in enumerate(planar.planes):
        values = rng.integers(0, 1024 if deep else 256, plane.buffer_size // (1 + deep))
        if number:
            values[:] = 512 if deep else 128
        stored = (values << 6).astype("<u2") if deep else values.astype("u1")
        plane.update(stored.tobytes())
    luma = luminance(planar)
    assert np.array_equal(luminance(planar.reformat(format=pixels)), luma)


def test_grey_with_transparency_is_read_as_stored() -> None:
    image = av.VideoFrame(6, 4, "ya8")
    across = image.planes[0].line_size
    pairs = np.arange(4 * across, dtype=np.uint8).reshape(4, across)
    image.planes[0].update(pairs.tobytes())
    assert np.array_equal(luminance(image), pairs[:, :12:2])


PLANAR = [
    "yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "yuv440p", "yuva420p", "yuvj420p",
    "yuvj422p", "yuvj444p", "nv12", "nv21", "nv16", "nv24", "nv42", "yuv420p10le", "yuv422p10be",
    "yuv444p12le", "yuv420p16le", "p010le", "p010be", "p012le", "p016le", "p210le", "p410le",
    "gray", "gray9le", "gray10le", "gray12be", "gray14le", "gray16le", "gray32le", "grayf32le",
    "grayf16le",
]  # fmt: skip


@pytest.mark.parametrize("pixels", PLANAR)
def test_the_first_plane_is_read_as_stored(pixels: str) -> None:
    image = av.VideoFrame(38, 20, pixels)
    bits = image.format.components[0].bits
    kind = "f" if "f" in pixels else "u"
    size = 1 if bits <= 8 else 2 if bits <= 16 else 4
    dtype = np.dtype(f"{'>' if pixels.endswith('be') else '<'}{kind}{size}")
    values = np.random.default_rng(0).integers(
        0, 256, image.planes[0].buffer_size // dtype.itemsize
    )
    image.planes[0].update(values.astype(dtype).tobytes())
    across = image.planes[0].line_size // dtype.itemsize
    expected = values.reshape(20, across)[:, :38]
    assert np.array_equal(luminance(image), expected)
    assert luminance(image).dtype == (np.float32 if kind == "f" else dtype.newbyteorder("="))


@pytest.mark.parametrize(
    ("pixels", "dtype", "step", "positions"),
    [("uyyvyy411", "u1", 6, [1, 2, 4, 5]), ("xv36le", "<u2", 4, [1]), ("xv36be", ">u2", 4, [1]),
     ("xv48le", "<u2", 4, [1])],
)  # fmt: skip
def test_packed_formats_that_ffmpeg_stretches(
    pixels: str, dtype: str, step: int, positions: list[int]
) -> None:
    image = av.VideoFrame(40, 20, pixels)
    across = image.planes[0].line_size // np.dtype(dtype).itemsize
    stored = np.random.default_rng(0).integers(0, 256, (20, across)).astype(dtype)
    image.planes[0].update(stored.tobytes())
    groups = stored[:, : 40 // len(positions) * step].reshape(20, -1, step)
    assert np.array_equal(luminance(image), groups[:, :, positions].reshape(20, 40))


@pytest.mark.parametrize(("pixels", "shift"), [("xv30le", 10), ("v30xle", 12)])
def test_luma_inside_words(pixels: str, shift: int) -> None:
    image = av.VideoFrame(16, 8, pixels)
    luma = np.arange(8 * 16, dtype=np.uint32).reshape(8, 16) * 7
    words = np.full((8, image.planes[0].line_size // 4), 0x3, "<u4")
    words[:, :16] |= luma << shift
    image.planes[0].update(words.tobytes())
    assert np.array_equal(luminance(image), luma)


@pytest.mark.parametrize(
    "pixels",
    [
        "rgb24",
        "bgr24",
        "rgba",
        "bgr0",
        "gbrp",
        "gbrap",
        "rgb48le",
        "bgr48be",
        "gbrp16le",
        "rgba64le",
    ],
)
def test_grey_stored_as_rgb_is_exact(pixels: str) -> None:
    deep = "48" in pixels or "16" in pixels or "64" in pixels
    grey = np.random.default_rng(0).integers(0, 65536 if deep else 256, (20, 38))
    colours = np.repeat(grey[..., None], 3, axis=-1).astype(np.uint16 if deep else np.uint8)
    image = av.VideoFrame.from_ndarray(colours, "rgb48le" if deep else "rgb24")
    assert np.array_equal(luminance(image.reformat(format=pixels)), grey)


def test_a_grey_palette_is_applied() -> None:
    index = np.random.default_rng(0).integers(0, 256, (20, 38)).astype(np.uint8)
    grey = np.arange(255, -1, -1, dtype=np.uint8)
    palette = np.stack([np.full(256, 255, np.uint8), grey, grey, grey], axis=-1)
    image = av.VideoFrame.from_ndarray((index, palette), "pal8")
    assert np.array_equal(luminance(image), grey[index])


def test_a_format_that_cannot_be_converted_is_an_error() -> None:
    with pytest.raises(FrameError, match="video pixel format rgb96le cannot be read"):
        luminance(av.VideoFrame(16, 8, "rgb96le"))
