"""``irpoint detect``: points from images, folders, videos and streams."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from irpoint.cli.completion import complete_engine, complete_format
from irpoint.cli.options import Backend, Cut, Model, Polarity, Raw, Scale
from irpoint.cli.stopping import INTERRUPTED
from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.pipeline import Skipped, Summary, TrackSummary
    from irpoint.points import FrameResult
    from irpoint.runtime import Region

_TABLE_ROWS = 10


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Images, folders, quoted patterns, videos, stream addresses, devices; - is stdin.",
    ),
]
Threshold = Annotated[
    float | None, typer.Option(metavar="T", help="Minimum score. Default: the model card's.")
]
FalseAlarmRate = Annotated[
    float | None,
    typer.Option(
        metavar="R",
        help="Use the threshold for R false alarms per million pixels instead: any rate between "
        "those on the model's card.",
    ),
]
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
    typer.Option("--overlay", help="Draw the points into pictures and videos in DIR/overlays."),
]
Roi = Annotated[
    str | None,
    typer.Option(metavar="X0,Y0,X1,Y1", help="Keep only points inside this rectangle."),
]
Mask = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Mask image of the frames' size; drop points on pixels that are not 0."
    ),
]
Track = Annotated[
    bool,
    typer.Option(
        "--track",
        help="Track points over the frames of a video or folder. Only points of confirmed tracks "
        "are written, with their track number.",
    ),
]
Batch = Annotated[
    int, typer.Option(metavar="N", help="Maximum number of frames in the network at a time.")
]
Threads = Annotated[
    int,
    typer.Option(metavar="N", help="CPU threads; 0 uses all cores (with ray: 1 per worker)."),
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
    model: Model = "spire",
    threshold: Threshold = None,
    false_alarms_per_mpx: FalseAlarmRate = None,
    scale: Scale = None,
    polarity: Polarity = "bright",
    out: Out = None,
    file_format: FileFormat = "csv",
    overlay: Overlay = False,
    roi: Roi = None,
    ignore_mask: Mask = None,
    track: Track = False,
    raw: Raw = None,
    cut: Cut = None,
    batch: Batch = 8,
    backend: Backend = "auto",
    threads: Threads = 0,
    engine: Engine = "local",
) -> None:
    """Find point targets; print them as CSV, or write files to a folder.

    By default, it finds targets that are brighter than their surroundings.
    For cold targets, or a black-hot camera, give --polarity dark.

    Sources that cannot be read are listed and skipped; the exit code is then 1. Frames in which
    nothing can be found, such as blank ones, are counted; if all are so, the exit code is 1, too.
    Ctrl-C writes what was found so far; the same command resumes from there.

    Example: [bold]irpoint detect frames/ clip.mp4 --out found --overlay[/]
    """
    from irpoint.pipeline import detect as run
    from irpoint.runtime import Detector
    from irpoint.training.unfinished import model_or_run

    detector = Detector(
        model_or_run(model),
        threshold=threshold,
        false_alarms_per_mpx=false_alarms_per_mpx,
        scale=scale,
        polarity=polarity,
        region=region_of(roi, ignore_mask),
        backend=backend,
        threads=threads_of(threads),
    )
    with _Bar(shown=out is not None or not sys.stdout.isatty()) as bar:
        summary = run(
            sources,
            detector,
            out or sys.stdout.buffer,
            file_format=file_format,
            overlay=overlay,
            track=track,
            **reading(raw, cut),
            batch=batch,
            engine=engine,
            watch=bar.update,
        )
    _report(summary, to_folder=out is not None, polarity=polarity)


def threads_of(threads: int) -> int:
    """The number of threads, if it is one."""
    if threads < 0:
        raise SettingsError(f"--threads {threads}: give 1 or more, or 0 for all cores")
    return threads


def reading(raw: str | None, cut: str | None) -> dict[str, Any]:
    """The options about how files are read, as arguments of the pipeline."""
    from irpoint.frames.cut import Cut
    from irpoint.frames.raw import RawLayout

    return {
        "raw": None if raw is None else RawLayout.parse(raw),
        "cut": None if cut is None else Cut.parse(cut),
    }


def region_of(roi: str | None, ignore_mask: Path | None) -> Region:
    """The region that the options describe."""
    from irpoint.frames import read_frame
    from irpoint.runtime import Region

    return Region(
        None if roi is None else Region.parse_roi(roi),
        None if ignore_mask is None else read_frame(ignore_mask, mask=True),
    )


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


def _report(summary: Summary, *, to_folder: bool, polarity: str) -> None:
    """Print the tracks or the first points, and the totals, to stderr; set the exit code."""
    if summary.tracks:
        _print_tracks(summary.tracks)
    elif to_folder and summary.first:
        _print_table(summary.first, summary.points)
    counts = f"{summary.points} points in {summary.frames_with_points} of {summary.frames} frames"
    speed = summary.frames / summary.seconds
    parts = [counts]
    if summary.tracks is not None:
        parts.append(f"{len(summary.tracks)} track{'s' * (len(summary.tracks) != 1)}")
    if summary.resumed:
        parts.append(f"{summary.resumed} sources finished before")
    if summary.skipped:
        parts.append(f"{summary.skipped} skipped")
    parts.append(f"{summary.seconds:.1f} s ({speed:.1f} frames/s)")
    if summary.stopped:
        parts.append("stopped: run it again to resume" if summary.resumable else "stopped")
    if to_folder:
        parts.append(str(summary.points_file or "nothing written"))
    if (
        summary.frames > sum(summary.unjudged.values())
        and not summary.points
        and polarity == "bright"
    ):
        parts.append("to find targets darker than their surroundings, give --polarity dark")
    if summary.overlays is not None:
        parts.append(f"overlays in {summary.overlays}")
    _print_unjudged(summary)
    typer.echo(f"irpoint: {'; '.join(parts)}", err=True)
    nothing = 0 < summary.frames == sum(summary.unjudged.values())
    if summary.stopped or summary.skipped or nothing:
        raise typer.Exit(INTERRUPTED if summary.stopped else 1)


def _print_unjudged(summary: Summary) -> None:
    """Print one line per source and reason for which nothing can be found in frames."""
    from irpoint.points import STATUS_REASONS

    for (source, status), count in summary.unjudged.items():
        frames = "1 frame is" if count == 1 else f"{count} frames are"
        typer.echo(f"irpoint: {source}: {frames} {status}: {STATUS_REASONS[status]}", err=True)


def _print_tracks(tracks: list[TrackSummary]) -> None:
    best = sorted(tracks, key=lambda track: -track.score)[:_TABLE_ROWS]
    caption = f"the {_TABLE_ROWS} tracks with the highest scores, of {len(tracks)}"
    table = Table(box=box.SIMPLE_HEAD, caption=caption if len(tracks) > _TABLE_ROWS else None)
    table.add_column("track", justify="right")
    for title in ("first frame", "last frame"):
        table.add_column(title, overflow="fold")
    for title in ("points", "mean x", "mean y", "best score"):
        table.add_column(title, justify="right")
    for track in tracks:
        if any(track is one for one in best):
            number = f"{track.number} dark" if track.dark else f"{track.number}"
            frames = (
                escape(f"{Path(name).name} {index}") for name, index in (track.first, track.last)
            )
            numbers = (f"{track.x:.1f}", f"{track.y:.1f}", f"{track.score:.2f}")
            table.add_row(number, *frames, f"{track.points}", *numbers)
    Console(stderr=True).print(table)


def _print_table(results: list[FrameResult], points: int) -> None:
    rows = [
        (Path(result.source).name, f"{x:.1f}", f"{y:.1f}", f"{score:.2f}", "dark" * dark)
        for result in results
        for (x, y), score, dark in zip(
            result.points.xy.tolist(),
            result.points.score.tolist(),
            result.points.dark.tolist(),
            strict=True,
        )
    ][:_TABLE_ROWS]
    rest = points - _TABLE_ROWS
    table = Table(box=box.SIMPLE_HEAD, caption=f"and {rest} more" if rest > 0 else None)
    table.add_column("frame", overflow="fold")
    any_dark = any(row[-1] for row in rows)
    for title in ("x", "y", "score", *[""] * any_dark):
        table.add_column(title, justify="right")
    for name, x, y, score, dark in rows:
        table.add_row(escape(name), x, y, score, *([dark] if any_dark else []))
    Console(stderr=True).print(table)
