"""The command line: tables of docs/video.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import experiments.through_time as package
from experiments.common import argument_parser
from experiments.through_time.figures import (
    FROM_FRAME,
    false_tracks,
    found,
    identity,
    poisson_interval,
)
from experiments.through_time.methods import Said, classical, m_of_n, searched, single
from experiments.through_time.streams import Stream, clip, simulated
from irpoint import Detector
from irpoint.errors import SettingsError
from irpoint.zoo import ModelCard

CAMERAS: tuple[dict[str, Any], ...] = ({}, {"pan": (1.5, 0.4)}, {"jitter": 1.5})
CLUTTERED = ("clouds", "sea", "land")
SCENES = ("clear", *CLUTTERED)
EMPTY_SCENES = (*CLUTTERED, "clear")  # of --false-tracks
BINS = ((0.0, 2.0), (2.0, 4.0), (4.0, 6.0), (6.0, 100.0))
RATE = 10.0  # false tracks per hour
CHECKED_RATES = (60.0, 600.0)
LENGTH, TARGETS = 200, (8, 8)
TURNS = 3  # sequences of each scene, SNR and camera

Method = Callable[[Stream, ModelCard], Said]
METHODS: dict[str, Method] = {
    "single frame, 1 false alarm per Mpx": single,
    "3 of 4 of these points": m_of_n,
    "temporal median, 3 of 4": classical,
    "track before detect": searched(RATE),
    "with --smooth, from the first frame": searched(RATE, smooth=True),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("through_time", package.__doc__)
    parser.add_argument("model", help="shipped model, ONNX file or folder of a run")
    parser.add_argument("--cache", type=Path, required=True, help="folder for candidates")
    parser.add_argument("--length", type=int, default=LENGTH, help="frames per sequence")
    parser.add_argument("--false-tracks", action="store_true", help="count false tracks instead")
    parser.add_argument("--frames", type=int, default=20_000, help="of --false-tracks")
    parser.add_argument("--clips", type=Path, metavar="DIR", help="labelled clips instead")
    given = parser.parse_args(arguments)
    detector = Detector(given.model, threads=1)
    if given.clips is not None:
        print_clips(detector, given.cache, given.clips)
    elif given.false_tracks:
        print_false_tracks(detector, given.cache, given.frames, given.length)
    else:
        print_found(detector, given.cache, given.length)


def print_found(detector: Detector, cache: Path, length: int) -> None:
    """Print what each method finds, from the fifteenth frame of a target on."""
    groups: dict[str, list[Stream]] = {}
    for snr in (3.0, 5.0, 6.0):
        groups[f"clear, SNR {snr:g}"] = list(_streams(detector, cache, length, "clear", snr, snr))
    for scene in CLUTTERED:
        groups[scene] = list(_streams(detector, cache, length, scene, 3.0, 12.0))
    for group, streams in groups.items():
        frames = sum(len(stream.frames) for stream in streams)
        print(f"\n**{group}**: {frames} frames (camera still / panning / shaking; targets)\n")
        bins = BINS if group in CLUTTERED else ((0.0, 1e9),)
        titles = [f"SCNR {a:g}–{b:g}" for a, b in bins] if len(bins) > 1 else ["found %"]
        print("| | " + " | ".join([*titles, "IDF1", "switches per 1,000", "false tracks"]) + " |")
        print("|---" * (len(titles) + 4) + "|")
        for name, method in METHODS.items():
            print(_row(name, method, streams, bins, detector.card))


def _row(
    name: str,
    method: Method,
    streams: list[Stream],
    bins: Sequence[tuple[float, float]],
    card: ModelCard,
) -> str:
    said = [method(stream, card) for stream in streams]
    first = 0 if "smooth" in name else FROM_FRAME
    together = found(streams, said, first)
    by_camera = [
        found(streams[at : at + TURNS], said[at : at + TURNS], first)
        for at in range(0, len(streams), TURNS)
    ]
    cells = [name]
    for low, high in bins:
        share, count = together.share(low, high)
        each = " / ".join(_percent(*one.share(low, high)) for one in by_camera)
        cells.append(f"{_percent(share, count)} ({each}; {count})")
    if method is single:
        cells += ["–"] * 3
    else:
        idf1, switches = identity(streams, said)
        false = sum(false_tracks(*pair) for pair in zip(streams, said, strict=True))
        cells += [f"{idf1:.3f}", f"{switches:.2f}", str(false)]
    return f"| {' | '.join(cells)} |"


def _percent(share: float, count: int) -> str:
    return f"{100 * share:.1f}" if count else "–"


def _streams(
    detector: Detector, cache: Path, length: int, scene: str, low: float, high: float
) -> Iterator[Stream]:
    for number, camera in enumerate(CAMERAS):
        for turn in range(TURNS):
            seed = 25_000 + 100 * turn + 10 * SCENES.index(scene) + number
            values = {"scene": scene, "targets": TARGETS, "snr": (low, high), **camera}
            yield simulated(detector, cache, length, seed, **values)


def print_false_tracks(detector: Detector, cache: Path, frames: int, length: int) -> None:
    """Print the false tracks in sequences without targets, at several rates."""
    counts = dict.fromkeys(((s, r) for s in EMPTY_SCENES for r in CHECKED_RATES), 0)
    seen = dict.fromkeys(EMPTY_SCENES, 0)
    for number in range(-(-frames // length)):
        rest, kind = divmod(number, len(EMPTY_SCENES))
        turn, view = divmod(rest, len(CAMERAS))
        scene, camera = EMPTY_SCENES[kind], CAMERAS[view]
        seed = 54_100 + 100 * turn + 10 * kind + view
        values = {"scene": scene, "targets": (0, 0), **camera}
        stream = simulated(detector, cache, length, seed, False, **values)
        seen[scene] += len(stream.frames)
        for rate in CHECKED_RATES:
            said = searched(rate)(stream, detector.card)
            counts[scene, rate] += false_tracks(stream, said)
    print("| scene | frames | allowed per hour | false tracks | per hour | 95 % interval |")
    print("|---|---|---|---|---|---|")
    for (scene, rate), count in counts.items():
        if hours := seen[scene] / 30 / 3600:
            low, high = (bound / hours for bound in poisson_interval(count))
            cells = [scene, f"{seen[scene]}", f"{rate:g}", f"{count}", f"{count / hours:.0f}"]
            print(f"| {' | '.join([*cells, f'{low:.0f}–{high:.0f}'])} |")


def print_clips(detector: Detector, cache: Path, folder: Path) -> None:
    """Print recall and false tracks on labelled clips."""
    videos = sorted(folder.glob("*.mp4"))
    if not videos:
        raise SettingsError(f"{folder}: no .mp4 file; give the folder of the clips")
    print("| clip | box, px | frames | " + " | ".join(f"{n} %" for n in METHODS) + " | false |")
    print("|---" * (len(METHODS) + 4) + "|")
    for video in videos:
        stream = clip(detector, cache, video)
        boxes = [2 * (row[6] * row[7]) ** 0.5 for f in stream.frames for row in f.truth]
        cells = [stream.name, f"{sorted(boxes)[len(boxes) // 2]:.0f}", str(len(stream.frames))]
        false = 0
        for name, method in METHODS.items():
            said = method(stream, detector.card)
            share, _ = found([stream], [said], 0).share()
            cells.append(f"{100 * share:.1f}")
            false = false_tracks(stream, said) if name == "track before detect" else false
        print(f"| {' | '.join([*cells, str(false)])} |")
