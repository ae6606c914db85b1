"""Files that are written whole or not at all, folders to write to or to have to oneself."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from irpoint.errors import SettingsError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write ``content`` to ``path``; a reader sees the old file or the new one, never a part.

    Goes through a temporary file in the same folder, fsync and rename; makes missing folders. A
    file that is there keeps its permissions, a link goes on pointing where it did, and what is no
    file (``/dev/stdout``, a pipe) is written to as it is.
    """
    target = Path(os.path.realpath(path))
    data = content.encode() if isinstance(content, str) else content
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("wb") as stream:
            stream.write(data)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_folder(folder: Path, *, empty: bool = False) -> None:
    """Refuse, before anything is done, a folder to write to that is a file.

    Raises:
        SettingsError: for a file; with ``empty``, for a folder that holds anything too.
    """
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder}: is a file; give a folder")
    if empty and folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder}: not empty; give a folder that is new or empty")


def _umask() -> int:
    """Permissions that new files go without; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Whether the folder is ours until the end of the block, or of the process if that is sooner.

    It leaves nothing behind. Where the system cannot tell (Windows, some network drives) everybody
    is told yes.
    """
    if fcntl is None:
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    ours = True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        ours = False
    except OSError:
        pass
    try:
        yield ours
    finally:
        os.close(descriptor)
