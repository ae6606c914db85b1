"""``irpoint evaluate``: figures of a model, or of somebody else's points, with intervals."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

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


Data = Annotated[list[Path], typer.Option(help="Data set folder; repeat it to pool several.")]
Split = Annotated[str, typer.Option(help="Name of the split's list: train, val, test, …")]
Model = Annotated[str | None, typer.Option(help="Model to evaluate: a name or a path.")]
Predictions = Annotated[
    Path | None, typer.Option(help="Points to evaluate instead: CSV, JSON or COCO results.")
]
Protocol = Annotated[
    str,
    typer.Option(
        help="point: optimal one-to-one matching; point-greedy: the published rule, for "
        "comparing with published tables."
    ),
]
Radius = Annotated[float, typer.Option(help="Matching radius in pixels, inclusive.")]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="Count points that score at least this. Default: the best-F1 threshold of the "
        "model's card; with --predictions, every point counts."
    ),
]
TruthOption = Annotated[
    str, typer.Option(help="mask: centroids of the mask's targets; centroids: the XML's.")
]
JsonFile = Annotated[
    str | None, typer.Option("--json", help="Write the figures as JSON; - is stdout.")
]


def evaluate(
    data: Data,
    split: Split,
    model: Model = None,
    predictions: Predictions = None,
    protocol: Protocol = "point",
    radius: Radius = 5.0,
    threshold: Threshold = None,
    truth: TruthOption = "mask",
    json_file: JsonFile = None,
) -> None:
    """Precision, recall, F1, false alarms and localisation error, with 95 % intervals."""
    from irpoint.datasets.layout import Truth
    from irpoint.datasets.load import load_dataset
    from irpoint.datasets.pool import pool
    from irpoint.evaluation.counts import check_settings
    from irpoint.evaluation.result import result
    from irpoint.evaluation.splits import check_names, evaluate_split

    if (model is None) == (predictions is None):
        raise SettingsError("give either --model or --predictions")
    if truth not in get_args(Truth):
        raise SettingsError(f"--truth {truth}: give {' or '.join(get_args(Truth))}")
    check_settings(protocol, radius, threshold)
    datasets = [load_dataset(folder, split, cast(Truth, truth)) for folder in data]
    check_names([dataset.name for dataset in datasets])
    pooled = pool(datasets)
    if predictions is not None:
        answer = _given(predictions, threshold, datasets, pooled)
    else:
        answer = _detected(str(model), threshold, datasets, split)
    rated = evaluate_split(datasets, pooled, answer.points, protocol, radius, answer.threshold)
    content = result(rated, split, answer.model)
    _print(Console(stderr=json_file == "-"), content, answer)
    if json_file is not None:
        _write(json_file, content)


@dataclass(frozen=True)
class _Answer:
    """What is evaluated: the points of every image file, and what to say of their origin."""

    title: str
    model: str | None
    points: dict[Path, Points]
    threshold: float | None
    threshold_from: str
    notes: tuple[str, ...] = ()


def _given(
    path: Path, threshold: float | None, datasets: Sequence[Dataset], pooled: list[LabelledFrame]
) -> _Answer:
    from irpoint.evaluation.assign import assign_predictions
    from irpoint.evaluation.predictions import read_predictions

    frames = [frame for dataset in datasets for frame in dataset]
    return _Answer(
        title=str(path),
        model=None,
        points=assign_predictions(read_predictions(path), frames, pooled),
        threshold=threshold,
        threshold_from="every point counts" if threshold is None else "given",
    )


def _detected(
    model: str, threshold: float | None, datasets: Sequence[Dataset], split: str
) -> _Answer:
    from irpoint.evaluation.splits import find_points, trained_on
    from irpoint.runtime import Detector

    detector = Detector(model)
    card = detector.card
    level = card.thresholds.default if threshold is None else threshold
    frames = [frame for dataset in datasets for frame in dataset]
    progress = Console(stderr=True)
    shown = track(
        frames, "Detecting", console=progress, disable=not progress.is_terminal, transient=True
    )
    return _Answer(
        title=card.name,
        model=card.name,
        points=find_points(lambda frame: detector(frame, threshold=level), shown),
        threshold=level,
        threshold_from=(
            f"{card.thresholds.chosen}, from the model's card" if threshold is None else "given"
        ),
        notes=tuple(
            f"{card.name} was trained on this split of {name}: these figures are not held out."
            for name in trained_on(card.data, card.split, [d.name for d in datasets], split)
        ),
    )


def _print(console: Console, content: dict[str, Any], answer: _Answer) -> None:
    threshold = content["threshold"]
    level = "no threshold" if threshold is None else f"threshold {threshold:.4g}"
    console.print(
        f"[bold]{escape(answer.title)}[/] on {escape(content['split'])}: protocol "
        f"{content['protocol']}, radius {content['radius_px']:g} px, {level} "
        f"({answer.threshold_from})"
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
    console.print(NEAR_DUPLICATES)
    for note in answer.notes:
        console.print(f"[bold yellow]{escape(note)}[/]")


def _table(content: dict[str, Any]) -> Table:
    """A row a data set under the pooled one; kept within 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column("data\nimages/targets", min_width=14, overflow="fold")
    for title in ("precision\n%", "recall\n%", "F1\n%", "false\n/image", "false\n/Mpx"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("error\nmean px", justify="right", no_wrap=True)
    sets = content.get("datasets", {})
    table.add_row(*_cells("pooled" if sets else content["data"][0], content))
    for name, own in sets.items():
        table.add_row(*_cells(name, own))
    return table


def _cells(name: str, own: dict[str, Any]) -> list[str]:
    interval = own["interval_95"]
    return [
        f"{escape(name)}\n[dim]{own['images']}/{own['targets']}[/]",
        *(
            _cell(own[key], interval[key], _percent, f"{100 * own[key]:.2f}")
            for key in ("precision", "recall", "f1")
        ),
        *(
            _cell(own[key], interval[key], _rate)
            for key in ("false_alarms_per_image", "false_alarms_per_mpx")
        ),
        _cell(own["localisation_error_px"]["mean"], interval["localisation_error_px"], _rate),
    ]


def _cell(
    value: float | None,
    interval: Sequence[float] | None,
    written: Callable[[float], str],
    exact: str | None = None,
) -> str:
    if value is None or interval is None:
        return "–"
    return f"[bold]{exact or written(value)}[/]\n[dim]{'–'.join(map(written, interval))}[/]"


def _percent(fraction: float) -> str:
    return "100" if fraction == 1 else f"{100 * fraction:.1f}"


def _rate(value: float) -> str:
    """Three digits or so, whatever the size."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}" if value else "0"


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
