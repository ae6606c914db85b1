"""Speed of ``irpoint detect`` on a video: stage by stage, and as a whole."""

from __future__ import annotations

import io
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from irpoint.benchmark.scenes import parse_size, write_simulated_clip
from irpoint.benchmark.timing import WARM_UP, Spread, Stopwatch, spread, time_detection
from irpoint.errors import FrameError, SettingsError
from irpoint.frames import open_source
from irpoint.frames.source import SourceFrame
from irpoint.pipeline.batches import detect_frames
from irpoint.pipeline.prefetch import BackgroundWriter
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector
from irpoint.sinks import OverlayFolder, PointsWriter
from irpoint.zoo import Model

SIMULATED = "simulated"
STAGES = ("read", "prepare", "network", "decode", "measure", "write", "draw")
_FRAMES_BEHIND = 4  # maximum number of results that wait for the writer


class VideoFigures(TypedDict):
    """Speed of ``irpoint detect`` on a video, as ``irpoint benchmark --video --json`` writes it.

    Attributes:
        model: name of the model.
        video: name of the file, or ``"simulated"``.
        size: ``"WxH"`` in pixels.
        bits: bits per pixel as decoded, 8 or 16.
        frames: number of timed frames.
        backend, precision, threads: backend of the network, its precision, and CPU threads.
        fps: frames per second from the file to points (``csv``), and to points and an overlay
            (``overlay``), while reading, detecting and writing overlap.
        stages_ms: time of each stage alone: ``read``, ``prepare`` (levels and scale), ``network``,
            ``decode``, ``measure``, ``write`` (CSV), ``draw`` (overlay, encoded).
        peak_rss_mb: peak memory of this process in MiB.
    """

    model: str
    video: str
    size: str
    bits: int
    frames: int
    backend: str
    precision: str
    threads: int
    fps: dict[str, float]
    stages_ms: dict[str, Spread]
    peak_rss_mb: float


def benchmark_video(
    model: str | Path | Model,
    video: str = SIMULATED,
    size: str = "640x512",
    frames: int = 120,
    *,
    backend: str = "auto",
    scale: str | None = None,
    threads: int = 0,
    measure: bool = True,
) -> VideoFigures:
    """Time ``irpoint detect`` on a video: reading, detecting, writing points and overlays.

    Args:
        model: name, path, or a loaded model.
        video: a video file; ``"simulated"`` makes a clip of 16-bit frames.
        size: size of a simulated clip in pixels, ``"512"`` for a square or ``"640x512"``.
        frames: maximum number of frames to read from the video.
        backend, scale, threads, measure: as for :class:`irpoint.Detector`.

    Raises:
        SettingsError: if PyAV is not installed, or a setting is out of range.
        FrameError: if the video cannot be read.
    """
    _check(frames)
    sides, threads = parse_size(size), threads or len(os.sched_getaffinity(0))
    detector = Detector(model, backend=backend, scale=scale, threads=threads, measure=measure)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        source = Path(video)
        if video == SIMULATED:
            source = write_simulated_clip(out / "clip.mov", sides, frames)
        first = next(_frames(source, 1)).frame
        for _ in range(WARM_UP):
            detector(first)
        stages = _time_stages(detector, source, frames, out / "stages")
        fps = {
            "csv": _frames_per_second(detector, source, frames, out / "csv", overlay=False),
            "overlay": _frames_per_second(detector, source, frames, out / "overlay", overlay=True),
        }
    return {
        "model": detector.card.name,
        "video": source.name if video != SIMULATED else video,
        "size": f"{first.shape[1]}x{first.shape[0]}",
        "bits": 8 * first.dtype.itemsize,
        "frames": len(stages),
        "backend": detector.backend,
        "precision": detector.precision,
        "threads": threads,
        "fps": fps,
        "stages_ms": {name: spread(ms) for name, ms in zip(STAGES, stages.T, strict=True)},
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _check(frames: int) -> None:
    if find_spec("av") is None:
        raise SettingsError("--video needs PyAV: pip install 'irpoint[video]'")
    if frames < 1:
        raise SettingsError(f"frames {frames}: give 1 or more")


def _frames(source: Path, max_frames: int) -> Iterator[SourceFrame]:
    for item in islice(open_source(source).frames(), max_frames):
        if not isinstance(item, SourceFrame):
            raise FrameError(item.reason)
        yield item


def _time_stages(
    detector: Detector, source: Path, max_frames: int, folder: Path
) -> npt.NDArray[np.float64]:
    """(frames, 7) milliseconds, a column for each of :data:`STAGES`, one after the other."""
    rows = []
    writer = PointsWriter("csv", io.BytesIO(), clock=True, measured=detector.measures)
    overlays = OverlayFolder(folder)
    items = _frames(source, max_frames)
    while True:
        stopwatch = Stopwatch()
        item = next(items, None)
        if item is None:
            break
        stopwatch.lap()
        prepared, points = time_detection(detector, item.frame, stopwatch)
        result = FrameResult(
            item.source, item.index, item.time_s, prepared.shape, points, pixels=item.frame
        )
        writer.add(result)
        stopwatch.lap()
        overlays.add(result)
        stopwatch.lap()
        rows.append(stopwatch.milliseconds)
    overlays.close()
    return np.array(rows)


def _frames_per_second(
    detector: Detector, source: Path, max_frames: int, folder: Path, *, overlay: bool
) -> float:
    """Frames per second from the file to complete results in ``folder``."""
    folder.mkdir()
    writer = PointsWriter("csv", folder, clock=True, measured=detector.measures)
    overlays = OverlayFolder(folder / "overlays") if overlay else None

    def write(result: FrameResult) -> None:
        writer.add(result)
        if overlays is not None:
            overlays.add(result)

    start = time.perf_counter()
    with BackgroundWriter(write, _FRAMES_BEHIND) as written:
        for item in islice(detect_frames(detector, [source]), max_frames):
            if isinstance(item, FrameResult):
                written.add(item)
    if overlays is not None:
        overlays.close()
    writer.close()
    return writer.count / (time.perf_counter() - start)
