"""Everything that a detection run writes: points, overlays, the journal, and a summary."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from irpoint.angles import Reference
from irpoint.emit.emitter import Emitter
from irpoint.frames.source import Skipped, Source
from irpoint.measurement import Flag, Measurement
from irpoint.measuring.camera import Camera
from irpoint.pipeline.directions import with_angles
from irpoint.pipeline.resume import resume
from irpoint.pipeline.tracks import TrackList, TrackSummary
from irpoint.points import FrameResult, Status
from irpoint.sinks import FramesFormat, Journal, OverlayFolder, PointsWriter, find_format
from irpoint.sinks.format import DocumentFormat

_FIRST = 10  # results that a summary keeps


@dataclass
class Summary:
    """The progress of a detection run.

    Attributes:
        sources: number of sources.
        resumed: number of sources that an earlier run had finished; the counts below include them.
        frames, frames_with_points, points: numbers of frames and points.
        skipped: number of sources, or parts of them, that could not be read.
        unjudged: number of frames in which nothing can be found, by source and status.
        measured: number of points whose place was measured; None if points are not measured.
        flags: number of points with each flag of a measurement, by its name.
        first: the first results with points, at most ten.
        tracks: every track, in the order of confirmation; None without tracking.
        angles: the axes of the azimuth and elevation of points; None without a camera.
        stopped: whether a signal ended the detection early.
        resumable: whether the same call resumes this run.
        seconds: duration.
        points_file: the file of the points; None for a stream, or if there was no frame.
        overlays: the folder of the overlays; None if there is none.
    """

    sources: int
    resumed: int = 0
    frames: int = 0
    frames_with_points: int = 0
    points: int = 0
    skipped: int = 0
    unjudged: dict[tuple[str, Status], int] = field(default_factory=dict)
    measured: int | None = None
    flags: dict[str, int] = field(default_factory=dict)
    first: list[FrameResult] = field(default_factory=list)
    tracks: list[TrackSummary] | None = None
    angles: Reference | None = None
    stopped: bool = False
    resumable: bool = False
    seconds: float = 0.0
    points_file: Path | None = None
    overlays: Path | None = None


@dataclass
class Results:
    """The sinks of one detection run, and the summary of their results."""

    summary: Summary
    draw: bool  # whether to write overlays
    camera: Camera | None  # gives the results of an earlier run their angles
    emitter: Emitter
    writers: list[PointsWriter] = field(default_factory=list)  # of the points first
    overlays: OverlayFolder | None = None
    journal: Journal | None = None
    _tracks: TrackList = field(default_factory=TrackList)
    _started: float = field(default_factory=time.perf_counter)

    def open(
        self, target: Path | BinaryIO | None, file_format: str, columns: Mapping[str, Any]
    ) -> None:
        """Prepare the files, or the stream, of the points.

        Args:
            target: a folder, a binary stream, or None for neither.
            file_format: name of the format of the points.
            columns: the optional columns, as arguments of a writer.

        Raises:
            SettingsError: as :class:`irpoint.sinks.PointsWriter`.
        """
        if target is not None:
            self.writers.append(PointsWriter(file_format, target, **columns))
        if isinstance(target, Path):
            self.overlays = OverlayFolder(target / "overlays")
            if not isinstance(find_format(file_format), DocumentFormat):
                # Such formats do not list frames without points.
                self.writers.append(PointsWriter(FramesFormat(), target, **columns))

    def resume(
        self, journal: Journal, sources: Sequence[Source]
    ) -> tuple[list[Source], list[Skipped]]:
        """Reuse the results of an earlier run, and record this run in the journal.

        Returns:
            The sources that remain, and the parts that the earlier run could not read.
        """
        earlier = resume(journal, sources)
        for result in earlier.results:
            self._count(result if self.camera is None else with_angles(result, self.camera))
            if self.overlays is not None and self.draw:
                self.overlays.reserve(result)
        self.journal = journal
        self.summary.resumed, self.summary.resumable = earlier.sources, True
        return earlier.todo, earlier.skipped

    def add(self, item: FrameResult | Skipped) -> None:
        """Emit and write the points of a frame, and its picture if there are overlays.

        Raises:
            BrokenPipeError: as :meth:`check_receivers`.
        """
        if isinstance(item, Skipped):
            self.summary.skipped += 1
            if self.journal is not None:
                self.journal.skip(item.source, item.reason)
            return
        self.emitter.add(item)  # first, because receivers wait for it
        self.check_receivers()
        self._count(item)
        if self.overlays is not None and self.draw:
            self.overlays.add(item)
        if self.journal is not None:
            self.journal.add(item)

    def check_receivers(self) -> None:
        """Check that somebody gets the results.

        Raises:
            BrokenPipeError: if every receiver is gone for good, and no points are written.
        """
        if self.emitter.gone and not self.writers:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def _count(self, result: FrameResult) -> None:
        summary = self.summary
        if len(result.points) and len(summary.first) < _FIRST:
            summary.first.append(result.without_pixels())
        for writer in self.writers:
            writer.add(result)
        if result.status != "ok":
            key = (result.source, result.status)
            summary.unjudged[key] = summary.unjudged.get(key, 0) + 1
        if result.angles is not None:
            summary.angles = result.angles.reference
        if result.track_ids is not None:
            self._tracks.add(result)
            summary.tracks = self._tracks.tracks
        self._count_measured(result.points.measured)
        summary.frames += 1
        summary.frames_with_points += len(result.points) > 0
        summary.points += len(result.points)

    def _count_measured(self, measured: Measurement | None) -> None:
        if measured is None:
            return
        summary = self.summary
        failed = int(measured.has(Flag.UNMEASURED).sum())
        summary.measured = (summary.measured or 0) + len(measured) - failed
        for flag in Flag:
            if count := int(measured.has(flag).sum()):
                summary.flags[flag.text] = summary.flags.get(flag.text, 0) + count

    def close(self, *, finished: bool) -> None:
        """Complete every file, the points first. The journal is kept unless the run is finished.

        If points were written, overlays of earlier runs are deleted, because they show others.

        Raises:
            SettingsError: if a file cannot be written; the journal is then kept.
        """
        try:
            for writer in self.writers:
                writer.close()
        finally:
            if self.overlays is not None:
                self.overlays.close()
        if self.journal is not None:
            self.journal.close(finished=finished)
        written = bool(self.writers) and self.writers[0].count > 0
        if self.overlays is not None and written:
            self.overlays.remove_stale()
        self.summary.points_file = self.writers[0].path if written else None
        if self.overlays is not None and len(self.overlays):
            self.summary.overlays = self.overlays.folder
        self.summary.seconds = time.perf_counter() - self._started
