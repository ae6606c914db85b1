"""Cut rows and columns that are not scene, such as telemetry, off every frame of a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from irpoint.errors import FrameError, SettingsError
from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, Source, SourceFrame
from irpoint.frames.stack import Stack


@dataclass(frozen=True)
class Cut:
    """Numbers of rows and columns that are cut off each frame.

    What is cut is no part of the frame: points, regions, masks and overlays count from the first
    row and column that remain.
    """

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    @classmethod
    def parse(cls, text: str) -> Cut:
        """Cut from text: ``TOP,BOTTOM`` or ``TOP,BOTTOM,LEFT,RIGHT``.

        Raises:
            SettingsError: if the text has another form.
        """
        parts = [part.strip() for part in text.split(",")]
        if len(parts) not in (2, 4) or not all(p.isascii() and p.isdigit() for p in parts):
            raise SettingsError(
                f"--cut {text}: give the rows to cut as TOP,BOTTOM, such as 0,2, or rows and "
                "columns as TOP,BOTTOM,LEFT,RIGHT"
            )
        return cls(*map(int, parts))

    def __call__(self, frame: Frame, name: str) -> Frame:
        """The rest of a frame (H, W), as a view.

        Raises:
            FrameError: if nothing remains.
        """
        height, width = frame.shape[0] - self.bottom, frame.shape[1] - self.right
        rest = frame[self.top : max(0, height), self.left : max(0, width)]
        if not rest.size:
            raise FrameError(
                f"{name}: --cut leaves nothing of {frame.shape[1]}x{frame.shape[0]} pixels"
            )
        return rest


class CutSource:
    """A source whose frames are cut. Otherwise it is the same."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: Source, cut: Cut) -> None:
        self._source, self._cut = source, cut
        self.name = source.name
        self.live, self.clock, self.repeatable = source.live, source.clock, source.repeatable

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        """The frames in order, as of the source."""
        for item in self._source.frames():
            if isinstance(item, Skipped):
                yield item
                continue
            try:
                yield replace(item, frame=self._cut(item.frame, item.source))
            except FrameError as error:
                yield Skipped(item.source, str(error))
                return

    def open(self) -> Stack:
        """The frames in any order."""
        return _CutStack(self._source.open(), self._cut, self.name)

    def count(self) -> int:
        """Number of frames."""
        return self._source.count()

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        """No name: a source is cut on demand."""
        return False


class _CutStack(Stack):
    def __init__(self, stack: Stack, cut: Cut, name: str) -> None:
        super().__init__()
        self._stack, self._cut, self._name = stack, cut, name

    def __len__(self) -> int:
        return len(self._stack)

    def read(self, index: int) -> Frame:
        return self._cut(self._stack.read(index), self._name)

    def only(self) -> Frame:
        return self._cut(self._stack.only(), self._name)

    def time_s(self, index: int) -> float | None:
        return self._stack.time_s(index)

    def close(self) -> None:
        self._stack.close()
