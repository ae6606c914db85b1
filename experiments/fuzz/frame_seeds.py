"""Valid files of frames: images, TIFF, arrays, headerless frames and videos."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from experiments.fuzz.kind import Seed

Pixels = npt.NDArray[Any]
SHAPE = (40, 48)


def frame(dtype: str = "uint8", seed: int = 0) -> Pixels:
    """A noisy frame with one point target, of 40 rows and 48 columns."""
    rows, columns = np.indices(SHAPE)
    target = 70 * np.exp(-((rows - 20) ** 2 + (columns - 25) ** 2) / 5)
    counts = 100 + np.random.default_rng(seed).normal(0, 4, SHAPE) + target
    pixels: Pixels = counts > 120 if dtype == "bool" else counts.astype(dtype)
    return pixels


def image_bytes(pixels: Pixels, file_format: str, mode: str = "", **options: Any) -> bytes:
    """Pixels in a file format of Pillow, converted to ``mode`` if one is given."""
    image = Image.fromarray(pixels)
    stream = io.BytesIO()
    (image.convert(mode) if mode else image).save(stream, file_format, **options)
    return stream.getvalue()


def png() -> Iterator[Seed]:
    """PNG of every colour type and depth."""
    for mode in ("", "1", "P", "RGB", "RGBA", "LA"):
        yield Seed.file("frame.png", image_bytes(frame(), "PNG", mode))
    yield Seed.file("frame.png", image_bytes(frame("uint16"), "PNG"))
    yield Seed.file("frame.png", _png_colour_16())


def _png_colour_16() -> bytes:
    import struct
    import zlib

    pixels = np.repeat(frame("uint16")[..., None], 3, axis=2).astype(">u2")
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", SHAPE[1], SHAPE[0], 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def pictures() -> Iterator[Seed]:
    """JPEG, BMP, WebP, GIF and PGM."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation
    for options in ({}, {"progressive": True}, {"exif": exif}):
        yield Seed.file("frame.jpg", image_bytes(frame(), "JPEG", **options))
    for mode in ("RGB", "CMYK"):
        yield Seed.file("frame.jpg", image_bytes(frame(), "JPEG", mode))
    for mode in ("", "1", "P", "RGB"):
        yield Seed.file("frame.bmp", image_bytes(frame(), "BMP", mode))
    for lossless in (True, False):
        yield Seed.file("frame.webp", image_bytes(frame(), "WebP", lossless=lossless))
    yield Seed.file("frame.gif", image_bytes(frame(), "GIF"))
    for pixels in (frame(), frame("uint16")):
        depth = 255 if pixels.dtype == np.uint8 else 65535
        header = f"P5\n{SHAPE[1]} {SHAPE[0]}\n{depth}\n".encode()
        yield Seed.file(
            "frame.pgm", header + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
        )


_TIFFS: tuple[dict[str, Any], ...] = (
    {}, {"tile": (16, 16)}, {"byteorder": ">"}, {"bigtiff": True}, {"rowsperstrip": 7},
    {"compression": "zlib"}, {"compression": "lzma"}, {"photometric": "miniswhite"},
    {"tile": (16, 16), "compression": "zlib"}, {"subfiletype": 1},
)  # fmt: skip
_LIBTIFF = (
    ("tiff_lzw", "uint8"), ("tiff_lzw", "uint16"), ("packbits", "uint8"), ("tiff_deflate", "uint8"),
    ("tiff_adobe_deflate", "uint16"), ("jpeg", "uint8"), ("zstd", "uint8"),
    ("zstd", "uint16"), ("lzma", "float32"), ("group3", "bool"), ("group4", "bool"),
)  # fmt: skip


def tiff() -> Iterator[Seed]:
    """One-page TIFF of every data type and layout that tifffile and Pillow write."""
    for options in _TIFFS:
        yield _tiff(frame("uint16"), **options)
    for dtype in ("bool", "uint8", "int8", "int16", "uint32", "float16", "float32", "float64"):
        yield _tiff(frame(dtype))
    colour = np.stack([frame(seed=k) for k in range(3)])
    yield _tiff(colour, photometric="rgb", planarconfig="separate")
    yield _tiff(np.moveaxis(colour, 0, -1), photometric="rgb")
    for compression, dtype in _LIBTIFF:
        yield Seed.file("frame.tiff", image_bytes(frame(dtype), "TIFF", compression=compression))
    yield Seed.file("frame.tiff", image_bytes(frame(), "TIFF", "P"))


