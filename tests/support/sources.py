"""Reading a source whole."""

from __future__ import annotations

from pathlib import Path

from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame


def read_frames(name: str | Path, raw: RawLayout | None = None) -> list[SourceFrame]:
    """All frames of a source of which nothing is skipped."""
    items = list(open_source(name, raw).frames())
    assert not [item for item in items if isinstance(item, Skipped)]
    return [item for item in items if isinstance(item, SourceFrame)]


def read_with_problems(
    name: str | Path, raw: RawLayout | None = None
) -> tuple[list[SourceFrame], list[str]]:
    """All frames of a source, and the reasons for what was skipped."""
    items = list(open_source(name, raw).frames())
    frames = [item for item in items if isinstance(item, SourceFrame)]
    return frames, [item.reason for item in items if isinstance(item, Skipped)]
