"""Valid files of frames: images, TIFF, arrays, headerless frames and videos."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
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
    pixels = np.repeat(frame("uint16")[..., None], 3, axis=2).astype(">u2")
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png_bytes(SHAPE[1], SHAPE[0], zlib.compress(lines), 16, colour=2)


def png_bytes(width: int, height: int, data: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG whose header states a size, with ``data`` as its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def pictures() -> Iterator[Seed]:
    """JPEG, BMP, WebP and GIF."""
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


def netpbm() -> Iterator[Seed]:
    """PBM, PGM, PPM, PAM and PFM, binary and as text, and several images in a file."""
    height, width = SHAPE
    grey, deep = frame().tobytes(), frame("uint16").astype(">u2").tobytes()
    colour = np.repeat(frame()[..., None], 3, axis=2).tobytes()
    size = f"{width} {height}\n"
    pam = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 1\nMAXVAL 65535\nENDHDR\n".encode()
    text = " ".join(map(str, frame().ravel()))
    for name, content in (
        ("frame.pgm", f"P5\n# camera\n{size}255\n".encode() + grey),
        ("frame.pgm", f"P5\n{size}65535\n".encode() + deep),
        ("stack.pgm", 3 * (f"P5\n{size}65535\n".encode() + deep)),
        ("frame.pgm", f"P2\n{size}255\n{text}\n".encode()),
        ("frame.ppm", f"P6\n{size}255\n".encode() + colour),
        ("frame.pbm", f"P4\n{size}".encode() + np.packbits(frame("bool"), axis=1).tobytes()),
        ("frame.pam", pam + deep),
        ("frame.pfm", f"Pf\n{size}-1.0\n".encode() + frame("float32").tobytes()),
    ):
        yield Seed.file(name, content)


def radiometric() -> Iterator[Seed]:
    """FLIR's raw pixels, plain and as PNG: in a file, and in a segment of a JPEG."""
    pixels = frame("uint16") * 50
    for content in (pixels.astype("<u2").tobytes(), image_bytes(pixels, "PNG")):
        record = struct.pack("<16H", 2, SHAPE[1], SHAPE[0], *[0] * 13) + content
        table = struct.pack(">HHIIIIIII", 1, 2, 101, 1, 96, len(record), 0, 0, 0)
        header = b"FFF\0" + b"MTX IR\0".ljust(16, b"\0") + struct.pack(">4I", 100, 64, 1, 2)
        fff = header.ljust(64, b"\0") + table + record
        yield Seed.file("frame.fff", fff)
        chunk = b"FLIR\0\x01\0\0" + fff
        segment = struct.pack(">BBH", 0xFF, 0xE1, len(chunk) + 2) + chunk
        exif = Image.Exif()
        exif[0x10F] = "FLIR Systems AB"
        jpeg = image_bytes(frame(), "JPEG", exif=exif)
        yield Seed.file("frame.jpg", jpeg[:2] + segment + jpeg[2:])


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


def tiff_stack(frames: Sequence[Pixels]) -> bytes:
    """A TIFF with a page for each frame."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.stack(frames), photometric="minisblack")
    return stream.getvalue()


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
