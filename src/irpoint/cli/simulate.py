"""``irpoint simulate``: infrared frames with known targets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from irpoint.cli.simulate_options import (
    Append,
    BadPixels,
    Beta,
    Bits,
    Clutter,
    ColumnNoise,
    Dark,
    Fill,
    Format,
    Frames,
    Jitter,
    Motions,
    Name,
    Out,
    Override,
    Pan,
    PixelNoise,
    ReadNoise,
    Scene,
    Seed,
    Separation,
    SequenceLength,
    Sigma,
    Size,
    Snr,
    Targets,
    Well,
)
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


def _write(
    write: Callable[..., object], out: Path, settings: SceneSettings, **choices: Any
) -> None:
    """Write frames and truth, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("simulate", total=choices["frames"])
        write(out, settings, on_frame=lambda: progress.advance(task), **choices)


_RANGES = {"targets": "targets", "snr": "snr", "psf_sigma": "psf-sigma"}
_AS_GIVEN = (
    "scene",
    "beta",
    "clutter_to_noise",
    "dark_fraction",
    "min_separation",
    "well_electrons",
    "well_fill",
    "read_noise",
    "column_noise",
    "pixel_noise",
    "bad_pixels",
    "bits",
)
_OF_SEQUENCES = ("pan", "jitter", "motions")


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a scene from the options, by the names of the parameters of :func:`simulate`."""
    width, height = _size(given["size"])
    ranges = {name: _range(option, given[name]) for name, option in _RANGES.items()}
    return {"width": width, "height": height, **ranges, **{n: given[n] for n in _AS_GIVEN}}


def _pan(text: str) -> tuple[float, float]:
    """``"2"`` is (2, 0) and ``"2,-0.5"`` is (2, -0.5)."""
    try:
        x, y = (float(part) for part in (text if "," in text else f"{text},0").split(","))
    except ValueError:
        raise SettingsError(
            f"--pan {text}: give pixels per frame along x, or X,Y, such as 2,0.1"
        ) from None
    return x, y


def _simulate_sequence(given: Mapping[str, Any]) -> None:
    from irpoint.simulate.sequence import SequenceSettings, write_sequence
    from irpoint.system.overrides import overridden

    if given["append"] or given["frames"] is not None:
        option = "--append" if given["append"] else "--frames"
        raise SettingsError(f"{option}: does not go with --sequence N, which is N frames; omit it")
    moving = {name: given[name] for name in _OF_SEQUENCES if given[name] is not None}
    if "pan" in moving:
        moving["pan"] = _pan(moving["pan"])
    settings = overridden(SequenceSettings, _named(given) | moving, given["override"] or [])
    choices = {"frames": given["sequence"], "seed": given["seed"], "name": given["name"]}
    _write(write_sequence, given["out"], settings, file_format=given["file_format"], **choices)


def _simulate_scenes(given: Mapping[str, Any], frames: int) -> None:
    from irpoint.simulate.dataset import simulate_dataset
    from irpoint.simulate.settings import SceneSettings
    from irpoint.system.overrides import overridden

    moving = next((name for name in _OF_SEQUENCES if given[name] is not None), None)
    if moving:
        raise SettingsError(f"--{moving}: is for sequences; give --sequence N, too")
    settings = overridden(SceneSettings, _named(given), given["override"] or [])
    choices = {"frames": frames, **{name: given[name] for name in ("seed", "name", "append")}}
    _write(simulate_dataset, given["out"], settings, file_format=given["file_format"], **choices)


def simulate(
    out: Out,
    frames: Frames = None,
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
    sequence: SequenceLength = None,
    pan: Pan = None,
    jitter: Jitter = None,
    motions: Motions = None,
    override: Override = None,
) -> None:
    """Simulate infrared frames with targets at known sub-pixel positions.

    The folder is a dataset, which evaluate, train and label can read.
    With --sequence, the frames are consecutive, and the truth has track numbers.

    Example: [bold]irpoint simulate --out seq --sequence 200 --pan 1.5 --jitter 0.3[/]
    """
    given = locals()
    if sequence is None:
        count = 20 if frames is None else frames
        _simulate_scenes(given, count)
    else:
        count = sequence
        _simulate_sequence(given)
    typer.echo(f"{count} frame{'s' if count > 1 else ''} in {out}")
