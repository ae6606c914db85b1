"""The table of file formats that hold frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from irpoint.frames.files.fits import is_fits, open_fits
from irpoint.frames.files.flir_file import SUFFIXES as FFF_SUFFIXES
from irpoint.frames.files.flir_file import FlirFile
from irpoint.frames.files.hdf5 import is_hdf5, open_hdf5
from irpoint.frames.files.matlab import is_mat, open_mat
from irpoint.frames.files.netpbm import SIGNATURES as NETPBM
from irpoint.frames.files.netpbm import NetpbmStack
from irpoint.frames.files.numpy_files import open_npy, open_npz
from irpoint.frames.files.pictures import Picture, is_picture
from irpoint.frames.files.tiff_pages import SIGNATURES as TIFF
from irpoint.frames.files.tiff_pages import SUFFIXES as TIFF_SUFFIXES
from irpoint.frames.files.tiff_pages import TiffPages
from irpoint.frames.flir import FFF
from irpoint.frames.stack import Stack

HEAD = 520  # bytes at the start of a file by which its format is recognised


@dataclass(frozen=True)
class FileFormat:
    """A file format.

    Attributes:
        title: its name in messages.
        suffixes: lower-case suffixes of its files.
        matches: whether a file whose first :data:`HEAD` bytes are given has this format.
        open: opens a file, given the stream, its name in messages, and the name of an array in it
            (None for the only one).
        single: whether a file has one frame, so that it need not be opened to count them.
        arrays: whether a file holds arrays with names, of which one is ``file:array``.
        container: whether the arrays are of any content, so that it is no image of a dataset.
    """

    title: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    open: Callable[[BinaryIO, str, str | None], Stack]
    single: bool = False
    arrays: bool = False
    container: bool = False


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


FORMATS: tuple[FileFormat, ...] = (
    FileFormat(
        "PNG, BMP, JPEG, WebP",
        (".png", ".bmp", ".jpg", ".jpeg", ".webp"),
        is_picture,
        Picture,
        single=True,
    ),
    FileFormat("TIFF", TIFF_SUFFIXES, _starts(*TIFF), TiffPages),
    FileFormat("FLIR's .fff", FFF_SUFFIXES, _starts(*FFF), FlirFile, single=True),
    FileFormat(".npy", (".npy",), _starts(b"\x93NUMPY"), open_npy),
    FileFormat(
        "PGM, PPM, PBM, PAM, PFM",
        (".pgm", ".ppm", ".pbm", ".pnm", ".pam", ".pfm"),
        lambda head: head[:2] in NETPBM and head[2:3].isspace(),
        NetpbmStack,
    ),
    FileFormat(
        ".npz",
        (".npz",),
        _starts(b"PK\3\4", b"PK\5\6"),
        open_npz,
        arrays=True,
        container=True,
    ),
    FileFormat(
        "FITS", (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz"), is_fits, open_fits, arrays=True
    ),
    FileFormat(
        "HDF5", (".h5", ".hdf5", ".hdf", ".he5"), is_hdf5, open_hdf5, arrays=True, container=True
    ),
    FileFormat("MAT", (".mat",), is_mat, open_mat, arrays=True, container=True),
)


def find_format(head: bytes) -> FileFormat | None:
    """The format of a file that starts with ``head``; None if it has none of :data:`FORMATS`."""
    return next((row for row in FORMATS if row.matches(head)), None)


def titles() -> str:
    """The names of all formats, for messages."""
    return ", ".join(row.title for row in FORMATS[:-1]) + f" or {FORMATS[-1].title}"


def suffixes() -> tuple[str, ...]:
    """The suffixes of all formats."""
    return tuple(suffix for row in FORMATS for suffix in row.suffixes)


def split_array_name(name: str) -> tuple[str, str | None]:
    """``"a.npz:images"`` → the file ``a.npz`` and the array ``images``; None if none is named."""
    lower = name.lower()
    for suffix in (suffix for row in FORMATS if row.arrays for suffix in row.suffixes):
        at = lower.rfind(f"{suffix}:")
        if at > 0 and len(name) > at + len(suffix) + 1:
            return name[: at + len(suffix)], name[at + len(suffix) + 1 :]
    return name, None


def is_single(name: str) -> bool:
    """Whether a file has one frame, judged by its suffix."""
    return any(row.single and name.lower().endswith(row.suffixes) for row in FORMATS)
