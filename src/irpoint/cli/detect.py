"""``irpoint detect``: points from images, folders, videos and streams."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from irpoint.cli.chosen import build_detector, camera_of, reading, region_of, search_settings
from irpoint.cli.completion import complete_engine, complete_format
from irpoint.cli.options import (
    Backend,
    Batch,
    CameraFile,
    Cut,
    Emit,
    FalseAlarmRate,
    Mask,
    Measure,
    Model,
    Polarity,
    Prior,
    Raw,
    Roi,
    Scale,
    Sources,
    Threads,
    Threshold,
)
from irpoint.cli.settings_file import Config
from irpoint.defaults import DEFAULT_MODEL
from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.pipeline import Skipped, Summary
    from irpoint.points import FrameResult
    from irpoint.runtime import Detector
    from irpoint.tracking import SearchSettings


Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder for the results. Default: points go to stdout."),
]
FileFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="Format of the points: csv, json, coco, …",
        autocompletion=complete_format,
    ),
]
Overlay = Annotated[
    bool,
    typer.Option(
        "--overlay/--no-overlay", help="Draw the points into pictures and videos in DIR/overlays."
    ),
]
Track = Annotated[
    bool,
    typer.Option(
        "--track/--no-track",
        help="Track points over the frames of a video or folder. Only points of confirmed tracks "
        "are written, with their track number.",
    ),
]
FalseTracks = Annotated[
    float | None,
    typer.Option(
        metavar="R",
        help="With --track: false tracks that are allowed per hour of video.  [default: 10]",
    ),
]
Smooth = Annotated[
    bool,
    typer.Option(
        "--smooth",
        help="With --track, for files: also write the points of a track from before it was "
        "certain, at places that are smoothed over time.",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="local: this process. ray: distribute files over the cores of a Ray cluster.",
        autocompletion=complete_engine,
    ),
]


def detect(
    sources: Sources,
    model: Model = DEFAULT_MODEL,
    threshold: Threshold = None,
    false_alarms_per_mpx: FalseAlarmRate = None,
    scale: Scale = None,
    polarity: Polarity = "bright",
    measure: Measure = True,
    prior: Prior = None,
    out: Out = None,
    emit: Emit = None,
    file_format: FileFormat = "csv",
    overlay: Overlay = False,
    roi: Roi = None,
    ignore_mask: Mask = None,
    track: Track = False,
    false_tracks_per_hour: FalseTracks = None,
    smooth: Smooth = False,
    raw: Raw = None,
    cut: Cut = None,
    camera: CameraFile = None,
    batch: Batch = 8,
    backend: Backend = "auto",
    threads: Threads = 0,
    engine: Engine = "local",
    config: Config = None,
) -> None:
    """Find point targets; print them as CSV, or write files to a folder.

    By default, it finds targets that are brighter than their surroundings.
    For cold targets, or a black-hot camera, give --polarity dark.

    Sources that cannot be read are listed and skipped; the exit code is then 1. Frames in which
    nothing can be found, such as blank ones, are counted; if all are so, the exit code is 1, too.
    Ctrl-C writes what was found so far; the same command resumes from there.

    Example: [bold]irpoint detect frames/ clip.mp4 --out found --overlay[/]
    """
    from irpoint.cli.detect_report import report

    detector = build_detector(
        model,
        threads,
        threshold=threshold,
        false_alarms_per_mpx=false_alarms_per_mpx,
        scale=scale,
        polarity=polarity,
        region=region_of(roi, ignore_mask),
        backend=backend,
        measure=measure,
        prior=prior,
    )
    tracked = _tracking(track, false_tracks_per_hour, smooth)
    options: dict[str, Any] = {"overlay": overlay, "track": tracked}
    options |= {"batch": batch, "engine": engine}
    options |= {"emit": emit or [], "file_format": file_format, "camera": camera_of(camera)}
    options |= reading(raw, cut)
    summary = _run(sources, detector, out, **options)
    report(summary, to_folder=out is not None, polarity=polarity)


def _run(sources: list[str], detector: Detector, out: Path | None, **options: Any) -> Summary:
    """Detect with a progress bar, unless points appear in the terminal."""
    from irpoint.emit.open import uses_stdout
    from irpoint.pipeline import detect as run

    target = out or sys.stdout.buffer
    if out is None and uses_stdout(options["emit"]):
        if options["file_format"] != "csv":
            raise SettingsError(
                f"--format {options['file_format']}: --emit - uses standard output; give a folder "
                "for the points with --out"
            )
        target = None
    with _Bar(shown=out is not None or not sys.stdout.isatty()) as bar:
        return run(sources, detector, target, watch=bar.update, **options)


def _tracking(
    track: bool, false_tracks_per_hour: float | None, smooth: bool
) -> SearchSettings | bool:
    """The settings of tracking; False without it."""
    if not track:
        if smooth or false_tracks_per_hour is not None:
            name = "--smooth" if smooth else "--false-tracks-per-hour"
            raise SettingsError(f"{name}: is a setting of tracking; give --track too")
        return False
    rate = 10.0 if false_tracks_per_hour is None else false_tracks_per_hour
    return search_settings(rate, smooth)


class _Bar:
    """A progress bar on standard error, with a line above it for each skipped part."""

    def __init__(self, *, shown: bool) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[frames]} frames"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            disable=not (shown and console.is_terminal),
        )
        self._task = self._progress.add_task("detect", frames=0)
        self._source: str | None = None

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, item: FrameResult | Skipped, summary: Summary) -> None:
        """Advance by a source if ``item`` belongs to the next one."""
        from irpoint.pipeline import Skipped

        self._progress.update(
            self._task,
            total=summary.sources,
            advance=item.source != self._source,
            frames=summary.frames,
        )
        self._source = item.source
        if isinstance(item, Skipped):
            # The console of the progress bar prints the line above the bar.
            line = Text(f"irpoint: skipped: {item.reason}")
            self._progress.console.print(line, soft_wrap=True)
