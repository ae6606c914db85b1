"""Compare training from clicks with training from centroids.

    python -m experiments.clicks runs/centroids runs/clicks [CARD ...]

Both arguments are finished runs of ``irpoint train`` that differ only in ``--label-noise``. Prints
a Markdown table of F1 and mean error on the val frames of each dataset, and writes it into the
given model cards. Used in docs/experiments.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.common import argument_parser, run
from irpoint.datasets import LabelledFrame
from irpoint.errors import SettingsError
from irpoint.system.atomic import atomic_write
from irpoint.training.label_noise import with_label_noise
from irpoint.training.run import labelled
from irpoint.training.run_folder import saved_settings
from irpoint.training.settings import TrainSettings
from irpoint.zoo import ClickFigures, Clicks, find_model, read_card


def compare(centroids: Path, clicks: Path) -> Clicks:
    """Figures of two runs side by side, by dataset, on the validation split.

    Raises:
        SettingsError: if the runs differ in more than label noise, or not in label noise.
        ModelError: if one of them is not finished.
    """
    exact, noisy = (saved_settings(folder) for folder in (centroids, clicks))
    if noisy.label_noise is None or exact != noisy.model_copy(update={"label_noise": None}):
        raise SettingsError(
            f"{clicks}: must differ from {centroids} in label_noise, and in nothing else"
        )
    errors = _click_errors(noisy)
    of_centroids, of_clicks = (_figures_by_dataset(folder) for folder in (centroids, clicks))
    start = f"from {exact.init.name}" if exact.init else "from random weights"
    return Clicks(
        label_noise=noisy.label_noise,
        recipe=f"{exact.epochs} epochs of {exact.crops_per_epoch} crops {start}, seed {exact.seed}",
        datasets={
            name: ClickFigures(
                click_error_px=error,
                f1_centroids=of_centroids[name]["f1"],
                f1_clicks=of_clicks[name]["f1"],
                error_centroids_px=of_centroids[name]["localisation_error_px"]["mean"],
                error_clicks_px=of_clicks[name]["localisation_error_px"]["mean"],
            )
            for name, error in errors.items()
        },
    )


def _click_errors(settings: TrainSettings) -> dict[str, float]:
    """Mean distance of the clicks that a run was trained on from the centroids, by dataset."""
    assert settings.label_noise is not None
    frames = labelled(settings.data, settings.split)
    clicked = with_label_noise(frames, settings.label_noise, settings.seed)
    by_dataset: dict[str, list[float]] = {root.resolve().name: [] for root in settings.data}
    for frame, moved in zip(frames, clicked, strict=True):
        by_dataset[frame.dataset] += _distances(frame, moved)
    return {name: float(np.mean(errors)) for name, errors in by_dataset.items() if errors}


def _distances(frame: LabelledFrame, moved: LabelledFrame) -> list[float]:
    distances: list[float] = np.linalg.norm(moved.points.xy - frame.points.xy, axis=1).tolist()
    return distances


def _figures_by_dataset(folder: Path) -> dict[str, Any]:
    metrics = find_model(folder).card.metrics
    figures: dict[str, Any] = metrics.get("datasets") or {metrics["data"][0]: metrics}
    return figures


def markdown(clicks: Clicks) -> str:
    """The comparison as a table."""
    lines = [
        "| val | F1 % | from clicks | mean error px | from clicks | error of the clicks px |",
        "|---|---|---|---|---|---|",
    ]
    for name, f in clicks.datasets.items():
        errors = (f.error_centroids_px, f.error_clicks_px, f.click_error_px)
        cells = [name, f"{100 * f.f1_centroids:.1f}", f"{100 * f.f1_clicks:.1f}"]
        cells += ["–" if error is None else f"{error:.2f}" for error in errors]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("clicks", __doc__)
    parser.add_argument("centroids", type=Path, help="run on the labels as they are")
    parser.add_argument("clicks", type=Path, help="the same run with --label-noise")
    parser.add_argument(
        "cards", type=Path, nargs="*", metavar="CARD", help="card (.json) to write the table into"
    )
    given = parser.parse_args(arguments)
    cards = {path: read_card(path) for path in given.cards}
    found = compare(given.centroids, given.clicks)
    for path, card in cards.items():
        changed = card.model_copy(update={"clicks": found})
        atomic_write(path, changed.model_dump_json(indent=2) + "\n")
    print(markdown(found))


if __name__ == "__main__":
    run(main)
