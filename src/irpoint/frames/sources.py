"""From what the user names (files, folders, patterns) to a list of frame files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from irpoint.errors import FrameError
from irpoint.frames.read import READABLE_SUFFIXES

STANDARD_INPUT = "-"


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``frame2`` comes before ``frame10``."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts if p)


def find_frames(sources: Sequence[str]) -> list[str | Path]:
    """The frame files that ``sources`` name, each once.

    Args:
        sources: each a file (taken as it is, whatever its suffix); a folder (its readable files,
            not those of its subfolders); a pattern with ``*``, ``?``, ``[…]`` or ``**`` (folders
            are left out, and unreadable files too unless the pattern states their suffix); or
            ``"-"`` for standard input, which is kept as it is.

    Returns:
        The sources in the order given; a folder and a pattern in natural order (2 before 10).

    Raises:
        FrameError: where a source names nothing, or nothing readable.
    """
    found: dict[str, str | Path] = {}
    for source in sources:
        if source == STANDARD_INPUT:
            found.setdefault(STANDARD_INPUT, STANDARD_INPUT)
            continue
        for path in _files(source):
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _files(source: str) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        files = _sorted(item for item in path.iterdir() if _readable(item) and item.is_file())
        if not files:
            kinds = " ".join(READABLE_SUFFIXES)
            raise FrameError(f"{source}: no readable frame in this folder; give one with {kinds}")
        return files
    if path.exists():
        return [path]
    if not glob.has_magic(source):
        raise FrameError(f"{source}: no such file or folder; check the path")
    stated = path.suffix and not glob.has_magic(path.suffix)
    # Path.glob takes no absolute pattern.
    matches = (Path(match) for match in glob.glob(source, recursive=True))  # noqa: PTH207
    files = _sorted(m for m in matches if m.is_file() and (stated or _readable(m)))
    if not files:
        raise FrameError(f"{source}: matches no readable frame; check the pattern")
    return files


def _readable(path: Path) -> bool:
    return path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith(".")


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (natural_key(str(path)), str(path)))
