"""``irpoint evaluate``: figures of a model, or of a file of points, with their intervals."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer
from rich.console import Console
from rich.progress import track

from irpoint.cli.completion import (
    complete_backend,
    complete_model,
    complete_protocol,
    complete_suite,
)
from irpoint.cli.figures import show
from irpoint.cli.json_file import write_json
from irpoint.cli.options import Measure, Polarity
from irpoint.errors import IrpointWarning, SettingsError

if TYPE_CHECKING:
    from irpoint.datasets.record import LabelledFrame
    from irpoint.evaluation.predictions import Predictions
    from irpoint.evaluation.splits import Split, SplitEvaluation
    from irpoint.evaluation.suites import Suite

# Settings of a model: what they are unless they are given, and their options.
_OF_MODELS: dict[str, tuple[object, str]] = {
    "published_decoder": (False, "--published-decoder"),
    "polarity": ("bright", "--polarity"),
    "measure": (True, "--no-measure"),
}

DataOption = Annotated[
    list[Path], typer.Option(help="Dataset folder; repeat the option to pool several.")
]
SplitOption = Annotated[str, typer.Option(help="Name of the split list: train, val, test, …")]
ModelOption = Annotated[
    str | None,
    typer.Option(help="Model to evaluate: a name or a path.", autocompletion=complete_model),
]
PredictionsOption = Annotated[
    Path | None,
    typer.Option(
        help="Points to evaluate instead of a model: CSV, JSON or COCO results. For the mask "
        "protocols: a folder of heat maps or mask images."
    ),
]
ProtocolOption = Annotated[
    str,
    typer.Option(
        help="point: optimal one-to-one matching. point-greedy: the published rule, to compare "
        "with published tables. mask, mask-opdc: blobs of heat maps.",
        autocompletion=complete_protocol,
    ),
]
RadiusOption = Annotated[
    float | None,
    typer.Option(help="Matching radius in pixels. Default: 5, inclusive; for masks 3, exclusive."),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        help="Minimum score of a point. Default: the threshold on the model's card; with "
        "--predictions, every point counts. Heat maps: pixels above it belong to a blob; "
        "default 0.5."
    ),
]
TruthOption = Annotated[
    str,
    typer.Option(
        help="Labels to use if a dataset has both. mask: centroids of the masks. centroids: the "
        "stated points."
    ),
]
SuiteOption = Annotated[
    str | None,
    typer.Option(
        "--suite",
        help="Named pool of datasets with published figures, such as sirst4. --data is then the "
        "folder that contains the datasets.",
        autocompletion=complete_suite,
    ),
]
OldSuiteOption = Annotated[
    str | None, typer.Option("--benchmark", hidden=True, help="Old name of --suite.")
]
DecoderOption = Annotated[
    bool,
    typer.Option(
        "--published-decoder",
        help="Decode peaks as the publication of the method does.",
    ),
]
BackendOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Runtime of the network. The figures on the cards are those of onnxruntime.",
        autocompletion=complete_backend,
    ),
]
PointsOption = Annotated[
    bool,
    typer.Option(
        "--points",
        help="Add the targets and points of every frame to the JSON, for irpoint report.",
    ),
]
JsonOption = Annotated[
    str | None, typer.Option("--json", help="Write the figures to a JSON file; - is stdout.")
]


def evaluate(
    data: DataOption,
    split: SplitOption,
    model: ModelOption = None,
    predictions: PredictionsOption = None,
    protocol: ProtocolOption = "point",
    radius: RadiusOption = None,
    threshold: ThresholdOption = None,
    truth: TruthOption = "mask",
    json_file: JsonOption = None,
    points: PointsOption = False,
    published_decoder: DecoderOption = False,
    backend: BackendOption = "onnxruntime",
    polarity: Polarity = "bright",
    measure: Measure = True,
    suite: SuiteOption = None,
    benchmark: OldSuiteOption = None,
) -> None:
    """Measure precision, recall, F1, false alarms and localisation error, with intervals."""
    from irpoint.datasets.auto_split import run_folder, saved_lists
    from irpoint.datasets.layout import Truth
    from irpoint.evaluation.counts import check_settings
    from irpoint.evaluation.mask_protocols import MASK_PROTOCOLS
    from irpoint.evaluation.matching import RADIUS_PX
    from irpoint.evaluation.predictions import evaluate_predictions
    from irpoint.evaluation.splits import load_split

    masks = protocol in MASK_PROTOCOLS
    settings: dict[str, Any] = {"backend": backend}
    settings |= {"published_decoder": published_decoder, "polarity": polarity, "measure": measure}
    _check_options(model, predictions, truth, protocol, settings)
    if points and (json_file is None or masks):
        raise SettingsError("--points needs --json FILE and a point protocol")
    near = RADIUS_PX if radius is None else radius
    if not masks:
        check_settings(protocol, near, threshold)
    published = _suite(suite, benchmark)
    lists = None if model is None else saved_lists(run_folder(model))
    frames = load_split(_folders(data, published), split, cast(Truth, truth), lists)
    if masks:
        evaluation, chosen = _evaluate_maps(predictions, frames, protocol, radius, threshold)
        _report(evaluation, str(predictions), chosen, json_file, published)
        return
    predicted = (
        _from_file(predictions, frames, threshold)
        if predictions is not None
        else _from_model(str(model), frames, threshold, settings)
    )
    evaluation = evaluate_predictions(predicted, frames, protocol, near)
    title, chosen = predicted.title, predicted.threshold_from
    recorded = frames if points else None
    _report(evaluation, title, chosen, json_file, published, predicted, recorded)


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
        raise SettingsError("--suite: give one --data, the folder that contains its datasets")
    return suite.paths(data[0])


def _check_options(
    model: str | None,
    predictions: Path | None,
    truth: str,
    protocol: str,
    settings: dict[str, Any],
) -> None:
    from irpoint.datasets.layout import Truth
    from irpoint.evaluation.mask_protocols import MASK_PROTOCOLS
    from irpoint.evaluation.matching import PROTOCOLS

    if (model is None) == (predictions is None):
        raise SettingsError("give either --model or --predictions")
    for name, (default, option) in _OF_MODELS.items():
        if model is None and settings[name] != default:
            raise SettingsError(f"{option} needs --model")
    if truth not in get_args(Truth):
        raise SettingsError(f"--truth {truth}: give {' or '.join(get_args(Truth))}")
    known = (*PROTOCOLS, *MASK_PROTOCOLS)
    if protocol not in known:
        raise SettingsError(f"--protocol {protocol}: choose one of {', '.join(known)}")


def _from_file(path: Path, split: Split, threshold: float | None) -> Predictions:
    from irpoint.evaluation.predictions import predictions_of_file

    return predictions_of_file(path, split, threshold)


def _from_model(
    model: str, split: Split, threshold: float | None, settings: dict[str, Any]
) -> Predictions:
    """The predictions of a detector with these settings, with a progress bar."""
    from irpoint.evaluation.predictions import predictions_of_model
    from irpoint.runtime import Detector
    from irpoint.training.unfinished import model_or_run

    def progress(frames: Iterable[LabelledFrame]) -> Iterable[LabelledFrame]:
        console = Console(stderr=True)
        return track(
            list(frames),
            "Detecting",
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )

    detector = Detector(model_or_run(model), **settings)
    return predictions_of_model(detector, split, threshold, progress=progress)


def _evaluate_maps(
    folder: Path | None,
    split: Split,
    protocol: str,
    radius: float | None,
    threshold: float | None,
) -> tuple[SplitEvaluation, str]:
    """The evaluation, and how its threshold was chosen."""
    from irpoint.evaluation.heat_maps import evaluate_heat_maps
    from irpoint.evaluation.mask_protocols import MAP_THRESHOLD, MASK_RADIUS_PX

    if folder is None or not folder.is_dir():
        raise SettingsError(f"--protocol {protocol} needs --predictions FOLDER with heat maps")
    near = MASK_RADIUS_PX if radius is None else radius
    level = MAP_THRESHOLD if threshold is None else threshold
    evaluation = evaluate_heat_maps(folder, split, protocol, near, level)
    return evaluation, "published" if threshold is None else "given"


def _report(
    evaluation: SplitEvaluation,
    title: str,
    threshold_from: str,
    json_file: str | None,
    published: Suite | None,
    predicted: Predictions | None = None,
    recorded: Split | None = None,
) -> None:
    """Print the result, and write it as JSON if a file is given."""
    from irpoint.evaluation.result import frame_records, result

    model, trained_on = (predicted.model, predicted.trained_on) if predicted else (None, ())
    content = result(evaluation, model, trained_on)
    if predicted and recorded:
        content |= frame_records(
            recorded,
            predicted.points,
            predicted.score_odds,
            predicted.simulated_recall,
            predicted.settings,
            predicted.card,
        )
    notes = [
        f"{title} was trained on this split of {name}: these figures are not held out."
        for name in trained_on
    ]
    show(Console(stderr=json_file == "-"), content, title, threshold_from, notes, published)
    if json_file is not None:
        write_json(json_file, content)