def tiff_pages() -> Iterator[Seed]:
    """TIFF of several pages, with thumbnails, pyramids and the metadata of microscopes."""
    stack = np.stack([frame("uint16", seed) for seed in range(3)])
    for options in _TIFFS[:7]:
        yield _tiff(stack, photometric="minisblack", **options)
    yield _tiff(stack, imagej=True)
    yield _tiff(stack, photometric="minisblack", ome=True)
    yield _tiff(stack, photometric="minisblack", planarconfig="contig", metadata=None)
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for page in stack:
            writer.write(page, subifds=1, metadata=None)
            writer.write(page[::2, ::2], subfiletype=1, metadata=None)
    yield Seed.file("stack.tif", stream.getvalue())


def _tiff(pixels: Pixels, **options: Any) -> Seed:
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, **options)
    return Seed.file("frame.tif", stream.getvalue())


def npy() -> Iterator[Seed]:
    """NumPy arrays: one frame, colour, several frames."""
    for dtype in ("bool", "uint8", ">u2", "int32", "float16", "float32", "float64"):
        yield _npy(frame(dtype))
    yield _npy(np.asfortranarray(frame()))
    yield _npy(np.stack([frame()] * 3, axis=2))
    yield _npy(np.stack([frame("uint16", seed) for seed in range(5)]))


def _npy(pixels: Pixels) -> Seed:
    stream = io.BytesIO()
    np.save(stream, pixels)
    return Seed.file("frame.npy", stream.getvalue())


def npz() -> Iterator[Seed]:
    """Archives of NumPy arrays."""
    for write in (np.savez, np.savez_compressed):
        for count in (1, 2):
            stream = io.BytesIO()
            write(stream, *(frame("uint16", seed) for seed in range(count)))
            yield Seed.file("frames.npz", stream.getvalue())


RAW = f"{SHAPE[1]}x{SHAPE[0]}:uint16:be"


def raw() -> Iterator[Seed]:
    """Headerless frames of the layout :data:`RAW`."""
    frames = np.stack([frame("uint16", seed) for seed in range(3)])
    yield Seed.file("frames.raw", frames.astype(">u2").tobytes())


# Codec, pixel format and containers.
_VIDEOS = (
    ("h264", "yuv420p", ("mp4", "avi", "mkv", "ts", "mov", "mpg")),
    ("mpeg4", "yuv420p", ("mp4", "avi", "mkv", "ts")),
    ("mpeg2video", "yuv420p", ("mpg", "ts", "mxf")),
    ("mjpeg", "yuvj420p", ("avi", "mkv", "mov", "mjpeg")),
    ("ffv1", "gray16le", ("avi", "mkv")),
    ("rawvideo", "yuyv422", ("avi",)),
    ("wmv2", "yuv420p", ("wmv",)),
    ("libvpx", "yuv420p", ("webm",)),
    ("rawvideo", "yuv420p", ("y4m",)),
)


def video() -> Iterator[Seed]:
    """Videos of eight frames in the containers and codecs of cameras."""
    frames = [frame(seed=seed) for seed in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        for codec, pixels, containers in _VIDEOS:
            for container in containers:
                path = Path(folder) / f"clip.{container}"
                _write_video(path, frames, codec, pixels)
                yield Seed.file(path.name, path.read_bytes())


def _write_video(path: Path, frames: list[Pixels], codec: str, pixels: str) -> None:
    import av

    av.logging.set_level(av.logging.PANIC)
    kind = {".y4m": "yuv4mpegpipe", ".ts": "mpegts", ".mpg": "vob"}.get(path.suffix)
    with av.open(str(path), "w", format=kind, options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(
            "libx264" if codec == "h264" else codec, rate=Fraction(25)
        )
        stream.height, stream.width, stream.pix_fmt = *SHAPE, pixels
        stream.thread_count = 1
        for array in frames:
            image = av.VideoFrame.from_ndarray(array, "gray")
            container.mux(stream.encode(image.reformat(format=pixels)))
        container.mux(stream.encode(None))
