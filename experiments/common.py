"""What the experiments share: arguments, validation frames, and errors of one line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from irpoint import Detector, IrpointError
from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.evaluation import EvaluatedFrame
from irpoint.evaluation.splits import find_points
from irpoint.system.atomic import atomic_write
from irpoint.zoo import ModelCard, card_path, model_names

SHIPPED = Path(__file__).parents[1] / "src" / "irpoint" / "zoo" / "weights"


def argument_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser for ``python -m experiments.NAME``, with the program's docstring as help."""
    return argparse.ArgumentParser(
        prog=f"python -m experiments.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the argument ``models``."""
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="shipped model, ONNX file or folder of a run"
    )


def add_data(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add the option ``--data``."""
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        action="extend",
        required=required,
        metavar="DIR",
        help="dataset folder with a val list; several are pooled",
    )


def validation_frames(folders: Sequence[Path]) -> list[LabelledFrame]:
    """The val frames of several datasets; a frame that is in two of them counts once."""
    return list(pool([load_dataset(folder, "val") for folder in folders]))


def candidates(detector: Detector, frames: Iterable[LabelledFrame]) -> list[EvaluatedFrame]:
    """Every frame with its labels and all candidates of the detector, whatever their score."""
    frames = list(frames)
    found = find_points(detector.candidates, frames)
    return [EvaluatedFrame.of(frame, found[frame.image]) for frame in frames]


def path_or_name(model: str) -> str | Path:
    """A model that was given as an argument, as a path if there is one."""
    return Path(model) if Path(model).exists() else model


def card_file(model: str) -> Path:
    """The card of a shipped model, of an ONNX file or of the folder of a run."""
    if model in model_names():
        return SHIPPED / f"{model}.json"
    path = Path(model)
    return card_path(path / "model.onnx" if path.is_dir() else path)


def update_card(card: Path, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Replace fields of a card; every other field stays.

    Returns:
        The card as it was before; None if nothing changed.
    """
    before: dict[str, Any] = json.loads(card.read_text("utf-8"))
    values = before | dict(fields)
    after = {name: values[name] for name in ModelCard.model_fields if name in values}
    if after == before:
        return None
    atomic_write(card, json.dumps(after, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return before


def run(main: Callable[[], None]) -> None:
    """Run a program; an error of irpoint is one line on standard error, and exit code 1."""
    try:
        main()
    except IrpointError as error:
        sys.exit(f"error: {error}")
