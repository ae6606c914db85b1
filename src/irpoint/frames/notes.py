"""What the reader of a frame should know about it, reported as warnings."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from irpoint.errors import FrameWarning


@dataclass(frozen=True)
class Note:
    """Something about a frame that is read, but may not be what the user expects.

    Attributes:
        kind: one word; a command reports each kind once, with the number of files.
        text: one line, without the name of the file.
    """

    kind: str
    text: str


def report(notes: list[Note], name: str) -> None:
    """Warn about a file: one :class:`irpoint.errors.FrameWarning` per note."""
    for note in notes:
        warnings.warn(FrameWarning(note.kind, name, note.text), stacklevel=3)
