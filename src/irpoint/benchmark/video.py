"""How fast a video becomes points and pictures on this machine: as a whole, and stage by stage."""

from __future__ import annotations

import io
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.benchmark.frames import Laps, parse_size, spread, timed_call
from irpoint.errors import FrameError, SettingsError
from irpoint.frames import open_source
from irpoint.frames.arrays import Frame
from irpoint.frames.source import SourceFrame
from irpoint.pipeline.batches import Detected, detect_files
from irpoint.pipeline.prefetch import Behind
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector
from irpoint.simulate import SceneSettings, scene_rng, simulate_scene
from irpoint.sinks import FoundFrame, OverlayFolder, PointsWriter

SIMULATED = "simulated"
STAGES = ("read", "prepare", "network", "decode", "write", "draw")
_OVERLAY = "overlay"
_ENDS = ("csv", _OVERLAY)
_SCENES = 6  # of a simulated clip, again and again: scenes take longer to make than to find
_BEHIND = 4
_WARM_UP = 3


def benchmark_video(
    model: str,
    video: str = SIMULATED,
    size: str = "640x512",
    frames: int = 120,
    *,
    backend: str = "auto",
    scale: str | None = None,
    threads: int = 0,
) -> dict[str, Any]:
    """Time ``irpoint detect`` on a video: read, detect, write; and the same with an overlay.

    Args:
        model: name or path.
        video: a file; or ``simulated``, which makes a clip of 16-bit frames.
        size: of a simulated clip, ``512`` for a square or ``640x512``.
        frames: most frames that are taken from the video.
        backend, scale, threads: as of :class:`irpoint.Detector`.

    Returns:
        ``model``, ``video``, ``size``, ``bits``, ``frames``, ``backend``, ``precision``,
        ``threads``; ``fps`` {csv, overlay} of the whole, where reading, detecting and writing
        overlap; ``stages_ms``, {median, p95} of each stage alone: read, prepare (levels, scale),
        network, decode, write (CSV), draw (overlay, coded); ``peak_rss_mb`` of this process.

    Raises:
        SettingsError: where PyAV is missing, or a setting is out of range.
        FrameError: where the video cannot be read.
    """
    _check(frames)
    sides, threads = parse_size(size), threads or len(os.sched_getaffinity(0))
    detector = Detector(model, backend=backend, scale=scale, threads=threads)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "clip.mov"
        source = _simulate(made, sides, frames) if video == SIMULATED else Path(video)
        first = next(_frames(source, 1)).frame
        for _ in range(_WARM_UP):
            detector(first)
        stages = _stages(detector, source, frames, Path(scratch) / "stages")
        fps = {name: _whole(detector, source, frames, Path(scratch) / name) for name in _ENDS}
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


def _frames(source: Path, most: int) -> Iterator[SourceFrame]:
    for item in islice(open_source(source).frames(), most):
        if not isinstance(item, SourceFrame):
            raise FrameError(item.reason)
        yield item


def _simulate(path: Path, size: tuple[int, int], count: int) -> Path:
    """A clip of 16-bit frames as cameras deliver them: not compressed."""
    import av

    settings = SceneSettings.checked(width=size[0], height=size[1], bits=16)
    scenes = [simulate_scene(settings, scene_rng(0, index)).frame for index in range(_SCENES)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = *size, "gray16be"
        stream.codec_context.codec_tag = "b16g"  # the tag by which players know 16 bits
        for index in range(count):
            picture = av.VideoFrame.from_ndarray(scenes[index % _SCENES], "gray16le")
            container.mux(stream.encode(picture.reformat(format="gray16be")))
        container.mux(stream.encode(None))
    return path


def _stages(detector: Detector, source: Path, most: int, folder: Path) -> Frame:
    """(frames, 6) milliseconds of each stage, one after the other."""
    rows = []
    writer = PointsWriter("csv", io.BytesIO(), clock=True)
    overlays = OverlayFolder(folder)
    items = _frames(source, most)
    while True:
        laps = Laps()
        item = next(items, None)
        if item is None:
            break
        laps.end()
        prepared, points = timed_call(detector, item.frame, laps)
        result = FrameResult(item.index, item.time_s, item.source, points)
        writer.add(FoundFrame(result, prepared.shape))
        laps.end()
        overlays.add(item.frame, result)
        laps.end()
        rows.append(laps.milliseconds)
    overlays.close()
    return np.array(rows)


def _whole(detector: Detector, source: Path, most: int, folder: Path) -> float:
    """Frames per second from the file to complete results, those that the folder is named after."""
    folder.mkdir()
    writer = PointsWriter("csv", folder, clock=True)
    overlays = OverlayFolder(folder / "overlays") if folder.name == _OVERLAY else None

    def write(found: Detected) -> None:
        writer.add(FoundFrame(found.result, found.shape))
        if overlays is not None and found.frame is not None:
            overlays.add(found.frame, found.result)

    start = time.perf_counter()
    with Behind(write, _BEHIND) as written:
        for item in islice(detect_files(detector, [source]), most):
            if isinstance(item, Detected):
                written.add(item)
    if overlays is not None:
        overlays.close()
    writer.close()
    return writer.count / (time.perf_counter() - start)
