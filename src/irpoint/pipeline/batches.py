"""Many sources through a detector: bounded memory, and past everything that is bad."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError, IrpointError
from irpoint.frames import find_frames, open_source
from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame
from irpoint.pipeline.prefetch import read_ahead
from irpoint.points import FrameResult, Points
from irpoint.runtime.detector import Detector

# Frames that are held at a time: eight of 640 × 512, or one of 8K.
_PIXELS_AHEAD = 2**22
_FRAMES_AHEAD = 4  # read while the network works


@dataclass(frozen=True, eq=False)
class Detected:
    """What was found in one frame.

    Attributes:
        result: the points.
        shape: (height, width) of the frame.
        frame: its pixels; None where a worker elsewhere has kept them.
        tails: the last places (n, 2) of every track in it.
    """

    result: FrameResult
    shape: tuple[int, int]
    frame: Frame | None
    tails: Mapping[int, npt.NDArray[np.float64]] = field(default_factory=dict)


def list_sources(
    sources: Sequence[str], raw: RawLayout | None = None
) -> tuple[list[str | Path], list[Skipped]]:
    """The frame files of ``sources`` as :func:`find_frames` gives them, and sources without any.

    Raises:
        FrameError: where the only source names nothing readable.
    """
    if len(sources) == 1:
        return find_frames(sources, raw), []
    good, skipped = [], []
    for source in sources:
        try:
            find_frames([source], raw)
            good.append(source)
        except FrameError as error:
            skipped.append(Skipped(source, str(error)))
    return find_frames(good, raw), skipped


def detect_files(
    detector: Detector,
    paths: Iterable[str | Path],
    batch: int = 8,
    raw: RawLayout | None = None,
) -> Iterator[Detected | Skipped]:
    """Detect in every frame of every source, ``batch`` at a time; fewer where frames are large.

    The next frames are read while the network works. Live streams wait for no batch.

    Args:
        detector: what finds the points.
        paths: sources as :func:`irpoint.frames.open_source` takes them.
        batch: most frames that go through the network together, >= 1.
        raw: how the pixels lie, for headerless files.

    Yields:
        One item a frame, in order, and one for everything that was passed over.
    """
    opened = [open_source(path, raw) for path in paths]
    if any(source.live for source in opened):
        batch = 1
    group: list[SourceFrame] = []
    read = (item for source in opened for item in source.frames())
    for item in read_ahead(read, _FRAMES_AHEAD):
        if isinstance(item, Skipped):
            yield from _detect(detector, group)
            group = []
            yield item
            continue
        if group and sum(held.frame.size for held in group) + item.frame.size > _PIXELS_AHEAD:
            yield from _detect(detector, group)
            group = []
        group.append(item)
        if len(group) >= batch:
            yield from _detect(detector, group)
            group = []
    yield from _detect(detector, group)


def _detect(detector: Detector, group: list[SourceFrame]) -> Iterator[Detected | Skipped]:
    if not group:
        return
    try:
        found: list[Points | IrpointError] = [*detector.batch([item.frame for item in group])]
    except IrpointError:
        # One frame must not cost the others of its batch.
        found = [_alone(detector, item.frame) for item in group]
    for item, points in zip(group, found, strict=True):
        if isinstance(points, Points):
            result = FrameResult(item.index, item.time_s, item.source, points)
            yield Detected(result, (item.frame.shape[0], item.frame.shape[1]), item.frame)
        else:
            yield Skipped(item.source, f"{item.source}: {points}")


def _alone(detector: Detector, frame: Frame) -> Points | IrpointError:
    try:
        return detector(frame)
    except IrpointError as error:
        return error
