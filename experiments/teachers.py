"""How close the responses of networks come to the labels, on crops as a student learns them.

    python -m experiments.teachers --recipe glint --data NUDT-SIRST IRSTD-1k \\
        --weights glint=glint spire=weights/teachers/spire.safetensors

Cuts and augments crops of the val frames, and of simulated ones, as the first stage of a recipe
does, and prints the mean squared difference between response and target map (times 10,000) of each
network and of each mean of several, by dataset. A network that responds well to clean frames may
respond badly to such crops: it would be a bad teacher. Used in docs/experiments.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from experiments.common import add_data, argument_parser, run
from irpoint.errors import SettingsError
from irpoint.frames.scale import InputScale
from irpoint.training.crops import Crops
from irpoint.training.module import network_input
from irpoint.training.network_frames import load_frames
from irpoint.training.recentring import recentred
from irpoint.training.recipes import recipe_settings
from irpoint.training.run import labelled
from irpoint.training.settings import Teacher, TrainSettings
from irpoint.training.simulated_frames import SIMULATED, simulate_frames
from irpoint.training.teachers import Teachers

SEED = 990  # of the crops and simulated frames; no training has it

Differences = npt.NDArray[np.float32]
"""(crops, rows, columns): response minus target map."""


def val_crops(recipe: str, data: Sequence[Path], simulated: int) -> Crops:
    """Crops of the val frames and of some simulated frames."""
    chosen = recipe_settings(recipe, data) | {"teachers": (), "teachers_reuse": 1, "seed": SEED}
    settings = TrainSettings(data=tuple(data), **chosen)
    scale = InputScale.parse(settings.input_scale)
    frames = load_frames(recentred(labelled(data, "val"), settings.recentre), scale)
    return Crops(frames + simulate_frames(simulated, SEED, scale), settings)


def differences(
    crops: Crops, networks: Mapping[str, torch.nn.Module], count: int
) -> tuple[npt.NDArray[np.str_], dict[str, Differences]]:
    """Dataset of each crop, and the differences of each network."""
    datasets: list[str] = []
    found: dict[str, list[Differences]] = {name: [] for name in networks}
    batch = crops.settings.batch
    for first in range(0, count, batch):
        numbers = range(first, min(first + batch, count))
        images, maps, _ = (
            torch.stack(part) for part in zip(*(crops[k] for k in numbers), strict=True)
        )
        datasets += [crops.frame_of(k).label.dataset for k in numbers]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            for name, network in networks.items():
                response = network(network_input(images)).float()
                found[name].append((response - maps)[:, 0].numpy())
    return np.array(datasets), {name: np.concatenate(parts) for name, parts in found.items()}


def table(datasets: npt.NDArray[np.str_], found: Mapping[str, Differences]) -> list[str]:
    """Rows of Markdown, the best mean over the real datasets first."""
    real = sorted(set(datasets) - {SIMULATED})
    columns = [*real, *(set(datasets) & {SIMULATED})]
    rows = []
    for size in range(1, len(found) + 1):
        for names in combinations(found, size):
            square = np.mean([found[name] for name in names], axis=0) ** 2
            of = {name: 1e4 * float(square[datasets == name].mean()) for name in columns}
            rows.append((float(np.mean([of[name] for name in real])), " + ".join(names), of))
    heads = ["mean of", "real datasets", *real, *(["simulated"] * (len(columns) > len(real)))]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for mean, name, of in sorted(rows, key=lambda row: row[0]):
        figures = " | ".join(f"{value:.2f}" for value in (mean, *of.values()))
        lines.append(f"| {name} | {figures} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("teachers", __doc__)
    add_data(parser)
    parser.add_argument("--recipe", default="glint", help="recipe whose crops are drawn")
    parser.add_argument("--weights", nargs="+", required=True, metavar="METHOD=FILE")
    parser.add_argument("--crops", type=int, default=720)
    parser.add_argument("--simulated", type=int, default=150, help="number of simulated frames")
    given = parser.parse_args(arguments)
    networks: dict[str, torch.nn.Module] = {}
    for entry in given.weights:
        method, _, file = entry.partition("=")
        if not file:
            raise SettingsError(f"--weights {entry}: write METHOD=FILE")
        teacher = Teachers([Teacher(method=method, weights=file)], network_input).networks[0]
        networks[f"{method} ({Path(file).stem})"] = teacher
    crops = val_crops(given.recipe, given.data, given.simulated)
    print(*table(*differences(crops, networks, given.crops)), sep="\n")


if __name__ == "__main__":
    run(main)
