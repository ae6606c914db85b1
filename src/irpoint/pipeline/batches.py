"""Sources → results in this process: frames are prefetched and detected in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from irpoint.errors import FrameError, IrpointError, SettingsError
from irpoint.frames import find_frames, open_source
from irpoint.frames.arrays import Frame
from irpoint.frames.cut import Cut
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, Source, SourceFrame
from irpoint.pipeline.prefetch import prefetch
from irpoint.points import FrameResult, Points, Status
from irpoint.runtime.detector import Detector

# Pixels of the frames of one batch: eight of 640 × 512, or one of 8K.
BATCH_PIXELS = 2**22
_FRAMES_AHEAD = 4  # prefetched while the network runs

_Found = tuple[Points, Status]


def find_sources(
    names: Sequence[str], raw: RawLayout | None = None, cut: Cut | None = None
) -> tuple[list[Source], list[Skipped]]:
    """Find the files, streams and devices that ``names`` refer to, and the names that match none.

    Args:
        names: files, folders, patterns, addresses; see :func:`irpoint.frames.find_frames`.
        raw: pixel layout, if the files are headerless.
        cut: rows and columns to cut off each frame.

    Raises:
        FrameError: if there is one name only, and it matches nothing readable.
    """
    good, skipped = [], []
    for name in names:
        try:
            find_frames([name], raw)
            good.append(name)
        except FrameError as error:
            if len(names) == 1:
                raise
            skipped.append(Skipped(name, str(error)))
    return [open_source(path, raw, cut) for path in find_frames(good, raw)], skipped


@dataclass(frozen=True)
class Unfit(Skipped):
    """A frame that a setting of the detector does not fit."""


def detect_frames(
    detector: Detector,
    sources: Iterable[Source | str | Path],
    batch: int = 8,
    ahead: int = _FRAMES_AHEAD,
    weak_from: float | None = None,
) -> Iterator[FrameResult | Skipped]:
    """Detect points in every frame of every source, up to ``batch`` frames at a time.

    The next frames are prefetched while the network runs. Batches of large frames are smaller. A
    frame of a live stream never waits for others.

    Args:
        detector: finds the points.
        sources: as :func:`find_sources` lists them, or names of single files or streams.
        batch: maximum number of frames that go through the network together, >= 1.
        ahead: number of frames that are prefetched; 0 requests a frame only when the one before it
            is finished, for a source that always gives its newest frame.
        weak_from: also give points that score less than the threshold, from this score, > 0, in
            ``FrameResult.weak``: for :func:`irpoint.pipeline.track_results`.

    Yields:
        One result per frame, in order, with its pixels; one Skipped for each unreadable part, and
        for each source with frames that a setting does not fit.

    Raises:
        SettingsError: if a setting does not fit the first frame, such as an ignore mask of another
            size.
    """
    return refuse_unfit(detect_each_frame(detector, sources, batch, ahead, weak_from))


def refuse_unfit(items: Iterable[FrameResult | Skipped]) -> Iterator[FrameResult | Skipped]:
    """Raise an error if the settings do not fit the first frame; skip later frames like it.

    A setting that does not fit the first frame is wrong. After frames that it fits, others may be
    strays; each source with such frames is reported once.

    Raises:
        SettingsError: see above.
    """
    fits, known = False, set()
    for item in items:
        if isinstance(item, FrameResult):
            fits = True
        elif isinstance(item, Unfit):
            if not fits:
                raise SettingsError(item.reason)
            if item in known:
                continue
            known.add(item)
        yield item


def detect_each_frame(
    detector: Detector,
    sources: Iterable[Source | str | Path],
    batch: int,
    ahead: int = _FRAMES_AHEAD,
    weak_from: float | None = None,
) -> Iterator[FrameResult | Skipped]:
    """As :func:`detect_frames`, but yield :class:`Unfit` for frames that a setting does not fit."""
    opened = [open_source(s) if isinstance(s, str | Path) else s for s in sources]
    if any(source.live for source in opened):
        batch = 1
    group: list[SourceFrame] = []
    frames = (item for source in opened for item in source.frames())
    for item in prefetch(frames, ahead) if ahead else frames:
        if isinstance(item, Skipped):
            yield from detect_group(detector, group, weak_from)
            group = []
            yield item
            continue
        pixels = sum(waiting.frame.size for waiting in group) + item.frame.size
        if group and pixels > BATCH_PIXELS:
            yield from detect_group(detector, group, weak_from)
            group = []
        group.append(item)
        if len(group) >= batch:
            yield from detect_group(detector, group, weak_from)
            group = []
    yield from detect_group(detector, group, weak_from)


def detect_group(
    detector: Detector, group: Sequence[SourceFrame], weak_from: float | None = None
) -> Iterator[FrameResult | Skipped]:
    """Detect points in frames that go through the network together.

    Args:
        detector: finds the points.
        group: the frames.
        weak_from: see :func:`detect_frames`.

    Yields:
        For each frame, in order, its result with its pixels, or Skipped if it cannot be processed.
    """
    if not group:
        return
    try:
        found: Iterable[_Found | IrpointError] = detector.judge(
            [item.frame for item in group], lowest=weak_from
        )
    except IrpointError:
        # One frame that cannot be processed must not discard the other frames of its batch.
        found = (_detect_alone(detector, item.frame, weak_from) for item in group)
    for item, one in zip(group, found, strict=True):
        if isinstance(one, IrpointError):
            kind = Unfit if isinstance(one, SettingsError) else Skipped
            yield kind(item.source, f"{item.source}: {one}")
        else:
            points, status = one
            shape = (item.frame.shape[0], item.frame.shape[1])
            strong = points.score >= detector.threshold
            yield FrameResult(
                item.source,
                item.index,
                item.time_s,
                shape,
                points[strong],
                status=status,
                weak=points[~strong],
                received=item.received,
                pixels=item.frame,
            )


def _detect_alone(
    detector: Detector, frame: Frame, weak_from: float | None
) -> _Found | IrpointError:
    try:
        return detector.judge([frame], lowest=weak_from)[0]
    except IrpointError as error:
        return error
