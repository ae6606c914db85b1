"""``irpoint evaluate``: figures of a model, or of somebody else's points, with intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from irpoint.errors import EvaluationError, SettingsError
from irpoint.files import write_whole

if TYPE_CHECKING:
    from irpoint.datasets.record import Dataset, LabelledFrame
    from irpoint.points import Points

NEAR_DUPLICATES = (
    "The public sets hold near-duplicate frames (of one sequence) in train and test: "
    "figures on other scenes can be lower."
)


def evaluate(
    data: Annotated[list[Path], typer.Option(help="Data set folder; repeat it to pool several.")],
    split: Annotated[str, typer.Option(help="Name of the split's list: train, val, test, …")],
    model: Annotated[str | None, typer.Option(help="Model to evaluate: a name or a path.")] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Points to evaluate instead: CSV, JSON or COCO results.")
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            help="point: optimal one-to-one matching; point-greedy: the published rule, for "
            "comparing with published tables."
        ),
    ] = "point",
    radius: Annotated[float, typer.Option(help="Matching radius in pixels, inclusive.")] = 5.0,
    threshold: Annotated[
        float | None,
        typer.Option(help="Count points that score at least this. Default: the model card's."),
    ] = None,
    truth: Annotated[
        str, typer.Option(help="mask: centroids of the mask's targets; centroids: the XML's.")
    ] = "mask",
    json_file: Annotated[
        str | None, typer.Option("--json", help="Write the figures as JSON; - is stdout.")
    ] = None,
) -> None:
    """Precision, recall, F1, false alarms and localisation error, with 95 % intervals."""
    from irpoint.datasets import load_dataset, pool
    from irpoint.evaluation.assign import assign_predictions
    from irpoint.evaluation.counts import check_settings
    from irpoint.evaluation.predictions import read_predictions
    from irpoint.evaluation.result import result
    from irpoint.evaluation.splits import check_names, evaluate_split

    if (model is None) == (predictions is None):
        raise SettingsError("give either --model or --predictions")
    check_settings(protocol, radius, threshold)
    datasets = [load_dataset(folder, split, truth=truth) for folder in data]
    check_names([dataset.name for dataset in datasets])
    frames = [frame for dataset in datasets for frame in dataset]
    pooled = pool(datasets)
    notes = [NEAR_DUPLICATES]
    name = None
    if predictions is not None:
        points = assign_predictions(read_predictions(predictions), frames, pooled)
        origin = "every point counts" if threshold is None else "given"
    else:
        assert model is not None
        name, threshold, origin, points, warning = _detect(
            model, threshold, frames, datasets, split
        )
        notes = [*warning, *notes]
    rated = evaluate_split(datasets, pooled, points, protocol, radius, threshold)
    content = result(rated, split, name)
    console = Console(stderr=json_file == "-")
    _print(console, content, name or str(predictions), origin, notes)
    if json_file is not None:
        _write(json_file, content)


def _detect(
    model: str,
    threshold: float | None,
    frames: Sequence[LabelledFrame],
    datasets: Iterable[Dataset],
    split: str,
) -> tuple[str, float, str, dict[Path, Points], list[str]]:
    """The model's name, its threshold and where that is from, its points, and what to note."""
    from irpoint.evaluation.splits import find_points, trained_on
    from irpoint.runtime import Detector

    detector = Detector(model)
    card = detector.card
    origin = "given"
    if threshold is None:
        threshold, origin = card.thresholds.best_f1, "best F1 on val, from the model's card"
    seen = trained_on(card.data, card.split, [dataset.name for dataset in datasets], split)
    notes = [
        f"[bold yellow]{escape(card.name)} was trained on this split of {escape(name)}: these "
        "figures are not held out.[/]"
        for name in seen
    ]
    progress = Console(stderr=True)
    shown = track(
        frames, "Detecting", console=progress, disable=not progress.is_terminal, transient=True
    )
    level = threshold
    points = find_points(lambda frame: detector(frame, threshold=level), shown)
    return card.name, threshold, origin, points, notes


def _print(
    console: Console, content: dict[str, Any], subject: str, origin: str, notes: Iterable[str]
) -> None:
    threshold = content["threshold"]
    level = "no threshold" if threshold is None else f"threshold {threshold:.4g}"
    console.print(
        f"[bold]{escape(subject)}[/] on {escape(content['split'])}: protocol "
        f"{content['protocol']}, radius {content['radius_px']:g} px, {level} ({origin})"
    )
    console.print(_table(content))
    error = content["localisation_error_px"]
    spread = (
        "nothing matched, so no localisation error"
        if error["mean"] is None
        else f"localisation error median {error['median']:.2f}, 95th percentile "
        f"{error['p95']:.2f}, bias x {error['bias_x']:+.2f}, y {error['bias_y']:+.2f} px"
    )
    console.print(
        f"{content['tp']} targets found, {content['fn']} missed, {content['fp']} false points; "
        f"{spread}."
    )
    console.print("Below each figure its 95 % interval: bootstrap over images.")
    for note in notes:
        console.print(note)


def _table(content: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("data", overflow="fold")
    for title in (
        "images\ntargets",
        "precision\n%",
        "recall\n%",
        "F1\n%",
        "false\n/image",
        "false\n/Mpx",
        "error\nmean px",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    rows = content.get("datasets", {})
    table.add_row(*_cells("pooled" if rows else content["data"][0], content))
    for name, own in rows.items():
        table.add_row(*_cells(name, own))
    return table


def _cells(name: str, own: dict[str, Any]) -> list[str]:
    interval = own["interval_95"]
    fractions = [_cell(own[key], interval[key], 1, 100) for key in ("precision", "recall", "f1")]
    alarms = [
        _cell(own["false_alarms_per_image"], interval["false_alarms_per_image"], 3),
        _cell(own["false_alarms_per_mpx"], interval["false_alarms_per_mpx"], 2),
    ]
    error = _cell(own["localisation_error_px"]["mean"], interval["localisation_error_px"], 2)
    return [escape(name), f"{own['images']}\n{own['targets']}", *fractions, *alarms, error]


def _cell(
    value: float | None, interval: Sequence[float] | None, digits: int, scale: float = 1
) -> str:
    if value is None or interval is None:
        return "–"
    low, high = interval
    return (
        f"[bold]{value * scale:.{digits + (scale == 100)}f}[/]\n"
        f"[dim]{low * scale:.{digits}f}–{high * scale:.{digits}f}[/]"
    )


def _write(target: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if target == "-":
        typer.echo(text, nl=False)
        return
    try:
        write_whole(target, text)
    except OSError as error:
        raise EvaluationError(
            f"{target}: cannot be written ({error.strerror}); choose another file for --json"
        ) from error
