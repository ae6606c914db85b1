"""What a method keeps when it learns from clicks instead of centroids, measured for its card.

    python -m experiments.clicks CENTROIDS CLICKS [CARD ...]

Both are finished runs of ``irpoint train`` whose settings differ in ``--label-noise`` alone. The
table is Markdown on standard output; it is written into the cards as well.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.datasets import LabelledFrame
from irpoint.errors import IrpointError, SettingsError
from irpoint.system.atomic import atomic_write
from irpoint.training.label_noise import with_label_noise
from irpoint.training.run import labelled, saved_settings
from irpoint.training.settings import TrainSettings
from irpoint.zoo import ClickFigures, Clicks, find_model, read_card


def compare(centroids: Path, clicks: Path) -> Clicks:
    """Figures of two runs side by side, by data set, on the validation split.

    Raises:
        SettingsError: where the runs differ in more than label noise, or not in that.
        ModelError: where one of them has not ended.
    """
    exact, noisy = (saved_settings(run) for run in (centroids, clicks))
    if noisy.label_noise is None or exact != noisy.model_copy(update={"label_noise": None}):
        raise SettingsError(
            f"{clicks}: must differ from {centroids} in having label_noise, and in nothing else"
        )
    errors = _click_errors(noisy)
    kept, lost = (_by_dataset(run) for run in (centroids, clicks))
    start = f"from {exact.init.name}" if exact.init else "from random weights"
    return Clicks(
        label_noise=noisy.label_noise,
        recipe=f"{exact.epochs} epochs of {exact.crops_per_epoch} crops {start}, seed {exact.seed}",
        datasets={
            name: ClickFigures(
                click_error_px=error,
                f1_centroids=kept[name]["f1"],
                f1_clicks=lost[name]["f1"],
                error_centroids_px=kept[name]["localisation_error_px"]["mean"],
                error_clicks_px=lost[name]["localisation_error_px"]["mean"],
            )
            for name, error in errors.items()
        },
    )


def _click_errors(settings: TrainSettings) -> dict[str, float]:
    """Mean distance of the clicks that the run learned from, by data set."""
    assert settings.label_noise is not None
    frames = labelled(settings.data, settings.split)
    moved = with_label_noise(frames, settings.label_noise, settings.seed)
    by_dataset: dict[str, list[float]] = {root.resolve().name: [] for root in settings.data}
    for frame, click in zip(frames, moved, strict=True):
        by_dataset[frame.dataset] += _distances(frame, click)
    return {name: float(np.mean(errors)) for name, errors in by_dataset.items() if errors}


def _distances(frame: LabelledFrame, click: LabelledFrame) -> list[float]:
    gaps: list[float] = np.linalg.norm(click.points.xy - frame.points.xy, axis=1).tolist()
    return gaps


def _by_dataset(run: Path) -> dict[str, Any]:
    metrics = find_model(run).card.metrics
    figures: dict[str, Any] = metrics.get("datasets") or {metrics["data"][0]: metrics}
    return figures


def markdown(clicks: Clicks) -> str:
    """The comparison as a table."""
    lines = [
        "| val | F1 % | from clicks | mean error px | from clicks | clicks' own error px |",
        "|---|---|---|---|---|---|",
    ]
    for name, f in clicks.datasets.items():
        errors = (f.error_centroids_px, f.error_clicks_px, f.click_error_px)
        cells = [name, f"{100 * f.f1_centroids:.1f}", f"{100 * f.f1_clicks:.1f}"]
        cells += ["–" if error is None else f"{error:.2f}" for error in errors]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.clicks")
    parser.add_argument("centroids", type=Path, help="run on the labels as they are")
    parser.add_argument("clicks", type=Path, help="the same with --label-noise")
    parser.add_argument("cards", type=Path, nargs="*", help="cards (.json) to write this into")
    given = parser.parse_args()
    try:
        cards = {path: read_card(path) for path in given.cards}
        found = compare(given.centroids, given.clicks)
    except IrpointError as error:
        parser.error(str(error))
    for path, card in cards.items():
        own = card.model_copy(update={"clicks": found})
        atomic_write(path, own.model_dump_json(indent=2) + "\n")
    print(markdown(found))


if __name__ == "__main__":
    main()
