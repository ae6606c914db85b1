"""Speed of a model on single frames: stage by stage, and compared with eager PyTorch."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from irpoint.benchmark.measuring import measuring_ms
from irpoint.benchmark.scenes import parse_size, simulated_pngs
from irpoint.benchmark.timing import (
    WARM_UP,
    Spread,
    Stopwatch,
    median_ms,
    spread,
    time_detection,
)
from irpoint.decoding.peaks import decode
from irpoint.errors import SettingsError
from irpoint.frames import read_frame
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector
from irpoint.sinks import PointsWriter
from irpoint.zoo import Model

STAGES = ("read", "prepare", "network", "decode", "measure", "write")
_ARRAY_TO_POINTS = slice(1, 5)  # the stages of one call of the detector
_MAX_EAGER_REPEATS = 10  # one pass of an 8K frame takes a minute


class FrameFigures(TypedDict):
    """Speed of a model on single frames, as ``irpoint benchmark --json`` writes it.

    Attributes:
        model: name of the model.
        size: side of the frames in pixels, or ``"WxH"`` if they are not square.
        backend, precision, threads: backend of the network, its precision, and CPU threads.
        total_ms: time of one call, from array to points.
        stages_ms: time of each stage: ``read`` (a PNG), ``prepare`` (levels and scale),
            ``network``, ``decode``, ``measure``, ``write`` (CSV).
        fps: calls per second, from the median of ``total_ms``.
        peak_rss_mb: peak memory of this process in MiB.
        ratio_to_eager: ``eager_ms`` over the median of ``total_ms``; null without PyTorch.
        eager_ms: median time of the network alone in eager float32 PyTorch; null without PyTorch.
        decoder_ms: median time to decode a 128 × 128 response map with five targets (``typical``),
            and one of noise (``noise``).
        measuring_ms: median time to measure 10 and 1,000 points of a frame on one core, by number.
    """

    model: str
    size: int | str
    backend: str
    precision: str
    threads: int
    total_ms: Spread
    stages_ms: dict[str, Spread]
    fps: float
    peak_rss_mb: float
    ratio_to_eager: float | None
    eager_ms: float | None
    decoder_ms: dict[str, float]
    measuring_ms: dict[str, float]


def benchmark(
    model: str | Path | Model,
    size: str = "512",
    repeats: int = 30,
    *,
    backend: str = "auto",
    scale: str | None = None,
    threads: int = 0,
    measure: bool = True,
) -> FrameFigures:
    """Time a model on simulated 16-bit frames.

    Args:
        model: name, path, or a loaded model.
        size: size of the frames in pixels, ``"512"`` for a square or ``"3840x2160"``.
        repeats: number of timed calls.
        backend, scale, threads, measure: as for :class:`irpoint.Detector`.

    Raises:
        SettingsError: if a setting is out of range.
        ModelError: if the model cannot be loaded.
    """
    width, height = parse_size(size)
    if repeats < 1:
        raise SettingsError(f"repeats {repeats}: give 1 or more")
    threads = threads or len(os.sched_getaffinity(0))
    detector = Detector(model, backend=backend, scale=scale, threads=threads, measure=measure)
    pngs = simulated_pngs(width, height)
    stages = _time_stages(detector, pngs, repeats)
    total = spread(stages[:, _ARRAY_TO_POINTS].sum(axis=1))
    eager = _eager_ms(detector, pngs[0], threads, repeats)
    return {
        "model": detector.card.name,
        "size": width if width == height else size,
        "backend": detector.backend,
        "precision": detector.precision,
        "threads": threads,
        "total_ms": total,
        "stages_ms": {name: spread(ms) for name, ms in zip(STAGES, stages.T, strict=True)},
        "fps": 1000 / total["median"],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ratio_to_eager": None if eager is None else eager / total["median"],
        "eager_ms": eager,
        "decoder_ms": _decoder_ms(repeats),
        "measuring_ms": measuring_ms(repeats),
    }


def _time_stages(detector: Detector, pngs: list[bytes], repeats: int) -> npt.NDArray[np.float64]:
    """(repeats, 6) milliseconds, a column for each of :data:`STAGES`."""
    rows = []
    writer = PointsWriter("csv", io.BytesIO(), measured=detector.measures)
    for index in range(WARM_UP + repeats):
        stopwatch = Stopwatch()
        frame = read_frame(pngs[index % len(pngs)])
        stopwatch.lap()
        prepared, points = time_detection(detector, frame, stopwatch)
        writer.add(FrameResult("frame.png", index, None, prepared.shape, points))
        stopwatch.lap()
        rows.append(stopwatch.milliseconds)
    return np.array(rows[WARM_UP:])


def _decoder_ms(repeats: int) -> dict[str, float]:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:128, :128]
    typical = 0.03 * rng.standard_normal((128, 128))
    for x, y in rng.uniform(4, 124, (5, 2)):
        typical = np.maximum(typical, np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 4.5))
    maps = {"typical": typical.astype(np.float32), "noise": rng.random((128, 128), np.float32)}
    return {name: median_ms(partial(decode, cells, 0.35), repeats) for name, cells in maps.items()}


def _eager_ms(detector: Detector, png: bytes, threads: int, repeats: int) -> float | None:
    """Median time of the same network input in eager PyTorch, measured in another process.

    None if PyTorch is not installed, or the model is a filter.
    """
    card = detector.card
    if card.is_filter or find_spec("torch") is None:
        return None
    shape = detector.prepare(read_frame(png)).image.shape
    numbers = (card.width or 0, *shape, threads, min(repeats, _MAX_EAGER_REPEATS))
    command = [sys.executable, "-m", "irpoint.methods.eager", card.method, *map(str, numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None
