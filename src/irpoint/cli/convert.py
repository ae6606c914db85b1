"""``irpoint convert``: a dataset of any layout to points."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from irpoint.cli.completion import complete_point_format


class TruthKind(StrEnum):
    """Labels to use if a dataset has both."""

    mask = "mask"
    centroids = "centroids"


def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="Dataset folder of any layout.")],
    destination: Annotated[
        Path, typer.Argument(metavar="DST", help="Folder to write; new or empty.")
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="Format of the points: coco, cvat, csv, fiftyone, napari, yolo-pose, …",
            autocompletion=complete_point_format,
        ),
    ],
    split: Annotated[
        str | None,
        typer.Option(help="Convert only this split. Default: every image and every list."),
    ] = None,
    truth: Annotated[
        TruthKind,
        typer.Option(
            help="Labels to use if a dataset has both. mask: centroids of the masks. centroids: "
            "the stated points."
        ),
    ] = TruthKind.mask,
) -> None:
    """Convert a dataset of any layout to point labels, with its images and split lists."""
    from irpoint.datasets import convert as convert_dataset

    written = convert_dataset(source, destination, to, split=split, truth=truth.value)
    targets = sum(len(frame.points) for frame in written)
    typer.echo(f"{destination}: {len(written)} images, {targets} targets ({written.layout})")
