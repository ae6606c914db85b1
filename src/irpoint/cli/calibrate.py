"""``irpoint calibrate``: the threshold for a false-alarm rate, from target-free footage."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from irpoint.cli.chosen import reading, region_of, threads_of
from irpoint.cli.json_file import write_json
from irpoint.cli.options import (
    Backend,
    Batch,
    Cut,
    Mask,
    Model,
    Polarity,
    Raw,
    Roi,
    Scale,
    Sources,
    Threads,
)
from irpoint.cli.stopping import INTERRUPTED
from irpoint.defaults import DEFAULT_MODEL
from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.calibration import Calibrated, Rate
    from irpoint.pipeline import Skipped
    from irpoint.points import FrameResult

_RATE = "Wanted rate (give one)"

PerMpx = Annotated[
    float | None,
    typer.Option(
        metavar="R", help="False alarms per million searched pixels.", rich_help_panel=_RATE
    ),
]
PerFrame = Annotated[
    float | None,
    typer.Option(metavar="R", help="False alarms per frame.", rich_help_panel=_RATE),
]
PerHour = Annotated[
    float | None,
    typer.Option(metavar="R", help="False alarms per hour.", rich_help_panel=_RATE),
]
Fps = Annotated[
    float | None,
    typer.Option(
        metavar="F",
        help="Frames per second, for a rate per hour. Default: from the times of the frames.",
        rich_help_panel=_RATE,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="New folder for the model. Default: MODEL-calibrated."),
]
Frames = Annotated[
    int | None, typer.Option(metavar="N", help="Stop after N frames, for example of a stream.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Write the model even if the footage is too little.")
]
Json = Annotated[
    str | None, typer.Option("--json", help="Write the result to a JSON file; - is stdout.")
]


def calibrate(
    sources: Sources,
    model: Model = DEFAULT_MODEL,
    false_alarms_per_mpx: PerMpx = None,
    false_alarms_per_frame: PerFrame = None,
    false_alarms_per_hour: PerHour = None,
    fps: Fps = None,
    out: Out = None,
    scale: Scale = None,
    polarity: Polarity = "bright",
    roi: Roi = None,
    ignore_mask: Mask = None,
    raw: Raw = None,
    cut: Cut = None,
    frames: Frames = None,
    force: Force = False,
    json_file: Json = None,
    batch: Batch = 8,
    backend: Backend = "auto",
    threads: Threads = 0,
) -> None:
    """Choose the threshold for a false-alarm rate from your own footage without targets.

    Writes a model with that threshold, which detect --model takes. Every point in the footage
    counts as a false alarm, so it must not show a target. Give the scale, polarity and region that
    you will detect with.

    If the footage is too little for the rate, nothing is written and the exit code is 1. Ctrl-C
    stops; the same command resumes.

    Example: [bold]irpoint calibrate empty/ --false-alarms-per-mpx 0.1 --out spire-site[/]

    Then: [bold]irpoint detect frames/ --model spire-site[/]
    """
    from irpoint.calibration import calibrate as run
    from irpoint.runtime import Detector
    from irpoint.training.unfinished import model_or_run

    rate = _rate(false_alarms_per_mpx, false_alarms_per_frame, false_alarms_per_hour)
    detector = Detector(
        model_or_run(model),
        scale=scale,
        polarity=polarity,
        region=region_of(roi, ignore_mask),
        backend=backend,
        threads=threads_of(threads),
    )
    folder = out or Path(f"{Path(model).stem}-calibrated")
    options = {"fps": fps, "frames": frames, "batch": batch, "force": force, **reading(raw, cut)}
    try:
        with _Progress() as progress:
            found = run(sources, detector, folder, rate, watch=progress.watch, **options)
    except KeyboardInterrupt:
        typer.echo("irpoint: stopped: run it again to resume", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _report(found, json_file)


def _rate(per_mpx: float | None, per_frame: float | None, per_hour: float | None) -> Rate:
    from irpoint.calibration import Rate

    values = {"mpx": per_mpx, "frame": per_frame, "hour": per_hour}
    given = {unit: value for unit, value in values.items() if value is not None}
    if len(given) != 1:
        names = ", ".join(f"--false-alarms-per-{unit}" for unit in values)
        raise SettingsError(f"the wanted rate: give one of {names}")
    [(unit, value)] = given.items()
    return Rate(value, unit)  # type: ignore[arg-type]


class _Progress:
    """A line on standard error with the number of frames so far; a line per skipped part."""

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("starting")
        self._sources: set[str] = set()

    def __enter__(self) -> _Progress:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def watch(self, item: FrameResult | Skipped, sources: int, frames: int) -> None:
        """Count a frame, or print why a part was skipped."""
        from irpoint.pipeline import Skipped

        self._sources.add(item.source)
        if isinstance(item, Skipped):
            typer.echo(f"irpoint: skipped: {item.reason}", err=True)
        self._status.update(f"{frames} frames; source {len(self._sources)} of {sources}")


def _report(found: Calibrated, json_file: str | None) -> None:
    """Print what was counted, write the JSON, and set the exit code."""
    footage = found.card.footage
    assert footage is not None
    if json_file is not None:
        content = {
            "model": str(found.folder),
            "threshold": found.card.thresholds.default,
            "false_alarms_per_mpx": found.card.thresholds.false_alarms_per_mpx,
            **footage.model_dump(mode="json"),
            "suspects": list(found.suspects),
        }
        write_json(json_file, content)
    for line in _lines(found):
        typer.echo(line, err=json_file == "-")
    if footage.unreadable:
        raise typer.Exit(1)


def _lines(found: Calibrated) -> list[str]:
    from irpoint.calibration.rate import UNITS

    card, footage = found.card, found.card.footage
    assert footage is not None
    low, high = footage.interval_95
    left_out = "".join(f"; {count} {status}" for status, count in footage.not_judged.items())
    lines = [
        f"threshold    {card.thresholds.default:.4g} "
        f"(before: {footage.earlier_threshold:.4g}, which gives "
        f"{footage.earlier_rate_per_mpx:.3g} false alarms per Mpx here)",
        f"footage      {footage.frames} frames, {footage.megapixels:.4g} Mpx{left_out}",
        f"counted      {footage.false_alarms} false alarms in {footage.events} independent events",
        f"rate         {footage.rate:.3g} per {UNITS[footage.unit]} "
        f"(95 % interval {low:.3g} to {high:.3g}); wanted {footage.wanted:g}",
    ]
    if footage.unit != "mpx":
        low, high = footage.interval_95_per_mpx
        lines.append(
            f"             {footage.rate_per_mpx:.3g} per million pixels ({low:.3g} to {high:.3g})"
        )
    if card.thresholds.default <= footage.lowest_score:
        lines.append("             the lowest score of a point; there are not more false alarms")
    folder = shlex.quote(str(found.folder))
    return [*lines, f"written      {found.folder}: irpoint detect SOURCE --model {folder}"]
