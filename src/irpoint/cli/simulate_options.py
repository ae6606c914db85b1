"""The options of ``irpoint simulate``: of the scene, its targets, the camera, and sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irpoint.cli.completion import complete_frame_format, complete_scene

_SCENE, _TARGETS, _CAMERA, _MOVING = "Scene", "Targets", "Camera", "Sequence"

Out = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Folder to write. Must be empty, unless --append is set."),
]
Frames = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Number of frames.", show_default="20"),
]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="Random seed. The same seed gives the same frames.")
]
Name = Annotated[str, typer.Option(help="Start of the file name of each frame.")]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="png|tiff",
        help="File format of the frames. With --sequence also stack, a TIFF with a page per frame, "
        "and npy, an array.",
        autocompletion=complete_frame_format,
    ),
]
Append = Annotated[bool, typer.Option("--append", help="Add frames to the dataset in --out.")]
Size = Annotated[str, typer.Option(metavar="WxH", help="Size in pixels.", rich_help_panel=_SCENE)]
Scene = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="clear, clouds, sea, land, clutter or mixed.",
        autocompletion=complete_scene,
        rich_help_panel=_SCENE,
    ),
]
Beta = Annotated[
    float,
    typer.Option(help="Exponent of the background's power spectrum.", rich_help_panel=_SCENE),
]
Clutter = Annotated[
    float,
    typer.Option(
        help="Standard deviation of the background, over the temporal noise.",
        rich_help_panel=_SCENE,
    ),
]
Targets = Annotated[
    str,
    typer.Option(
        metavar="MIN-MAX",
        help="Targets per frame; with --sequence, in all of it.",
        rich_help_panel=_TARGETS,
    ),
]
Snr = Annotated[
    str,
    typer.Option(
        metavar="MIN-MAX",
        help="Signal of the peak pixel, over the temporal noise.",
        rich_help_panel=_TARGETS,
    ),
]
Dark = Annotated[
    float,
    typer.Option(
        help="Fraction of targets that are colder than their surroundings.",
        rich_help_panel=_TARGETS,
    ),
]
Sigma = Annotated[
    str,
    typer.Option(
        metavar="MIN-MAX",
        help="Standard deviation of the point spread function, in pixels.",
        rich_help_panel=_TARGETS,
    ),
]
Separation = Annotated[
    float,
    typer.Option(help="Minimum distance between targets, in pixels.", rich_help_panel=_TARGETS),
]
Bits = Annotated[
    int,
    typer.Option(
        help="Bits per pixel: 8 (with automatic gain control), 12, 14 or 16 (linear).",
        rich_help_panel=_CAMERA,
    ),
]
Well = Annotated[float, typer.Option(help="Full well, in electrons.", rich_help_panel=_CAMERA)]
Fill = Annotated[
    float,
    typer.Option(help="Mean background, as a fraction of the full well.", rich_help_panel=_CAMERA),
]
ReadNoise = Annotated[float, typer.Option(help="In electrons.", rich_help_panel=_CAMERA)]
ColumnNoise = Annotated[
    float,
    typer.Option(help="Fixed column offsets, over the temporal noise.", rich_help_panel=_CAMERA),
]
PixelNoise = Annotated[
    float,
    typer.Option(help="Fixed pixel offsets, over the temporal noise.", rich_help_panel=_CAMERA),
]
BadPixels = Annotated[
    float, typer.Option(help="Fraction of hot and dead pixels.", rich_help_panel=_CAMERA)
]

SequenceLength = Annotated[
    int | None,
    typer.Option(
        "--sequence",
        min=1,
        metavar="N",
        help="Simulate N consecutive frames of one scene, in which targets, clouds and waves move.",
        rich_help_panel=_MOVING,
    ),
]
Pan = Annotated[
    str | None,
    typer.Option(
        metavar="X[,Y]",
        help="Speed of the camera over the scene, in pixels per frame.  [default: 0]",
        rich_help_panel=_MOVING,
    ),
]
Jitter = Annotated[
    float | None,
    typer.Option(
        metavar="RMS",
        help="Shaking of the camera on each axis, in pixels.  [default: 0]",
        rich_help_panel=_MOVING,
    ),
]
Motions = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[,…]",
        help="How targets move, in turn.  [default: straight,enter,cross,turn,vanish]",
        rich_help_panel=_MOVING,
    ),
]

Override = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A camera artefact, such as artefacts.border=4, or a setting of a sequence, such as "
        "wave_period=40; repeat for several. "
        'The page "Simulate" of the documentation lists them.',
        rich_help_panel=_CAMERA,
    ),
]
