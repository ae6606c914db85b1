"""``irpoint convert``: any layout to points."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PointFormat(StrEnum):
    """The formats that can be written."""

    coco = "coco"
    csv = "csv"


class TruthKind(StrEnum):
    """What to take for truth where a data set has both."""

    mask = "mask"
    centroids = "centroids"


def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="Data set folder of any layout.")],
    destination: Annotated[
        Path, typer.Argument(metavar="DST", help="Folder to write; new, or empty.")
    ],
    to: Annotated[PointFormat, typer.Option("--to", help="Format of the points.")],
    split: Annotated[
        str | None, typer.Option(help="Only this split; every image and every list if not given.")
    ] = None,
    truth: Annotated[
        TruthKind, typer.Option(help="Mask components or stated points, where there are both.")
    ] = TruthKind.mask,
) -> None:
    """Write a data set of any layout as point labels, with its images and split lists."""
    from irpoint.datasets import convert as convert_dataset

    written = convert_dataset(source, destination, to.value, split=split, truth=truth.value)
    targets = sum(len(frame.points) for frame in written)
    typer.echo(f"{destination}: {len(written)} images, {targets} targets ({written.layout})")
