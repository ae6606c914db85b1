"""Measure how many bad pixels `irpoint bad-pixels` finds in simulated sequences.

    python -m experiments.bad_pixel_mask
    python -m experiments.bad_pixel_mask --hard

Prints the bad pixels found and the good pixels in the mask, by scene, motion of the camera and
bits. 0.2 % of the pixels are bad: dead, hot, stuck and blinking ones; a fifth of the first three
lies in clusters of up to nine. Five targets move through the scene. A blinking pixel that was too
high in fewer than three frames does not count. With --hard, sequences of other cameras instead:
overlays, telemetry, other gain controls, a sharp lens, noisy bad pixels, a camera that stands
still. Used in docs/bad-pixels.md.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.common import argument_parser, run
from irpoint.badpixels import BadPixel, BadPixelFinder
from irpoint.errors import IrpointWarning
from irpoint.simulate import SequenceSettings, SimulatedSequence

SCENES = ("clear", "clouds", "sea", "land")
MOTIONS: dict[str, dict[str, Any]] = {"panning": {"pan": (1.5, 0.1)}, "shaking": {"jitter": 5.0}}
BITS = (16, 8)
BAD: dict[str, Any] = {
    "bad_pixels": 0.001,
    "stuck_pixels": 0.0005,
    "blinking_pixels": 0.0005,
    "bad_cluster": 0.2,
    "targets": (5, 5),
    "snr": (5, 50),
}
HARD: dict[str, dict[str, Any]] = {
    "telemetry, border and text": {
        "artefacts": {"telemetry": 2, "border": 6, "text": 4, "reticle": "crosshair"},
        "bits": 14,
    },
    "8 bits, plateau": {"artefacts": {"agc": "plateau"}},
    "8 bits, local gain": {"artefacts": {"agc": "local"}},
    "8 bits, JPEG 90": {"artefacts": {"jpeg": 90}},
    "float32 temperatures": {"artefacts": {"kelvin_per_count": 0.04}},
    "saturated areas": {"artefacts": {"saturation": 0.2}, "bits": 14},
    "sharp lens (0.5 px)": {"psf_sigma": (0.5, 0.5), "snr": (50, 100)},
    "strong fixed pattern": {"column_noise": 1.0, "pixel_noise": 1.0},
    "noisy bad pixels": {"bad_noise": 3.0, "read_noise": 1500.0},
    "camera rolls": {"roll": 0.1},
    "still camera": {"pan": (0.0, 0.0)},
}


class Score:
    """Bad pixels and false ones, over several sequences."""

    def __init__(self) -> None:
        self.bad: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.false = self.good = 0
        self.seconds = 0.0
        self.frames = 0
        self.motion: list[float] = []

    def add(self, values: dict[str, Any], frames: int, seed: int) -> None:
        """Simulate a sequence and judge its mask."""
        sequence = SimulatedSequence(SequenceSettings.checked(**BAD | values), frames, seed)
        finder = BadPixelFinder()
        covered = np.zeros(sequence.settings.shape, bool)
        for shown in sequence:
            started = time.process_time()
            finder.add(shown.frame)
            self.seconds += time.process_time() - started
            covered |= shown.mask
        self.frames += frames
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IrpointWarning)
            result = finder.result()
        self.motion.append(result.motion or 0.0)
        kinds = sequence.detector.kinds.copy()
        rare = sequence.detector.states.sum(axis=0) < 3
        kinds.ravel()[sequence.detector.blinking[rare]] = BadPixel.GOOD
        for kind in BadPixel:
            if kind != BadPixel.GOOD:
                here = (kinds == kind) & ~covered
                self.bad[kind.name.lower()] += int(here.sum())
                self.found[kind.name.lower()] += int((result.mask[here] > 0).sum())
        good = ~sequence.detector.bad
        self.good += int(good.sum())
        self.false += int((result.mask[good] > 0).sum())

    def row(self, name: str) -> str:
        """A row of the table."""
        cells = [f"{self.found[kind]}/{self.bad[kind]}" for kind in self.bad]
        share = 100 * sum(self.found.values()) / sum(self.bad.values())
        false = f"{self.false} ({self.false / self.good:.1e})"
        return f"| {name} | {' | '.join(cells)} | {share:.1f} | {false} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("bad_pixel_mask", __doc__)
    parser.add_argument("--frames", type=int, default=100, help="frames per sequence (100)")
    parser.add_argument("--sequences", type=int, default=2, help="sequences per row (2)")
    parser.add_argument("--first", type=int, default=0, help="first random seed (0)")
    parser.add_argument("--size", type=int, nargs=2, default=(320, 256), help="width and height")
    parser.add_argument("--hard", action="store_true", help="other cameras")
    given = parser.parse_args(arguments)
    size = {"width": given.size[0], "height": given.size[1]}
    if given.hard:
        cases = {name: {"scene": "land", "pan": (1.5, 0.1), "bits": 16 if "8" not in name else 8}
                 | values for name, values in HARD.items()}  # fmt: skip
    else:
        cases = {
            f"{scene}, {name}, {bits} bits": {"scene": scene, "bits": bits, **motion}
            for scene in SCENES
            for name, motion in MOTIONS.items()
            for bits in BITS
        }
    print("| sequence | dead | hot | stuck | blinking | found % | false (per pixel) |")
    print("|---|---|---|---|---|---|---|")
    total = Score()
    for name, values in cases.items():
        score = Score()
        for seed in range(given.first, given.first + given.sequences):
            score.add(size | values, given.frames, seed)
        print(score.row(name), flush=True)
        total.bad += score.bad
        total.found += score.found
        total.false += score.false
        total.good += score.good
        total.seconds += score.seconds
        total.frames += score.frames
    print(total.row("**all**"))
    print(f"{1e3 * total.seconds / total.frames:.0f} ms of processor time per frame")


if __name__ == "__main__":
    run(main)
