"""Measure what camera artefacts cost, and draw them.

    python -m experiments.artefacts spire --data NUDT-SIRST IRSTD-1k --every 4
    python -m experiments.artefacts --sheet docs/artefacts.jpg

For each artefact of CASES, prints F1 on the val frames at the model's own threshold, and the number
of points on pixels that do not show the scene. Labels that the artefact hides do not count. Frames
become 14-bit counts from 7000 up, unless the artefact belongs to 8-bit frames. ``--sheet`` draws
simulated frames with artefacts instead. Used in docs/simulate.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from experiments.common import add_data, argument_parser, run, validation_frames
from irpoint import Detector, Points
from irpoint.datasets import LabelledFrame
from irpoint.errors import SettingsError
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.simulate import (
    Artefacts,
    SceneSettings,
    add_artefacts,
    hidden_share,
    scene_rng,
    simulate_scene,
)

BASE = 7000  # counts of a dark pixel in 14-bit frames

# Bits of the frame, and the artefacts.
CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "none, 8 bits": (8, {}),
    "none, 14 bits": (14, {}),
    "border: 4 columns of 0": (14, {"border": 4, "border_sides": "left"}),
    "border: 3 rows of 0": (14, {"border": 3, "border_sides": "top"}),
    "border: pillarbox": (8, {"border": 40, "border_sides": "left,right"}),
    "border: pillarbox, noisy": (
        8, {"border": 40, "border_sides": "left,right", "border_value": 12, "border_noise": 2},
    ),
    "rotation: 6 degrees": (14, {"rotation": 6}),
    "aperture": (14, {"aperture": 1.0}),
    "edge line: 1 px": (8, {"edge_line": 1}),
    "edge line: 2 px on four sides": (
        14, {"edge_line": 2, "edge_sides": "left,right,top,bottom"},
    ),
    "telemetry: 2 rows": (14, {"telemetry": 2}),
    "telemetry: 4 columns": (14, {"telemetry": 4, "telemetry_side": "left"}),
    "nodata: rectangles of 0": (14, {"nodata": 0.15}),
    "nodata: areas of 65535": (
        14, {"nodata": 0.15, "nodata_shape": "irregular", "nodata_value": 65535},
    ),
    "nodata: areas of NaN": (
        14,
        {
            "nodata": 0.15, "nodata_shape": "irregular", "nodata_value": "nan",
            "kelvin_per_count": 0.04,
        },
    ),
    "nodata: rectangles of -9999": (
        14, {"nodata": 0.15, "nodata_value": -9999, "kelvin_per_count": 0.04},
    ),
    "text": (8, {"text": 6}),
    "text, 14 bits": (14, {"text": 6}),
    "reticle: all": (8, {"reticle": "crosshair,box,bars,scale"}),
    "saturation: 10 %": (14, {"saturation": 0.1}),
    "saturation: coldest 30 %": (14, {"saturation": 0.3, "saturation_rail": "low"}),
    "sun": (14, {"sun": 20}),
    "black hot": (8, {"black_hot": True}),
    "agc: linear": (14, {"agc": "linear"}),
    "agc: percentile": (14, {"agc": "percentile"}),
    "agc: histogram": (14, {"agc": "histogram"}),
    "agc: plateau, detail": (14, {"agc": "plateau", "agc_detail": 2}),
    "agc: local": (14, {"agc": "local"}),
    "video range": (8, {"video_range": True}),
    "jpeg: quality 50": (8, {"jpeg": 50}),
    "jpeg: quality 20": (8, {"jpeg": 20}),
    "h264: crf 28": (8, {"h264": 28}),
}  # fmt: skip

SHEET: dict[str, dict[str, Any]] = {
    "border, border_noise": {"border": 10, "border_sides": "left,right", "border_noise": 3},
    "rotation": {"rotation": 7},
    "aperture": {"aperture": 0.95},
    "telemetry": {"telemetry": 4, "telemetry_side": "top"},
    "nodata": {"nodata": 0.15},
    "nodata_shape=irregular": {"nodata": 0.15, "nodata_shape": "irregular"},
    "text, reticle": {"text": 3, "reticle": "crosshair,box,bars,scale"},
    "edge_line": {"edge_line": 2, "edge_sides": "right,bottom"},
    "saturation": {"saturation": 0.15},
    "sun, agc=plateau": {"sun": 8, "agc": "plateau"},
    "agc=local": {"agc": "local"},
    "agc_detail": {"agc": "percentile", "agc_detail": 2.5},
    "black_hot, text": {"black_hot": True, "text": 3, "reticle": "crosshair"},
    "agc=linear, bad pixel": {"agc": "linear"},
    "jpeg=15": {"jpeg": 15},
    "h264=38": {"h264": 38},
}
TILE = (200, 160)  # width and height


def counts(frame: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """A frame of 8 bits as it is, or as counts of a 14-bit camera."""
    if bits == 8 or frame.dtype != np.uint8:
        return frame
    return frame.astype(np.uint16) + np.uint16(BASE)


def detect(
    detector: Detector, label: LabelledFrame, case: tuple[int, dict[str, Any]], seed: int
) -> tuple[EvaluatedFrame, int]:
    """Detect in a frame with artefacts; also, how many points lie on them."""
    bits, values = case
    frame, mask = add_artefacts(
        counts(label.read(), bits), Artefacts.checked(**values), np.random.default_rng(seed), bits
    )
    found = detector(frame)
    at = np.rint(found.xy).astype(int)
    rows, columns = (np.clip(at[:, axis], 0, frame.shape[1 - axis] - 1) for axis in (1, 0))
    visible = [(x, y) for x, y in label.points.xy.tolist() if hidden_share((x, y), mask, 1.5) < 0.5]
    truth = Points.labels(visible)
    evaluated = EvaluatedFrame(label.name, label.dataset, label.shape, truth, found)
    return evaluated, int(mask[rows, columns].sum())


def measure(name: str, frames: Sequence[LabelledFrame], cases: Sequence[str]) -> None:
    """Print a table of one model."""
    detector = Detector(name, backend="onnxruntime")
    print(f"{name}, {len(frames)} frames\n\n| artefact | F1 | precision | recall | on artefacts |")
    print("|---|---|---|---|---|")
    for case in cases:
        pairs = [detect(detector, frame, CASES[case], seed) for seed, frame in enumerate(frames)]
        result = evaluate([evaluated for evaluated, _ in pairs])
        figures = (100 * (value or 0.0) for value in (result.f1, result.precision, result.recall))
        print(f"| {case} | {' | '.join(f'{figure:.1f}' for figure in figures)} "
              f"| {sum(on for _, on in pairs)} |", flush=True)  # fmt: skip


def draw(file: Path) -> None:
    """Draw simulated frames with artefacts, and the settings below them."""
    width, height = TILE
    columns, caption = 4, 14
    sheet = Image.new(
        "L", (columns * (width + 4), (len(SHEET) // columns) * (height + caption)), 70
    )
    for number, (title, values) in enumerate(SHEET.items()):
        settings = SceneSettings.checked(
            width=width, height=height, scene=("clouds", "land")[number % 2], targets=(4, 4),
            snr=(20, 40), bad_pixels=0.0001 if "bad" in title else 0.0, artefacts=values,
        )  # fmt: skip
        frame = simulate_scene(settings, scene_rng(7, number)).frame
        corner = (number % columns * (width + 4), number // columns * (height + caption))
        sheet.paste(Image.fromarray(frame), corner)
        pen = ImageDraw.Draw(sheet)
        pen.text((corner[0] + 2, corner[1] + height + 1), title, fill=255)
    sheet.save(file, quality=80)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("artefacts", __doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="as in irpoint detect --model")
    add_data(parser, required=False)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="use every N-th frame")
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose name contains it")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="draw a picture instead")
    given = parser.parse_args(arguments)
    if given.sheet:
        return draw(given.sheet)
    if not given.models or not given.data:
        raise SettingsError("give a model and --data, or --sheet")
    frames = validation_frames(given.data)[:: given.every]
    cases = [name for name in CASES if given.only in name]
    for name in given.models:
        measure(name, frames, cases)
    return None


if __name__ == "__main__":
    run(main)
