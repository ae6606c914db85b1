"""Candidates of sequences, cached on disk, so that a tracker can run again without its network."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from experiments.through_time.classical import MedianFilter
from irpoint import Detector
from irpoint.frames import open_source
from irpoint.frames.source import Skipped
from irpoint.measurement import Flag
from irpoint.points import FrameResult
from irpoint.simulate import SequenceSettings, SimulatedSequence
from irpoint.tracking import SequenceTracker
from irpoint.tracking.motion import Motion
from irpoint.tracking.stillness import Stillness

Floats = npt.NDArray[np.float64]
LOWEST = 0.005  # score from which candidates are cached


@dataclass(frozen=True, eq=False)
class CachedFrame:
    """What is known of one frame.

    Attributes:
        xy, score, std: candidates of the network: (N, 2) places, (N,) scores, (N,) deviations of
            the places in pixels.
        measured: (N,) whether a candidate was measured.
        specks: (S, 3) x, y and statistic of the specks.
        classical: (M, 3) x, y and statistic of the peaks of the classical filter.
        kind: whether the frame is new, as :class:`~irpoint.tracking.sequence.Seen` says.
        motion: shift of the image's content against the frame before.
        truth: (T, 9) number of the target, x, y, SNR, SCNR, whether it is visible, and the half
            sides of the box within which a hit lies, and number of frames since it came.
    """

    xy: Floats
    score: Floats
    std: Floats
    measured: Floats
    specks: Floats
    classical: Floats
    kind: Stillness
    motion: Motion | None
    truth: Floats


@dataclass(frozen=True)
class Stream:
    """A sequence of frames.

    Attributes:
        name: what it shows.
        shape: (height, width) in pixels.
        period: seconds between frames.
        frames: all of its frames.
    """

    name: str
    shape: tuple[int, int]
    period: float
    frames: list[CachedFrame]


_FIELDS = ("xy", "score", "std", "measured", "specks", "classical", "truth")
_NO_MOTION = (np.nan,) * 4
KINDS: tuple[Stillness, ...] = get_args(Stillness)


def save(stream: Stream, path: Path) -> None:
    """Write a stream to an ``.npz`` file."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name in _FIELDS:
        parts = [getattr(frame, name) for frame in stream.frames]
        arrays[name] = np.concatenate(parts).astype(np.float32)
        arrays[f"{name}_counts"] = np.array([len(part) for part in parts])
    arrays["motion"] = np.array(
        [
            _NO_MOTION if m is None else (m.x, m.y, m.x_std, m.y_std)
            for m in (frame.motion for frame in stream.frames)
        ]
    )
    arrays["kind"] = np.array([KINDS.index(frame.kind) for frame in stream.frames])
    facts = {"name": stream.name, "shape": stream.shape, "period": stream.period}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(partial, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def load(path: Path) -> Stream:
    """Read what :func:`save` wrote."""
    with np.load(path) as file:
        facts = json.loads(str(file["facts"]))
        motions = [None if np.isnan(m).any() else Motion(*m.tolist()) for m in file["motion"]]
        kinds = [KINDS[kind] for kind in file["kind"].tolist()]
        columns = {
            name: np.split(file[name].astype(float), np.cumsum(file[f"{name}_counts"])[:-1])
            for name in _FIELDS
        }
    frames = [
        CachedFrame(kind=kinds[k], motion=motion, **{name: columns[name][k] for name in _FIELDS})
        for k, motion in enumerate(motions)
    ]
    return Stream(facts["name"], tuple(facts["shape"]), facts["period"], frames)


def simulated(
    detector: Detector, cache: Path, count: int, seed: int, classical: bool = True, **values: Any
) -> Stream:
    """The stream of a simulated sequence of 640 × 512 pixels at 30 Hz, from the cache if it can."""
    values = {"width": 640, "height": 512, "bits": 14, **values}
    name = f"{values['scene']}-{count}-{seed}"
    path = cache / f"{name}-{_key(detector, classical, values)}.npz"
    if not path.exists():
        sequence = SimulatedSequence(SequenceSettings.checked(**values), count, seed)
        frames = ((frame.frame, _truth(frame.targets)) for frame in sequence)
        _fill_ages(stream := _observe(name, detector, frames, classical))
        save(stream, path)
    return load(path)


def clip(detector: Detector, cache: Path, video: Path) -> Stream:
    """The stream of a labelled clip, with a CSV file of boxes beside it."""
    path = cache / f"{video.stem}-{_key(detector, True, {})}.npz"
    if not path.exists():
        boxes: dict[int, list[tuple[float, ...]]] = {}
        with video.with_suffix(".csv").open() as file:
            for row in csv.DictReader(file):
                x, y, w, h = (float(row[name]) for name in ("x", "y", "width", "height"))
                place = (1.0, x + (w - 1) / 2, y + (h - 1) / 2, 0.0, 0.0, 1.0, w / 2, h / 2, 0.0)
                boxes.setdefault(int(row["frame"]), []).append(place)
        items = (item for item in open_source(str(video)).frames() if not isinstance(item, Skipped))
        frames = ((i.frame, np.array(boxes.get(i.index, [])).reshape(-1, 9)) for i in items)
        _fill_ages(stream := _observe(video.stem, detector, frames, True))
        save(stream, path)
    return load(path)


def _key(detector: Detector, classical: bool, values: dict[str, Any]) -> str:
    facts = [detector.card.sha256, detector.scale, LOWEST, classical, sorted(values.items())]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _observe(
    name: str,
    detector: Detector,
    frames: Iterator[tuple[npt.NDArray[Any], Floats]],
    classical: bool,
) -> Stream:
    found: list[CachedFrame] = []
    tracker: SequenceTracker | None = None
    median = MedianFilter()
    for index, (pixels, truth) in enumerate(frames):
        shape = (pixels.shape[0], pixels.shape[1])
        tracker = tracker or SequenceTracker(shape)
        [(points, _)] = detector.judge([pixels], lowest=LOWEST)
        strong = points[np.flatnonzero(points.score >= detector.card.thresholds.default)]
        seen = tracker.look(FrameResult(name, index, None, shape, strong, pixels=pixels))
        measured = points.measured
        assert measured is not None
        specks = np.empty((0, 3))
        if seen.specks is not None:
            specks = np.column_stack([seen.specks.xy, seen.specks.statistic])
        found.append(
            CachedFrame(
                xy=points.xy.astype(float),
                score=points.score.astype(float),
                std=np.sqrt((measured.x_std**2 + measured.y_std**2) / 2),
                measured=(~measured.has(Flag.UNMEASURED)).astype(float),
                specks=specks,
                classical=median(pixels, seen.motion) if classical else np.empty((0, 3)),
                kind=seen.kind,
                motion=seen.motion,
                truth=truth,
            )
        )
    assert found, f"{name} has no frames"
    return Stream(name, shape, 1 / 30, found)


def _truth(targets: Sequence[Any]) -> Floats:
    rows = [(t.track, t.x, t.y, t.snr, t.scnr, t.visible, 5.0, 5.0, 0.0) for t in targets]
    return np.array(rows, float).reshape(-1, 9)


def _fill_ages(stream: Stream) -> None:
    """Count the frames since each target was first visible in the frame."""
    first: dict[int, int] = {}
    for index, frame in enumerate(stream.frames):
        for row in frame.truth:
            if row[5]:
                first.setdefault(int(row[0]), index)
            row[8] = index - first.get(int(row[0]), index)
