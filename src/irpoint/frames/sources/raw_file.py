"""A file of headerless frames; the user gives their layout."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.notes import Note, report
from irpoint.frames.raw import RawLayout
from irpoint.frames.sources.base import Item, NamedSource
from irpoint.frames.stack import Stack


class RawFile(NamedSource):
    """A file or a character device. Matches every name if a layout is given."""

    suffixes: ClassVar[tuple[str, ...]] = (".raw", ".bin", ".dat", ".img")

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        super().__init__(name, raw)
        self.live = Path(name).is_char_device()
        self.repeatable = not self.live

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return raw is not None

    def read(self) -> Iterator[Item]:
        layout = self._layout()
        try:
            with Path(self.name).open("rb") as stream:
                for frame in layout.read(stream, self.name):
                    yield None, frame
        except OSError as error:
            raise FrameError(f"{self.name}: cannot be read ({one_line(error)})") from error

    def open(self) -> Stack:
        return RawStack(self.name, self._layout())

    def _layout(self) -> RawLayout:
        if self.raw is None:
            raise FrameError(f"{self.name}: headerless frames need a layout; give --raw")
        return self.raw


class RawStack(Stack):
    """The complete frames of a file of headerless frames.

    Raises:
        FrameError: if it cannot be read or has no complete frame.
    """

    def __init__(self, name: str, layout: RawLayout) -> None:
        super().__init__()
        self._name, self._layout = name, layout
        self._lock = threading.Lock()
        try:
            self._stream = Path(name).open("rb")  # noqa: SIM115 - closed by close()
            self._count, left = layout.count(self._stream.seek(0, io.SEEK_END))
        except OSError as error:
            raise FrameError(f"{name}: cannot be read ({one_line(error)})") from error
        if left or not self._count:
            text = layout.rest(left, self._count)
            if not self._count:
                self._stream.close()
                raise FrameError(f"{name}: {text}")
            report([Note("raw-length", text)], name)

    def __len__(self) -> int:
        return self._count

    def read(self, index: int) -> Frame:
        if not 0 <= index < self._count:
            raise FrameError(f"{self._name}: no frame {index}; it has {self._count} frames")
        with self._lock:
            self._stream.seek(self._layout.start(index))
            content = self._stream.read(self._layout.bytes)
            return self._layout.frame(content, self._name, index)

    def close(self) -> None:
        with self._lock:
            self._stream.close()
