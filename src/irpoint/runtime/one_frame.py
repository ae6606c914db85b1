"""What a detector accepts as one frame: an array, or the path of a file with one frame."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames import open_source
from irpoint.frames.source import Skipped

AnyFrame = npt.NDArray[Any] | str | Path

_SEVERAL = "give its frames to Detector.stream"


def read_one(frame: AnyFrame) -> npt.NDArray[Any]:
    """The array itself; or the frame of a file, in the data type of the file.

    Raises:
        FrameError: if the file cannot be read, has several frames, or is a stream.
    """
    if not isinstance(frame, str | Path):
        return frame
    if Path(frame).is_dir():
        raise FrameError(f"{frame}: a folder, not one frame; {_SEVERAL}")
    source = open_source(frame)
    if not source.repeatable:
        raise FrameError(f"{frame}: a stream, not one frame; {_SEVERAL}")
    with closing(source.frames()) as items:  # type: ignore[type-var]  # a generator
        found = list(islice(items, 2))
    if not found:
        raise FrameError(f"{frame}: has no frame")
    if isinstance(found[0], Skipped):
        raise FrameError(found[0].reason)
    if len(found) > 1:
        raise FrameError(f"{frame}: has several frames; {_SEVERAL}")
    return found[0].frame
