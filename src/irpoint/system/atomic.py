"""Write files atomically, check output folders, and lock them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from irpoint.errors import SettingsError, one_line

try:
    import fcntl
except ImportError:  # Windows does not have these locks
    fcntl = None  # type: ignore[assignment]


def atomic_write(path: str | Path, content: str | bytes) -> None:
    """Write ``content`` to ``path``. A reader sees the old file or the new one, never a part of it.

    The content is written to a temporary file in the same folder, which then replaces ``path``.
    Missing folders are created. An existing file keeps its permissions, a symbolic link keeps its
    target, and a device or pipe (such as ``/dev/stdout``) is written to directly.

    Raises:
        OSError: if the file cannot be written; an existing file is then unchanged.
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


def write_all(stream: FileIO, data: bytes) -> None:
    """Write ``data`` to a file without a buffer, which may take a part of it at a time.

    Raises:
        OSError: if it cannot be written; a part of it may be written then.
    """
    view = memoryview(data)
    while view:
        view = view[stream.write(view) :]


def _umask() -> int:
    """The umask of this process. It can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def check_folder(folder: Path, *, empty: bool = False) -> None:
    """Check, before any work starts, that ``folder`` can be an output folder.

    Raises:
        SettingsError: if it is a file; with ``empty``, also if it is a folder that is not empty.
    """
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder}: is a file; give a folder")
    if empty and folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder}: not empty; give a new or empty folder")


@contextmanager
def claimed_folder(folder: Path, what: str) -> Iterator[None]:
    """Create an output folder before the work starts, and lock it until the block ends.

    Args:
        folder: the folder.
        what: what writes there, such as ``detection``, for the error.

    Raises:
        SettingsError: if it cannot be created or written, or another process has locked it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"--out {folder}: cannot be created ({one_line(error)}); give another folder"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"--out {folder}: is not writable; give another folder")
    with lock_folder(folder) as locked:
        if not locked:
            raise SettingsError(
                f"--out {folder}: another {what} is writing there; wait, or give another folder"
            )
        yield


@contextmanager
def lock_folder(folder: Path) -> Iterator[bool]:
    """Lock a folder until the block, or the process, ends.

    Nothing is written to the folder.

    Yields:
        Whether the lock was obtained; False if another process holds it. Always True if the system
        does not support these locks (Windows, some network drives).
    """
    if fcntl is None:
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    locked = True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        locked = False
    except OSError:
        pass
    try:
        yield locked
    finally:
        os.close(descriptor)
