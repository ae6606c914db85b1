"""What the experiments share: arguments, validation frames, and errors of one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from irpoint import Detector, IrpointError
from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.evaluation import EvaluatedFrame
from irpoint.evaluation.splits import find_points


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


def run(main: Callable[[], None]) -> None:
    """Run a program; an error of irpoint is one line on standard error, and exit code 1."""
    try:
        main()
    except IrpointError as error:
        sys.exit(f"error: {error}")
