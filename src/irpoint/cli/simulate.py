"""``irpoint simulate``: labelled infrared scenes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.simulate.settings import SceneSettings

_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"


def _range(option: str, text: str) -> tuple[float, float]:
    """``"5"`` is (5, 5) and ``"5-20"`` is (5, 20)."""
    match = re.fullmatch(rf"{_NUMBER}(?:-{_NUMBER})?", text.strip())
    if not match:
        raise SettingsError(f"--{option} {text}: give a number, or LOW-HIGH such as 5-20")
    low = float(match[1])
    return low, float(match[2]) if match[2] else low


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)[xX×](\d+)", text.strip())
    if not match:
        raise SettingsError(f"--size {text}: give WIDTHxHEIGHT in pixels, such as 640x512")
    return int(match[1]), int(match[2])


Frames = Annotated[int, typer.Option(min=1, help="Number of frames.")]
Out = Annotated[Path, typer.Option(help="Folder to write; must be empty.")]
Size = Annotated[str, typer.Option(metavar="WxH", help="Size in pixels.")]
Scene = Annotated[str, typer.Option(help="clear, clouds, sea, land, clutter or mixed.")]
Targets = Annotated[str, typer.Option(metavar="MIN-MAX", help="Targets a frame.")]
Snr = Annotated[str, typer.Option(metavar="LO-HI", help="Peak pixel signal over temporal noise.")]
Dark = Annotated[float, typer.Option(help="Share of targets colder than their background.")]
Sigma = Annotated[str, typer.Option(metavar="LO-HI", help="Of the point spread function, pixels.")]
Separation = Annotated[float, typer.Option(help="Least distance between targets, pixels.")]
Beta = Annotated[float, typer.Option(help="Power spectrum of the background: 1/f^beta.")]
Clutter = Annotated[float, typer.Option(help="Deviation of the background over temporal noise.")]
Pattern = Annotated[float, typer.Option(help="Fixed pattern over temporal noise.")]
Electrons = Annotated[float, typer.Option(help="In electrons.")]
Fill = Annotated[float, typer.Option(help="Mean background over full well.")]
Bad = Annotated[float, typer.Option(help="Share of pixels that are hot or dead.")]
Bits = Annotated[int, typer.Option(help="8 (gain-controlled), 12, 14 or 16 (linear).")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same frames.")]
Name = Annotated[str, typer.Option(help="Start of the frames' file names.")]
Format = Annotated[str, typer.Option("--format", help="png or tiff.")]
Append = Annotated[bool, typer.Option("--append", help="Add to the data set in --out.")]


def _write(out: Path, settings: SceneSettings, **choices: Any) -> None:
    """Simulate with a progress bar."""
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
    targets: Targets = "1-4",
    snr: Snr = "5-20",
    dark_fraction: Dark = 0.0,
    psf_sigma: Sigma = "0.8-1.2",
    min_separation: Separation = 10.0,
    beta: Beta = 3.0,
    clutter_to_noise: Clutter = 15.0,
    column_noise: Pattern = 0.25,
    pixel_noise: Pattern = 0.25,
    read_noise: Electrons = 600.0,
    well_electrons: Electrons = 7e6,
    well_fill: Fill = 0.45,
    bad_pixels: Bad = 0.0,
    bits: Bits = 8,
    seed: Seed = 0,
    name: Name = "frame",
    file_format: Format = "png",
    append: Append = False,
) -> None:
    """Simulate infrared frames with known sub-pixel truth, as a COCO keypoint data set."""
    from irpoint.simulate.settings import SceneSettings

    width, height = _size(size)
    settings = SceneSettings.checked(
        width=width,
        height=height,
        scene=scene,
        beta=beta,
        clutter_to_noise=clutter_to_noise,
        targets=_range("targets", targets),
        snr=_range("snr", snr),
        dark_fraction=dark_fraction,
        psf_sigma=_range("psf-sigma", psf_sigma),
        min_separation=min_separation,
        well_electrons=well_electrons,
        well_fill=well_fill,
        read_noise=read_noise,
        column_noise=column_noise,
        pixel_noise=pixel_noise,
        bad_pixels=bad_pixels,
        bits=bits,
    )
    choices = {"frames": frames, "seed": seed, "name": name, "append": append}
    _write(out, settings, file_format=file_format, **choices)
    typer.echo(f"{frames} frame{'s' if frames > 1 else ''} in {out}")
