"""``irpoint simulate``: infrared frames with known targets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from irpoint.cli.completion import complete_frame_format, complete_scene
from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.simulate.settings import SceneSettings

_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"


def _range(option: str, text: str) -> tuple[float, float]:
    """``"5"`` is (5, 5) and ``"5-20"`` is (5, 20)."""
    match = re.fullmatch(rf"{_NUMBER}(?:-{_NUMBER})?", text.strip())
    if not match:
        raise SettingsError(f"--{option} {text}: give a number, or LOW-HIGH, such as 5-20")
    low = float(match[1])
    return low, float(match[2]) if match[2] else low


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)[xX×](\d+)", text.strip())
    if not match:
        raise SettingsError(f"--size {text}: give WIDTHxHEIGHT in pixels, such as 640x512")
    return int(match[1]), int(match[2])


_SCENE, _TARGETS, _CAMERA = "Scene", "Targets", "Camera"

Out = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Folder to write. Must be empty, unless --append is set."),
]
Frames = Annotated[int, typer.Option(min=1, metavar="N", help="Number of frames.")]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="Random seed. The same seed gives the same frames.")
]
Name = Annotated[str, typer.Option(help="Start of the file name of each frame.")]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="png|tiff",
        help="File format of the frames.",
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
    str, typer.Option(metavar="MIN-MAX", help="Targets per frame.", rich_help_panel=_TARGETS)
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

Override = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A camera artefact, such as artefacts.border=4; repeat for several. "
        'The page "Simulate" of the documentation lists them.',
        rich_help_panel=_CAMERA,
    ),
]


def _write(out: Path, settings: SceneSettings, **choices: Any) -> None:
    """Write the dataset, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from irpoint.simulate.dataset import simulate_dataset

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("simulate", total=choices["frames"])
        simulate_dataset(out, settings, on_frame=lambda: progress.advance(task), **choices)


def simulate(
    out: Out,
    frames: Frames = 20,
    size: Size = "512x512",
    scene: Scene = "mixed",
    beta: Beta = 3.0,
    clutter_to_noise: Clutter = 15.0,
    targets: Targets = "1-4",
    snr: Snr = "5-20",
    dark_fraction: Dark = 0.0,
    psf_sigma: Sigma = "0.8-1.2",
    min_separation: Separation = 10.0,
    bits: Bits = 8,
    well_electrons: Well = 7e6,
    well_fill: Fill = 0.45,
    read_noise: ReadNoise = 600.0,
    column_noise: ColumnNoise = 0.25,
    pixel_noise: PixelNoise = 0.25,
    bad_pixels: BadPixels = 0.0,
    seed: Seed = 0,
    name: Name = "frame",
    file_format: Format = "png",
    append: Append = False,
    override: Override = None,
) -> None:
    """Simulate infrared frames with targets at known sub-pixel positions.

    The folder is a dataset with COCO keypoints, which evaluate, train and label can read.
    """
    from irpoint.simulate.settings import SceneSettings
    from irpoint.system.overrides import overridden

    width, height = _size(size)
    named = {
        "width": width,
        "height": height,
        "scene": scene,
        "beta": beta,
        "clutter_to_noise": clutter_to_noise,
        "targets": _range("targets", targets),
        "snr": _range("snr", snr),
        "dark_fraction": dark_fraction,
        "psf_sigma": _range("psf-sigma", psf_sigma),
        "min_separation": min_separation,
        "well_electrons": well_electrons,
        "well_fill": well_fill,
        "read_noise": read_noise,
        "column_noise": column_noise,
        "pixel_noise": pixel_noise,
        "bad_pixels": bad_pixels,
        "bits": bits,
    }
    settings = overridden(SceneSettings, named, override or [])
    choices = {"frames": frames, "seed": seed, "name": name, "append": append}
    _write(out, settings, file_format=file_format, **choices)
    typer.echo(f"{frames} frame{'s' if frames > 1 else ''} in {out}")
