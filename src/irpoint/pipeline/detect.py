"""A complete detection run, from sources to written results. Start reading here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from irpoint.emit.emitter import Emitter
from irpoint.emit.record import Facts
from irpoint.errors import SettingsError
from irpoint.frames.cut import Cut
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, Source
from irpoint.measuring.camera import Camera
from irpoint.pipeline.batches import find_sources
from irpoint.pipeline.directions import add_angles
from irpoint.pipeline.engine import find_engine
from irpoint.pipeline.prefetch import BackgroundWriter
from irpoint.pipeline.results import Results, Summary
from irpoint.pipeline.resume import journal_settings
from irpoint.pipeline.signals import Signals
from irpoint.pipeline.tracking import track_results
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector
from irpoint.sinks import Journal, find_format
from irpoint.system.atomic import check_folder, claimed_folder
from irpoint.tracking import LOWEST_SCORE, SearchSettings, TrackSettings

_FRAMES_BEHIND = 4  # results that are written while the network runs on the next frames

Watch = Callable[[FrameResult | Skipped, Summary], None]


def detect(
    sources: str | Path | Sequence[str | Path],
    detector: Detector,
    out: str | Path | BinaryIO | None,
    *,
    emit: Sequence[str] = (),
    file_format: str = "csv",
    overlay: bool = False,
    track: bool | SearchSettings | TrackSettings = False,
    raw: RawLayout | None = None,
    cut: Cut | None = None,
    camera: Camera | None = None,
    batch: int = 8,
    engine: str = "local",
    watch: Watch | None = None,
) -> Summary:
    """Detect points in every frame of the sources, and write them as ``irpoint detect`` does.

    Sources that cannot be read are skipped and counted in the summary. SIGINT (Ctrl-C), SIGTERM and
    SIGHUP stop the run early: the results so far are written, and ``stopped`` is set. The same call
    resumes an interrupted run on files; streams and tracked sequences start again.

    Args:
        sources: files, folders, patterns, addresses of streams, or ``-`` for standard input.
        detector: finds the points.
        out: folder of the results, created if missing; a binary stream for the points; or None.
        emit: receivers of each new result, as :class:`irpoint.emit.Emitter` takes them.
        file_format: name of a format, see :data:`irpoint.sinks.FORMATS`.
        overlay: draw the points into pictures and videos in ``out/overlays``.
        track: keep only the points of confirmed tracks; settings, or True for the defaults.
        raw: pixel layout, if the files are headerless.
        cut: rows and columns to cut off each frame; points count from the rest.
        camera: calibrated camera, for the azimuth and elevation of each point.
        batch: maximum number of frames that go through the network together, >= 1.
        engine: ``local``, or ``ray`` for the workers of a Ray cluster.
        watch: called with every result or skipped part, and the summary so far.

    Raises:
        BrokenPipeError: if standard output, the only receiver, was closed.
        FrameError: if there is one source only, and it matches nothing readable.
        SettingsError: if a setting is out of range or does not fit the first frame, ``out`` cannot
            be written, or another detection is writing there.
    """
    target = Path(out) if isinstance(out, str | Path) else out
    folder = target if isinstance(target, Path) else None
    _check(folder, file_format, overlay, batch)
    todo, skipped = find_sources(_names(sources), raw, cut)
    detect_with = find_engine(engine, todo)
    with _claimed(folder), Emitter(emit, Facts.of(detector)) as emitter:
        results = Results(Summary(len(todo) + len(skipped)), overlay, camera, emitter)
        results.open(target, file_format, _columns(todo, detector, bool(track), camera))
        if folder and not track and not any(source.live for source in todo):
            journal = Journal(folder, _settings(detector, raw, cut, camera, overlay))
            todo, again = results.resume(journal, todo)
            skipped += again
        found = detect_with(detector, todo, batch, *_needs(track, overlay, todo))
        _write(chain(skipped, _completed(found, detector, track, camera)), results, watch)
    results.check_receivers()
    return results.summary


def _claimed(folder: Path | None) -> AbstractContextManager[None]:
    return nullcontext() if folder is None else claimed_folder(folder, "detection")


def _needs(
    track: bool | SearchSettings | TrackSettings, overlay: bool, sources: Sequence[Source]
) -> tuple[bool, float | None]:
    """Whether results need their pixels, and the score from which they need weak points."""
    live = next((source.name for source in sources if source.live), None)
    if isinstance(track, SearchSettings) and track.smooth and live is not None:
        raise SettingsError(f"--smooth: {live} is a stream, which cannot wait for later frames")
    if not track or isinstance(track, TrackSettings):
        return overlay, None
    return True, LOWEST_SCORE


def _completed(
    found: Iterable[FrameResult | Skipped],
    detector: Detector,
    track: bool | SearchSettings | TrackSettings,
    camera: Camera | None,
) -> Iterable[FrameResult | Skipped]:
    """The results with tracks and with angles, if they are asked for."""
    if track:
        found = track_results(found, None if isinstance(track, bool) else track, detector)
    return found if camera is None else add_angles(found, camera)


def _settings(
    detector: Detector, raw: RawLayout | None, cut: Cut | None, camera: Camera | None, overlay: bool
) -> dict[str, object]:
    """All settings on which the results depend that are kept for a resumed run."""
    size = camera and camera.readout.frame_size  # frames of another size are skipped
    own = {"raw": repr((raw, cut)), "size": size and [*size], "overlay": overlay}
    return journal_settings(detector) | own


def _columns(
    sources: Sequence[Source], detector: Detector, tracks: bool, camera: Camera | None
) -> dict[str, Any]:
    """The optional columns of the results, as arguments of a writer."""
    return {
        "clock": any(source.clock for source in sources),
        "tracks": tracks,
        "polarity": detector.polarity != "bright",
        "measured": detector.measures,
        "angles": camera and camera.reference,
        "odds": detector.score_odds,
    }


def _names(sources: str | Path | Sequence[str | Path]) -> list[str]:
    return [str(n) for n in ([sources] if isinstance(sources, str | Path) else sources)]


def _write(items: Iterable[FrameResult | Skipped], results: Results, watch: Watch | None) -> None:
    """Write all items in the background. A signal stops the detection, but not the writing."""
    finished = False
    with Signals() as signals:
        try:
            with BackgroundWriter(results.add, _FRAMES_BEHIND) as writer:
                try:
                    with signals.interruptible():
                        for item in items:
                            if watch is not None:
                                watch(item, results.summary)
                            writer.add(item)
                except KeyboardInterrupt:
                    results.summary.stopped = True
            finished = not results.summary.stopped
        finally:
            results.close(finished=finished)


def _check(folder: Path | None, file_format: str, overlay: bool, batch: int) -> None:
    find_format(file_format)
    if overlay and folder is None:
        raise SettingsError("--overlay: pictures are written into a folder; give --out DIR too")
    if batch < 1:
        raise SettingsError(f"--batch {batch}: give 1 or more")
    if folder is not None:
        check_folder(folder)
