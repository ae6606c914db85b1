"""Files of thermal cameras that cannot be read, and how to get frames from them."""

from __future__ import annotations

from typing import NamedTuple


class CameraFile(NamedTuple):
    """A kind of file.

    Attributes:
        suffixes: its lower-case suffixes.
        maker: the maker of the camera.
        software: the maker's program that exports frames.
    """

    suffixes: tuple[str, ...]
    maker: str
    software: str


# From the makers' manuals.
CAMERA_FILES = (
    CameraFile((".seq", ".csq", ".ats", ".ptw", ".sfmov"), "FLIR", "Research Studio"),
    CameraFile((".is2", ".is3"), "Fluke", "Fluke Connect or SmartView"),
    CameraFile((".bmt",), "Testo", "IRSoft"),
    CameraFile((".irb", ".irbis"), "InfraTec", "IRBIS"),
    CameraFile((".ravi",), "Optris", "PIX Connect"),
    CameraFile((".svx", ".sit"), "Avio", "InfReC Analyzer"),
    CameraFile((".hir", ".hic"), "HIKMICRO", "HIKMICRO Analyzer"),
)


def camera_file(name: str) -> str | None:
    """Why a file cannot be read and how to get its frames, judged by its suffix; or None."""
    for kind in CAMERA_FILES:
        if name.lower().endswith(kind.suffixes):
            return (
                f"of a {kind.maker} camera, and cannot be read; export its frames with "
                f"{kind.software} as 16-bit TIFF"
            )
    return None
