"""Draw and time simulated sequences.

    OMP_NUM_THREADS=1 python -m experiments.sequences
    python -m experiments.sequences --sheet docs/sequences.jpg

Prints the processor time per frame of 640 × 512 pixels, by scene and by motion of the camera. With
--sheet, draws frames of four sequences with the tracks of their targets instead. Used in
docs/simulate.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from experiments.common import argument_parser, run
from irpoint.simulate import SequenceSettings, SimulatedSequence

SCENES = ("clear", "clouds", "sea", "land")
CAMERAS: dict[str, dict[str, Any]] = {
    "still": {},
    "panning": {"pan": (1.5, 0.1)},
    "shaking": {"jitter": 1.0},
    "shaking and rolling": {"jitter": 1.0, "roll_jitter": 0.1},
}
FRAMES = 200
TIMED = 20
SHEET: tuple[dict[str, Any], ...] = (
    {"scene": "clouds", "wind": (0.8, 0.1)},
    {"scene": "sea", "jitter": 0.5},
    {"scene": "land", "pan": (1.5, 0.0), "behind": 0.4},
    {"scene": "clear", "pan": (0.5, 0.2), "jitter": 0.5, "bad_pixels": 1e-4},
)
SHOWN = (0, 66, 132, 199)
COLOURS = ("#4cc9f0", "#f72585", "#ffd166", "#80ed99", "#ff9f1c")


def milliseconds(scene: str, camera: dict[str, Any]) -> float:
    """Processor time per frame."""
    settings = SequenceSettings.checked(
        width=640, height=512, scene=scene, targets=(5, 5), bits=14, **camera
    )
    sequence = SimulatedSequence(settings, FRAMES, seed=1)
    started = time.process_time()
    for number in range(TIMED):
        sequence[number]
    return 1e3 * (time.process_time() - started) / TIMED


def drawn(sequence: SimulatedSequence, number: int, width: int) -> Image.Image:
    """A frame with the places of its targets so far; rings around those that are visible."""
    shown = sequence[number]
    picture = Image.fromarray(shown.frame).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for track in sequence.tracks:
        colour = COLOURS[(track.number - 1) % len(COLOURS)]
        times = np.arange(0.0, min(number, track.ends) + 1)
        path: npt.NDArray[np.float64] = track.places(times)
        now = np.full(len(path), float(number))
        pen.line([(x, y) for x, y in sequence.camera.to_frame(path, now).tolist()], colour, 2)
    for target in shown.visible:
        colour = COLOURS[(target.track - 1) % len(COLOURS)]
        x, y = target.x, target.y
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), outline=colour, width=2)
    pen.text((8, 4), f"{shown.kind}, frame {number}", "white", font_size=22)
    return picture.resize((width, round(width * picture.height / picture.width)))


def draw_sheet(path: Path, width: int = 320) -> None:
    """Draw frames of several sequences, a row each."""
    rows = []
    for seed, values in enumerate(SHEET):
        chosen = {"width": 640, "height": 512, "targets": (5, 5), "snr": (20, 40), **values}
        sequence = SimulatedSequence(SequenceSettings.checked(**chosen), FRAMES, seed=seed + 3)
        cells = [np.asarray(drawn(sequence, number, width)) for number in SHOWN]
        rows.append(np.concatenate(cells, axis=1))
    Image.fromarray(np.concatenate(rows)).save(path, quality=82)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("sequences", __doc__)
    parser.add_argument("--sheet", type=Path, help="draw frames to this file")
    given = parser.parse_args(arguments)
    if given.sheet:
        draw_sheet(given.sheet)
        return
    print("| camera | " + " | ".join(SCENES) + " |")
    print("|---" * (len(SCENES) + 1) + "|")
    for name, camera in CAMERAS.items():
        times = [f"{milliseconds(scene, camera):.0f} ms" for scene in SCENES]
        print(f"| {name} | " + " | ".join(times) + " |")


if __name__ == "__main__":
    run(main)
