"""A file system of a given size, which really gets full. Needs the right to mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FILLER = "filler"


class SmallDisk:
    """A mounted file system.

    Attributes:
        path: its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, leave: int) -> None:
        """Fill all but ``leave`` bytes, rounded to pages."""
        filler = self.path / _FILLER
        filler.unlink(missing_ok=True)
        with filler.open("wb", buffering=0) as stream:
            try:
                while stream.write(bytes(4096)):
                    pass
            except OSError:  # it is full
                stream.truncate(max(0, stream.tell() - leave))

    def free(self) -> None:
        """Remove what :meth:`fill` has written."""
        (self.path / _FILLER).unlink()


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a file system of ``size`` bytes at a new folder; skip the test if that is denied."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system cannot be mounted here")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
