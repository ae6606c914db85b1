"""``irpoint evaluate``: figures of a model, or of somebody else's points, with intervals."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer
from rich.console import Console
from rich.progress import track

from irpoint.cli.figures import show
from irpoint.errors import EvaluationError, IrpointWarning, SettingsError
from irpoint.system.atomic import atomic_write

if TYPE_CHECKING:
    from irpoint.datasets.record import Dataset, LabelledFrame
    from irpoint.evaluation.splits import SplitEvaluation
    from irpoint.evaluation.suites import Suite
    from irpoint.points import Points
    from irpoint.runtime import Detector

Data = Annotated[list[Path], typer.Option(help="Data set folder; repeat it to pool several.")]
Split = Annotated[str, typer.Option(help="Name of the split's list: train, val, test, …")]
Model = Annotated[str | None, typer.Option(help="Model to evaluate: a name or a path.")]
Predictions = Annotated[
    Path | None,
    typer.Option(
        help="Points to evaluate instead: CSV, JSON or COCO results; for the mask protocols a "
        "folder of heat maps or mask images."
    ),
]
Protocol = Annotated[
    str,
    typer.Option(
        help="point: optimal one-to-one matching; point-greedy: the published rule, for "
        "comparing with published tables; mask, mask-opdc: blobs of heat maps."
    ),
]
Radius = Annotated[
    float | None,
    typer.Option(help="Matching radius in pixels. Default: 5 inclusive; masks: 3 exclusive."),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="Count points that score at least this. Default: the best-F1 threshold of the "
        "model's card; with --predictions, every point counts; of heat maps, pixels above 0.5."
    ),
]
TruthOption = Annotated[
    str, typer.Option(help="mask: centroids of the mask's targets; centroids: the XML's.")
]
SuiteName = Annotated[
    str | None,
    typer.Option(
        "--suite",
        help="Named pool of datasets with published figures: sirst4. --data is then the folder "
        "that contains the datasets.",
    ),
]
OldSuiteName = Annotated[
    str | None, typer.Option("--benchmark", hidden=True, help="Old name of --suite.")
]
Decoder = Annotated[
    bool,
    typer.Option(
        "--published-decoder",
        help="Take peaks as the method's publication does: relative gate, eight at most.",
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        metavar="auto|onnxruntime|openvino",
        help="What the network runs in. Default: onnxruntime, as for the figures on the cards.",
    ),
]
WithPoints = Annotated[
    bool,
    typer.Option(
        "--points",
        help="Put every frame's targets and answers into the JSON, for irpoint report.",
    ),
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
    radius: Radius = None,
    threshold: Threshold = None,
    truth: TruthOption = "mask",
    json_file: JsonFile = None,
    points: WithPoints = False,
    published_decoder: Decoder = False,
    backend: Backend = "onnxruntime",
    suite: SuiteName = None,
    benchmark: OldSuiteName = None,
) -> None:
    """Precision, recall, F1, false alarms and localisation error, with 95 % intervals."""
    from irpoint.datasets.layout import Truth
    from irpoint.datasets.load import load_dataset
    from irpoint.datasets.pool import pool
    from irpoint.evaluation.counts import check_settings
    from irpoint.evaluation.mask_protocols import MASK_PROTOCOLS
    from irpoint.evaluation.matching import RADIUS_PX
    from irpoint.evaluation.splits import check_names, evaluate_split
    from irpoint.runtime import Detector

    _check_options(model, predictions, truth, protocol)
    if points and (json_file is None or protocol in MASK_PROTOCOLS):
        raise SettingsError("--points needs --json FILE and a point protocol")
    if published_decoder and model is None:
        raise SettingsError("--published-decoder needs --model")
    near = RADIUS_PX if radius is None else radius
    if protocol not in MASK_PROTOCOLS:
        check_settings(protocol, near, threshold)
    published = _suite(suite, benchmark)
    data = _folders(data, published)
    datasets = [load_dataset(folder, split, cast(Truth, truth)) for folder in data]
    check_names([dataset.name for dataset in datasets])
    pooled = pool(datasets)
    if protocol in MASK_PROTOCOLS:
        rated, answer = _mapped(predictions, protocol, radius, threshold, datasets, pooled)
        _report(rated, split, answer, json_file, published=published)
        return
    if predictions is not None:
        answer = _given(predictions, threshold, datasets, pooled)
    else:
        detector = Detector(str(model), published_decoder=published_decoder, backend=backend)
        answer = _detected(detector, threshold, datasets, split, every=points)
    rated = evaluate_split(datasets, pooled, answer.points, protocol, near, answer.threshold)
    _report(rated, split, answer, json_file, pooled if points else [], published)


def _suite(name: str | None, old_name: str | None) -> Suite | None:
    from irpoint.evaluation.suites import find_suite

    if old_name is not None:
        warnings.warn(
            "--benchmark is now called --suite; the old name will be removed in the next version",
            IrpointWarning,
            stacklevel=2,
        )
    chosen = name or old_name
    return find_suite(chosen) if chosen else None


def _folders(data: list[Path], suite: Suite | None) -> list[Path]:
    if suite is None:
        return data
    if len(data) > 1:
        raise SettingsError("--suite takes one --data: the folder that contains its datasets")
    return suite.paths(data[0])


def _check_options(model: str | None, predictions: Path | None, truth: str, protocol: str) -> None:
    from irpoint.datasets.layout import Truth
    from irpoint.evaluation.mask_protocols import MASK_PROTOCOLS
    from irpoint.evaluation.matching import PROTOCOLS

    if (model is None) == (predictions is None):
        raise SettingsError("give either --model or --predictions")
    if truth not in get_args(Truth):
        raise SettingsError(f"--truth {truth}: give {' or '.join(get_args(Truth))}")
    known = (*PROTOCOLS, *MASK_PROTOCOLS)
    if protocol not in known:
        raise SettingsError(f"--protocol {protocol}: choose one of {', '.join(known)}")


def _report(
    rated: SplitEvaluation,
    split: str,
    answer: _Answer,
    json_file: str | None,
    recorded: Sequence[LabelledFrame] = (),
    published: Suite | None = None,
) -> None:
    from irpoint.evaluation.records import record
    from irpoint.evaluation.result import result

    content = result(rated, split, answer.model)
    if answer.trained_on:
        content["trained_on"] = list(answer.trained_on)
    if recorded:
        frames = record(recorded, answer.points)
        content["frames"] = [frame.model_dump(mode="json") for frame in frames]
    console = Console(stderr=json_file == "-")
    notes = [
        f"{answer.title} was trained on this split of {name}: these figures are not held out."
        for name in answer.trained_on
    ]
    show(console, content, answer.title, answer.threshold_from, notes, published)
    if json_file is not None:
        _write(json_file, content)


@dataclass(frozen=True)
class _Answer:
    """What is evaluated: the points of every image file, and what to say of their origin.

    ``trained_on`` names the data sets whose frames here the model has learned from.
    """

    title: str
    model: str | None
    points: dict[Path, Points]
    threshold: float | None
    threshold_from: str
    trained_on: tuple[str, ...] = ()


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
    detector: Detector,
    threshold: float | None,
    datasets: Sequence[Dataset],
    split: str,
    *,
    every: bool,
) -> _Answer:
    from irpoint.evaluation.splits import find_points, trained_on
    from irpoint.runtime import CANDIDATE_SCORE

    card = detector.card
    level = detector.threshold if threshold is None else threshold
    chosen = "given"
    if threshold is None:
        own = level == card.thresholds.default
        chosen = f"{card.thresholds.chosen}, from the model's card" if own else "as published"
    least = min(level, CANDIDATE_SCORE) if every else level
    frames = [frame for dataset in datasets for frame in dataset]
    progress = Console(stderr=True)
    shown = track(
        frames, "Detecting", console=progress, disable=not progress.is_terminal, transient=True
    )
    return _Answer(
        title=card.name,
        model=card.name,
        points=find_points(lambda frame: detector(frame, threshold=least), shown),
        threshold=level,
        threshold_from=chosen,
        trained_on=tuple(trained_on(card.data, card.split, [d.name for d in datasets], split)),
    )


def _mapped(
    folder: Path | None,
    protocol: str,
    radius: float | None,
    threshold: float | None,
    datasets: Sequence[Dataset],
    pooled: list[LabelledFrame],
) -> tuple[SplitEvaluation, _Answer]:
    from irpoint.evaluation import mask_protocols as maps
    from irpoint.evaluation.matching import check_radius
    from irpoint.evaluation.splits import split_figures

    if folder is None or not folder.is_dir():
        raise SettingsError(f"--protocol {protocol} needs --predictions FOLDER with heat maps")
    near = maps.MASK_RADIUS_PX if radius is None else radius
    check_radius(near)
    level = maps.MAP_THRESHOLD if threshold is None else threshold
    if not math.isfinite(level):
        raise SettingsError(f"--threshold {level}: give a finite number")
    given = maps.Maps(folder)
    rated = split_figures(
        datasets,
        pooled,
        lambda frames: maps.evaluate_maps(frames, given, protocol, near, level),
    )
    chosen = "published" if threshold is None else "given"
    return rated, _Answer(str(folder), None, {}, level, chosen)


def _write(target: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if target == "-":
        typer.echo(text, nl=False)
        return
    try:
        atomic_write(target, text)
    except OSError as error:
        raise EvaluationError(
            f"{target}: cannot be written ({error.strerror}); choose another file for --json"
        ) from error
