"""Many files through a detector: bounded memory, and past every bad file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from irpoint.errors import FrameError, IrpointError
from irpoint.frames import find_frames, read_frame
from irpoint.points import FrameResult, Points
from irpoint.runtime.detector import Detector

Frame = npt.NDArray[Any]

# Frames that are held at a time: eight of 640 × 512, or one of 8K.
_PIXELS_AHEAD = 2**22


@dataclass(frozen=True, eq=False)
class Detected:
    """One frame (H, W) and what was found in it."""

    result: FrameResult
    frame: Frame


@dataclass(frozen=True)
class Skipped:
    """A source that was passed over; ``reason`` is one line that names it."""

    source: str
    reason: str


def list_sources(sources: Sequence[str]) -> tuple[list[str | Path], list[Skipped]]:
    """The frame files of ``sources`` as :func:`find_frames` gives them, and sources without any.

    Raises:
        FrameError: where the only source names nothing readable.
    """
    if len(sources) == 1:
        return find_frames(sources), []
    good, skipped = [], []
    for source in sources:
        try:
            find_frames([source])
            good.append(source)
        except FrameError as error:
            skipped.append(Skipped(source, str(error)))
    return find_frames(good), skipped


def detect_files(
    detector: Detector, paths: Iterable[str | Path], batch: int = 8
) -> Iterator[Detected | Skipped]:
    """Detect in files, ``batch`` at a time; fewer where frames are large.

    Args:
        detector: what finds the points.
        paths: image files, or ``"-"`` for an image on standard input.
        batch: most frames that go through the network together, >= 1.

    Yields:
        One item a file; the detected ones in the order of ``paths``.
    """
    group: list[tuple[str, Frame]] = []
    for path in paths:
        try:
            frame = read_frame(path)
        except FrameError as error:
            yield Skipped(str(path), str(error))
            continue
        if group and sum(held.size for _, held in group) + frame.size > _PIXELS_AHEAD:
            yield from _detect(detector, group)
            group = []
        group.append((str(path), frame))
        if len(group) >= batch:
            yield from _detect(detector, group)
            group = []
    yield from _detect(detector, group)


def _detect(detector: Detector, group: list[tuple[str, Frame]]) -> Iterator[Detected | Skipped]:
    try:
        found: list[Points | IrpointError] = [*detector.batch([frame for _, frame in group])]
    except IrpointError:
        # One frame must not cost the others of its batch.
        found = [_alone(detector, frame) for _, frame in group]
    for (source, frame), points in zip(group, found, strict=True):
        if isinstance(points, Points):
            yield Detected(FrameResult(0, None, source, points), frame)
        else:
            yield Skipped(source, f"{source}: {points}")


def _alone(detector: Detector, frame: Frame) -> Points | IrpointError:
    try:
        return detector(frame)
    except IrpointError as error:
        return error
