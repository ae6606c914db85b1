"""A video file, read from its first frame to its last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame, number_frames
from irpoint.frames.video import VIDEO_SUFFIXES, read_video


class VideoFile:
    """A video file, recognised by its suffix."""

    suffixes: ClassVar[tuple[str, ...]] = VIDEO_SUFFIXES
    live = False
    clock = True
    repeatable = True

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        self.name = name

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return Path(name).suffix.lower() in cls.suffixes

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        return number_frames(self.name, read_video(self.name))
