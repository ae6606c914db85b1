"""Find the frame files that files, folders and patterns refer to."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from irpoint.errors import FrameError
from irpoint.frames.camera_files import camera_file
from irpoint.frames.formats import split_array_name
from irpoint.frames.natural import natural_key
from irpoint.frames.open import readable_suffixes, source_kind
from irpoint.frames.raw import RawLayout


def find_frames(sources: Sequence[str], raw: RawLayout | None = None) -> list[str | Path]:
    """Find the frame files that ``sources`` refer to, each once.

    Args:
        sources: each one of

            * a file, whatever its suffix; or an array in it, such as ``a.npz:images``;
            * a folder, for the readable files in it, without subfolders;
            * a pattern with ``*``, ``?``, ``[…]`` or ``**``, for the readable files that match it,
              or for all files that match it if the pattern includes the suffix;
            * a name that is not a path, such as an address or ``"-"`` for standard input, which is
              returned unchanged.
        raw: layout of headerless files; if given, those are the readable ones.

    Returns:
        The files in the order of ``sources``; those of a folder or pattern in natural order (2
        before 10).

    Raises:
        FrameError: if a source refers to no file, or to no readable one.
    """
    suffixes = readable_suffixes(raw)
    found: dict[str, str | Path] = {}
    for source in sources:
        if not source_kind(source, raw).suffixes:
            found.setdefault(source, source)
            continue
        for path in _files(source, suffixes):
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _files(source: str, suffixes: tuple[str, ...]) -> list[Path]:
    """The files of a source; each followed by ``:array`` if the source names an array in them."""
    pattern, array = split_array_name(source)
    if array is not None and not Path(source).exists():
        return [Path(f"{path}:{array}") for path in _files(pattern, suffixes)]
    path = Path(source)
    if path.is_dir():
        items = sorted(path.iterdir())
        files = _sorted(item for item in items if _is_readable(item, suffixes) and item.is_file())
        if not files:
            if other := next(filter(None, (camera_file(item.name) for item in items)), None):
                raise FrameError(f"{source}: its files are {other}")
            kinds = ", ".join(suffixes)
            raise FrameError(f"{source}: no frame in this folder; give one with {kinds} files")
        return files
    if path.exists():
        return [path]
    if not glob.has_magic(source):
        raise FrameError(f"{source}: no such file or folder; check the path")
    suffix_given = path.suffix and not glob.has_magic(path.suffix)
    # Path.glob does not accept absolute patterns.
    matches = (Path(match) for match in glob.glob(source, recursive=True))  # noqa: PTH207
    files = _sorted(
        m for m in matches if m.is_file() and (suffix_given or _is_readable(m, suffixes))
    )
    if not files:
        raise FrameError(f"{source}: no frame matches; check the pattern")
    return files


def _is_readable(path: Path, suffixes: tuple[str, ...]) -> bool:
    return path.name.lower().endswith(suffixes) and not path.name.startswith(".")


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (natural_key(str(path)), str(path)))
