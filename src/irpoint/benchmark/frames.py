"""How fast a model is on this machine, stage by stage, and against eager PyTorch."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image

from irpoint.decoding.peaks import decode
from irpoint.errors import SettingsError
from irpoint.frames import read_frame
from irpoint.frames.arrays import Frame
from irpoint.points import FrameResult, Points
from irpoint.runtime.detector import Detector, Prepared
from irpoint.simulate import SceneSettings, scene_rng, simulate_scene
from irpoint.sinks.formats import FoundFrame, csv_text

_WARM_UP = 3
_MOST_EAGER = 10
_FRAMES = 4
_SCENE = 1024  # longest side of a simulated scene; larger frames repeat it


STAGES = ("read", "prepare", "network", "decode", "write")
_CALL = slice(1, 4)  # of the stages, those from array to points


def benchmark(
    model: str,
    size: str = "512",
    repeats: int = 30,
    *,
    backend: str = "auto",
    scale: str | None = None,
    threads: int = 0,
) -> dict[str, Any]:
    """Time a model on simulated 16-bit frames.

    Args:
        model: name or path.
        size: of the frames, ``512`` for a square or ``3840x2160``.
        repeats: timed calls.
        backend, scale, threads: as of :class:`irpoint.Detector`.

    Returns:
        ``model``, ``size``, ``backend``, ``precision``, ``threads``; ``total_ms`` {median, p95} of
        the whole call, from array to points; ``stages_ms``, the same of each stage: read (a PNG),
        prepare (levels, scale), network, decode, write (CSV); ``fps`` of the whole call;
        ``peak_rss_mb`` of this process; ``ratio_to_eager``, eager float32 PyTorch's time for the
        network alone over the whole call here, null without torch; ``decoder_ms``, medians on a
        128 × 128 map with a few targets (typical) and of pure noise.
    """
    width, height = parse_size(size)
    if repeats < 1:
        raise SettingsError(f"repeats {repeats}: give 1 or more")
    threads = threads or len(os.sched_getaffinity(0))
    detector = Detector(model, backend=backend, scale=scale, threads=threads)
    files = _files(width, height)
    stages = _stages(detector, files, repeats)
    total = stages[:, _CALL].sum(axis=1)
    shape = detector.prepare(read_frame(files[0])).image.shape
    eager = None if detector.card.is_filter else _eager_ms(detector, shape, threads, repeats)
    call = spread(total)
    return {
        "model": detector.card.name,
        "size": width if width == height else size,
        "backend": detector.backend,
        "precision": detector.precision,
        "threads": threads,
        "total_ms": call,
        "stages_ms": {name: spread(ms) for name, ms in zip(STAGES, stages.T, strict=True)},
        "fps": 1000 / call["median"],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ratio_to_eager": None if eager is None else eager / call["median"],
        "eager_ms": eager,
        "decoder_ms": _decoder_ms(repeats),
    }


def parse_size(size: str) -> tuple[int, int]:
    """``512`` or ``3840x2160`` → (width, height).

    Raises:
        SettingsError: for anything else.
    """
    parts = size.lower().split("x")
    sides = [int(part) if part.isascii() and part.isdigit() else 0 for part in parts]
    if len(sides) not in (1, 2) or not all(16 <= side <= 8192 for side in sides):
        raise SettingsError(f"size {size}: give 512, or 3840x2160; sides from 16 to 8192")
    return sides[0], sides[-1]


def _files(width: int, height: int) -> list[bytes]:
    """PNGs of simulated frames, made in less memory than detecting in them takes."""
    settings = SceneSettings.checked(width=min(width, _SCENE), height=min(height, _SCENE), bits=16)
    times = -(-height // settings.height), -(-width // settings.width)
    count = _FRAMES if times == (1, 1) else 1
    scenes = (simulate_scene(settings, scene_rng(0, index)).frame for index in range(count))
    return [_png(np.tile(scene, times)[:height, :width]) for scene in scenes]


def _stages(detector: Detector, files: list[bytes], repeats: int) -> np.ndarray[Any, Any]:
    """(repeats, 5) milliseconds of each stage."""
    rows = []
    for index in range(_WARM_UP + repeats):
        laps = Laps()
        frame = read_frame(files[index % len(files)])
        laps.end()
        prepared, points = timed_call(detector, frame, laps)
        csv_text([FoundFrame(FrameResult(index, None, "frame.png", points), prepared.shape)])
        laps.end()
        rows.append(laps.milliseconds)
    return np.array(rows[_WARM_UP:])


class Laps:
    """A stopwatch: milliseconds of one stage after another."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self._last = time.perf_counter()

    def end(self) -> None:
        """The stage is over; the next one begins."""
        now = time.perf_counter()
        self.milliseconds.append((now - self._last) * 1e3)
        self._last = now


def timed_call(detector: Detector, frame: Frame, laps: Laps) -> tuple[Prepared, Points]:
    """From array to points, in the three stages prepare, network, decode."""
    prepared = detector.prepare(frame)
    laps.end()
    response = detector.respond([prepared])
    laps.end()
    points = detector.locate(response[0], prepared)
    laps.end()
    return prepared, points


def spread(milliseconds: np.ndarray[Any, Any]) -> dict[str, float]:
    """Median and 95th percentile."""
    median, p95 = np.percentile(milliseconds, (50, 95)).tolist()
    return {"median": median, "p95": p95}


def _png(frame: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()


def _decoder_ms(repeats: int) -> dict[str, float]:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:128, :128]
    typical = 0.03 * rng.standard_normal((128, 128))
    for x, y in rng.uniform(4, 124, (5, 2)):
        typical = np.maximum(typical, np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 4.5))
    maps = {"typical": typical.astype(np.float32), "noise": rng.random((128, 128), np.float32)}
    return {name: _median_ms(partial(decode, cells, 0.35), repeats) for name, cells in maps.items()}


def _median_ms(call: Callable[[], Points], repeats: int) -> float:
    times = []
    for _ in range(_WARM_UP + repeats):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return float(np.median(times[_WARM_UP:]))


def _eager_ms(
    detector: Detector, shape: tuple[int, ...], threads: int, repeats: int
) -> float | None:
    """Eager PyTorch on the same network input, in a process of its own; None without torch."""
    if find_spec("torch") is None:
        return None
    command = [sys.executable, "-m", "irpoint.methods.eager"]
    card = detector.card
    # At 8K one pass takes a minute, so no more of them than asked for.
    numbers = (card.width or 0, *shape, threads, min(repeats, _MOST_EAGER))
    arguments = [card.method, *map(str, numbers)]
    answer = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    return float(answer.stdout) if answer.returncode == 0 else None
