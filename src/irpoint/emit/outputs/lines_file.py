"""A rotating file of JSON lines."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import ClassVar

from irpoint.emit.address import Address, count, size
from irpoint.emit.output import Message, Output
from irpoint.errors import one_line
from irpoint.system.atomic import write_all

_SIZE, _COUNT = 100 * 10**6, 5


class LinesFile(Output):
    """``FILE.jsonl`` or ``file:PATH``: one line per frame, appended.

    Before the file would exceed ``size`` bytes, it is renamed ``FILE.jsonl.1``, an older ``.1``
    becomes ``.2`` and so on; at most ``count`` renamed files are kept.
    """

    schemes = ("file",)
    example = "found.jsonl"
    options: ClassVar = {"size": size(10_000, 10**15), "count": count(0, 10_000)}

    def __init__(self, address: Address) -> None:
        options = address.chosen(self.options)
        self._limit, self._count = options.get("size", _SIZE), options.get("count", _COUNT)
        if not address.rest or address.rest.startswith("//"):
            raise address.error("give file:PATH or a name that ends in .jsonl")
        self._path = Path(address.rest)
        self.name = str(self._path)
        self._file: FileIO | None = None
        try:  # a path that is wrong from the start is a mistake, not a fault
            self.open()
        except OSError as error:
            raise address.error(f"cannot be written ({one_line(error)})") from error

    def open(self) -> None:
        """Open the file for appending."""
        if self._file is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("ab", buffering=0)

    def send(self, message: Message) -> None:
        """Append a line, whole or not at all."""
        assert self._file is not None
        line = message.data + b"\n"
        end = os.fstat(self._file.fileno()).st_size
        if end and end + len(line) > self._limit:
            self._rotate()
            end = 0
        try:
            write_all(self._file, line)
        except OSError:
            os.ftruncate(self._file.fileno(), end)
            raise

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _rotate(self) -> None:
        self.close()
        names = [self._path, *(Path(f"{self._path}.{n + 1}") for n in range(self._count))]
        names[-1].unlink(missing_ok=True)
        for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
            if newer.exists():
                newer.replace(older)
        self.open()
