"""From what the user names (files, folders, patterns) to a list of frame files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from irpoint.errors import FrameError
from irpoint.frames.read import READABLE_SUFFIXES
from irpoint.frames.video import VIDEO_SUFFIXES, is_address, is_live

STANDARD_INPUT = "-"
FRAME_SUFFIXES = READABLE_SUFFIXES + VIDEO_SUFFIXES
RAW_SUFFIXES = (".raw", ".bin", ".dat", ".img")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``frame2`` comes before ``frame10``."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts if p)


def find_frames(
    sources: Sequence[str], suffixes: tuple[str, ...] = FRAME_SUFFIXES
) -> list[str | Path]:
    """The frame files that ``sources`` name, each once.

    Args:
        sources: each a file (taken as it is, whatever its suffix); a folder (its readable files,
            not those of its subfolders); a pattern with ``*``, ``?``, ``[…]`` or ``**`` (folders
            are left out, and unreadable files too unless the pattern states their suffix); the
            address of a stream or file, or ``"-"`` for standard input, which are kept as they are.
        suffixes: of readable files.

    Returns:
        The sources in the order given; a folder and a pattern in natural order (2 before 10).

    Raises:
        FrameError: where a source names nothing, or nothing readable.
    """
    found: dict[str, str | Path] = {}
    for source in sources:
        if source == STANDARD_INPUT or is_address(source) or is_live(source):
            found.setdefault(source, source)
            continue
        for path in _files(source, suffixes):
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _files(source: str, suffixes: tuple[str, ...]) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        readable = (item for item in path.iterdir() if _readable(item, suffixes))
        files = _sorted(item for item in readable if item.is_file())
        if not files:
            kinds = " ".join(suffixes)
            raise FrameError(f"{source}: no readable frame in this folder; give one with {kinds}")
        return files
    if path.exists():
        return [path]
    if not glob.has_magic(source):
        raise FrameError(f"{source}: no such file or folder; check the path")
    stated = path.suffix and not glob.has_magic(path.suffix)
    # Path.glob takes no absolute pattern.
    matches = (Path(match) for match in glob.glob(source, recursive=True))  # noqa: PTH207
    files = _sorted(m for m in matches if m.is_file() and (stated or _readable(m, suffixes)))
    if not files:
        raise FrameError(f"{source}: matches no readable frame; check the pattern")
    return files


def _readable(path: Path, suffixes: tuple[str, ...]) -> bool:
    return path.suffix.lower() in suffixes and not path.name.startswith(".")


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (natural_key(str(path)), str(path)))
