"""How fast a model is on this machine, stage by stage, and against eager PyTorch."""

from __future__ import annotations

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

from irpoint.decode import decode
from irpoint.errors import SettingsError
from irpoint.points import Points
from irpoint.runtime.detector import Detector
from irpoint.simulate import SceneSettings, scene_rng, simulate_scene

_WARM_UP = 3


def benchmark(
    model: str, size: int, repeats: int = 30, backend: str = "auto", threads: int = 0
) -> dict[str, Any]:
    """Time a model on simulated 16-bit frames of ``size`` × ``size`` pixels.

    Returns:
        ``model``, ``size``, ``backend``, ``precision``, ``threads``; ``total_ms`` {median, p95} of
        the whole call; ``stages_ms`` medians of normalise-and-scale, network, decode; ``fps``;
        ``peak_rss_mb`` of this process; ``ratio_to_eager``, eager float32 PyTorch's time for the
        network alone over the whole call here, null without torch; ``decoder_ms``, medians on a
        128 × 128 map with a few targets (typical) and of pure noise.
    """
    if not 16 <= size <= 8192 or repeats < 1:
        raise SettingsError(f"size {size}, repeats {repeats}: size 16 to 8192, repeats from 1")
    threads = threads or len(os.sched_getaffinity(0))
    detector = Detector(model, backend=backend, threads=threads)
    settings = SceneSettings.checked(width=size, height=size, bits=16)
    frames = [simulate_scene(settings, scene_rng(0, index)).frame for index in range(4)]
    stages = _stages(detector, frames, repeats)
    total = stages.sum(axis=1)
    eager = _eager_ms(detector, size, threads) if not detector.card.is_baseline else None
    median = float(np.median(total))
    return {
        "model": detector.card.name,
        "size": size,
        "backend": detector.backend,
        "precision": detector.precision,
        "threads": threads,
        "total_ms": {"median": median, "p95": float(np.percentile(total, 95))},
        "stages_ms": dict(
            zip(("prepare", "network", "decode"), np.median(stages, axis=0).tolist(), strict=True)
        ),
        "fps": 1000 / median,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ratio_to_eager": None if eager is None else eager / median,
        "eager_ms": eager,
        "decoder_ms": _decoder_ms(repeats),
    }


def _stages(detector: Detector, frames: list[Any], repeats: int) -> np.ndarray[Any, Any]:
    """(repeats, 3) milliseconds of each stage of a call."""
    rows = []
    for index in range(_WARM_UP + repeats):
        marks = [time.perf_counter()]
        prepared = detector.prepare(frames[index % len(frames)])
        marks.append(time.perf_counter())
        response = detector.respond([prepared])
        marks.append(time.perf_counter())
        detector.locate(response[0], prepared)
        marks.append(time.perf_counter())
        rows.append(np.diff(marks) * 1e3)
    return np.array(rows[_WARM_UP:])


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


def _eager_ms(detector: Detector, size: int, threads: int) -> float | None:
    """Eager PyTorch on the same network input, in a process of its own; None without torch."""
    if find_spec("torch") is None:
        return None
    height, width = detector.prepare(np.zeros((size, size), np.uint8)).image.shape
    command = [sys.executable, "-m", "irpoint.methods.eager"]
    card = detector.card
    arguments = [card.method, *map(str, (card.width or 0, height, width, threads))]
    answer = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    return float(answer.stdout) if answer.returncode == 0 else None
