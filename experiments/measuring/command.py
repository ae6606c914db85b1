"""The command line of this experiment."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from experiments.common import argument_parser
from experiments.measuring import clipped, labelled, phase, shrunk, simulated
from irpoint import Detector
from irpoint.errors import SettingsError
from irpoint.simulate.settings import SceneKind

_SEED = 300  # of the first kind of frame; the noise model was made with others
DOCS = Path(__file__).parents[2] / "docs"
_DESCRIPTION = """Measure how good measured places are, and their uncertainties.

    python -m experiments.measuring --simulated
    python -m experiments.measuring --simulated --model spire
    python -m experiments.measuring --shrunk --model spire
    python -m experiments.measuring --clipped
    python -m experiments.measuring --phase
    python -m experiments.measuring --model spire --data NUDT-SIRST IRSTD-1k SIRST-v2

``--simulated``: on frames of 640x512 pixels with exact truth (four scenes, 8 and 16 bits, with and
without column noise, SNR 3 to 100, width 0.6 to 2.5 px) the RMS error over the Cramér-Rao bound,
the shares of errors within one and two standard deviations, and the bias. The bound takes the true
noise, fixed pattern and rounding, and the covariance of the clean background within 40 px. Points
start from the true place with an error of 0.4 px per axis; with ``--model``, from its detections.

``--clipped``: targets clipped at full scale beside the bound of clipped pixels.

``--shrunk``: frames of 1920x1080 pixels, from true places with errors of 0.4 to 3 px per axis, and
with ``--model`` from its detections.

``--phase``: bias by the place within the pixel; draws docs/measuring.png.

``--data``: mean errors of network and measurement on val frames, with the centroids of masks as
truth.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("measuring", _DESCRIPTION)
    parser.add_argument("--simulated", action="store_true", help="simulated frames")
    parser.add_argument("--clipped", action="store_true", help="targets at full scale")
    parser.add_argument("--shrunk", action="store_true", help="large frames, rough starts")
    parser.add_argument("--phase", action="store_true", help="bias by phase, with a figure")
    parser.add_argument("--data", type=Path, nargs="+", metavar="DIR", help="datasets with masks")
    parser.add_argument("--model", metavar="MODEL", help="finds the points")
    parser.add_argument("--scenes", nargs="+", choices=simulated.SCENES, default=simulated.SCENES)
    parser.add_argument("--frames", type=int, default=12, help="frames of each kind (default 12)")
    parser.add_argument("--targets", type=int, default=10000, help="targets of each width")
    parser.add_argument("--out", type=Path, default=DOCS / "measuring.png", help="figure to write")
    given = parser.parse_args(arguments)
    if given.data and not given.model:
        raise SettingsError("--data: give --model, too")
    if not (given.simulated or given.shrunk or given.clipped or given.phase or given.data):
        raise SettingsError("give --simulated, --shrunk, --clipped, --phase or --data")
    detector = Detector(given.model) if given.model else None
    if given.simulated:
        _simulated(given.scenes, given.frames, detector)
    if given.shrunk:
        _print(shrunk.HEADER, [])
        for scene in given.scenes:
            _print("", shrunk.rows(scene, given.frames, detector))
    if given.clipped:
        _print(clipped.HEADER, clipped.table(given.frames))
    if given.phase:
        _print(phase.HEADER, phase.draw(given.out, given.targets))
    if given.data and detector is not None:
        for number, folder in enumerate(given.data):
            _print("" if number else labelled.HEADER, labelled.table(detector, folder))


def _print(header: str, rows: Sequence[str]) -> None:
    print(*filter(None, [header]), *rows, sep="\n", flush=True)


def _simulated(scenes: Sequence[SceneKind], frames: int, detector: Detector | None) -> None:
    """A table of the range of SNR with a goal by kind of frame, then of each range by scene."""
    find = None
    if detector is not None:
        find = Detector(detector.model, measure=False)
    print(simulated.HEADER, flush=True)
    rest: list[str] = []
    for scene in scenes:
        kinds: list[simulated.Errors] = []
        first = _SEED + 4 * simulated.SCENES.index(scene)
        for bits, columns in itertools.product((16, 8), (0.25, 0.0)):
            cell = simulated.Cell(scene, bits, columns)
            errors = simulated.simulate(cell, frames, find, first + len(kinds))
            kinds.append(errors)
            low, high = simulated.SNR_BINS[simulated.GOAL_BIN]
            name = f"{scene}, {bits} bits, {'with' if columns else 'without'} column noise"
            some = (errors.snr >= low) & (errors.snr < high)
            print(simulated.row(name, errors[some]), flush=True)
        everything = simulated.Errors.joined(kinds)
        for low, high in simulated.SNR_BINS:
            some = (everything.snr >= low) & (everything.snr < high)
            rest.append(simulated.row(f"{scene}, SNR {low:g}–{high:g}", everything[some]))
    _print("", rest)
