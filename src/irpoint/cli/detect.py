"""``irpoint detect``: points from images, folders and patterns."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

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

from irpoint.errors import SettingsError
from irpoint.pipeline.engine import check_engine, found_by
from irpoint.system.atomic import check_folder, lock_folder

if TYPE_CHECKING:
    from irpoint.frames.raw import RawLayout
    from irpoint.frames.source import Skipped
    from irpoint.pipeline.batches import Detected
    from irpoint.pipeline.job import Job
    from irpoint.pipeline.prefetch import Behind
    from irpoint.runtime import Region
    from irpoint.sinks import FoundFrame

_TABLE_ROWS = 10
_FRAMES_BEHIND = 4  # written while the network works on the next
_STOPPED = 130  # what shells give for a process that Ctrl-C ended

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Images, folders, quoted patterns, videos, addresses of streams; - is stdin.",
    ),
]
Model = Annotated[str, typer.Option(metavar="NAME|PATH", help="A shipped model or an ONNX file.")]
Threshold = Annotated[
    float | None, typer.Option(metavar="T", help="Least score. Default: the model card's.")
]
Rate = Annotated[
    float | None,
    typer.Option(
        metavar="R", help="Take the card's threshold for R false alarms a million pixels instead."
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(metavar="S", help="Input scale: native, or fit:N (longest side N pixels)."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder to write; points go to stdout without.")
]
FileFormat = Annotated[
    str, typer.Option("--format", metavar="csv|json|coco", help="Of the points.")
]
Overlay = Annotated[
    bool, typer.Option("--overlay", help="Draw the points into pictures, videos in DIR/overlays.")
]
Roi = Annotated[
    str | None, typer.Option(metavar="X0,Y0,X1,Y1", help="Keep points in this rectangle only.")
]
Mask = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Drop points where this image, of frame size, is not 0."),
]
Track = Annotated[
    bool,
    typer.Option(
        "--track",
        help="Follow points over the frames of a video or folder; only points of confirmed tracks "
        "are written, with the track's number.",
    ),
]
Raw = Annotated[
    str | None,
    typer.Option(
        "--raw", metavar="WxH:TYPE:ORDER", help="Headerless frames, as 640x512:uint16:le."
    ),
]
Batch = Annotated[int, typer.Option(metavar="N", help="Most frames in the network at a time.")]
Backend = Annotated[
    str,
    typer.Option(
        metavar="auto|onnxruntime|openvino", help="What the network runs in; auto: the fastest."
    ),
]
Threads = Annotated[
    int,
    typer.Option(metavar="N", help="CPU threads; 0 is all cores (with ray: one for each worker)."),
]
Engine = Annotated[
    str,
    typer.Option(
        metavar="local|ray", help="ray: files by as many workers as the cores of a cluster hold."
    ),
]


def detect(
    sources: Sources,
    model: Model = "spire",
    threshold: Threshold = None,
    false_alarms_per_mpx: Rate = None,
    scale: Scale = None,
    out: Out = None,
    file_format: FileFormat = "csv",
    overlay: Overlay = False,
    roi: Roi = None,
    ignore_mask: Mask = None,
    track: Track = False,
    raw: Raw = None,
    batch: Batch = 8,
    backend: Backend = "auto",
    threads: Threads = 0,
    engine: Engine = "local",
) -> None:
    """Find points: CSV on standard output, or files in a folder.

    What cannot be read is listed and passed over; the exit code is then 1.

    Ctrl-C writes what has been found so far; the same command goes on from there.

    Example: [bold]irpoint detect frames/ clip.mp4 --out found --overlay[/]
    """
    from irpoint.frames import open_source
    from irpoint.pipeline.batches import list_sources
    from irpoint.pipeline.job import settings_of
    from irpoint.pipeline.tracks import track as follow
    from irpoint.runtime import Detector
    from irpoint.sinks import Journal
    from irpoint.zoo import find_model

    _check(out, file_format, overlay, batch, threads)
    layout = _layout(raw)
    paths, missing = list_sources(sources, layout)
    check_engine(engine, paths, layout)
    build = partial(
        Detector,
        find_model(model),
        threshold=threshold,
        false_alarms_per_mpx=false_alarms_per_mpx,
        scale=scale,
        region=_region(roi, ignore_mask),
        backend=backend,
    )
    detector = build(threads=threads)
    opened = [open_source(path, layout) for path in paths]
    clock = any(source.clock for source in opened)
    with nullcontext() if out is None else _folder(out):
        job = _job(out, file_format, overlay, clock, track, len(paths) + len(missing))
        if out is not None and not track and not any(source.live for source in opened):
            settings = {"roi": roi, "raw": raw, "overlay": overlay}
            journal = Journal(out, settings_of(detector, ignore_mask) | settings)
            paths, again = job.go_on(journal, paths)
            missing += again
        found = found_by(engine, build, detector, paths, batch, layout, threads, pixels=overlay)
        items = chain(missing, follow(found) if track else found)
        _run(job, items, bar=out is not None or not sys.stdout.isatty())
    _report(job)


def _job(
    out: Path | None, file_format: str, overlay: bool, clock: bool, tracks: bool, total: int
) -> Job:
    from irpoint.pipeline.job import Job
    from irpoint.sinks import Format, OverlayFolder, PointsWriter

    target = out or sys.stdout.buffer
    writer = PointsWriter(cast(Format, file_format), target, clock=clock, tracks=tracks)
    overlays = OverlayFolder(out / "overlays") if out is not None and overlay else None
    return Job(writer, overlays, total)


def _check(out: Path | None, file_format: str, overlay: bool, batch: int, threads: int) -> None:
    from irpoint.sinks import FORMATS

    if file_format not in FORMATS:
        raise SettingsError(f"--format {file_format}: give {', '.join(FORMATS)}")
    if overlay and out is None:
        raise SettingsError("--overlay: pictures go into a folder; give --out DIR too")
    if batch < 1:
        raise SettingsError(f"--batch {batch}: give 1 or more")
    if threads < 0:
        raise SettingsError(f"--threads {threads}: give 1 or more, or 0 for all cores")
    if out is not None:
        check_folder(out)


def _layout(raw: str | None) -> RawLayout | None:
    from irpoint.frames.raw import RawLayout

    return None if raw is None else RawLayout.parse(raw)


def _region(roi: str | None, ignore_mask: Path | None) -> Region:
    from irpoint.frames import read_frame
    from irpoint.runtime import Region

    return Region(
        None if roi is None else Region.parse_roi(roi),
        None if ignore_mask is None else read_frame(ignore_mask),
    )


@contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make the folder of the results, now and not after an hour, and keep others out of it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"--out {out}: cannot be made ({error.strerror}); give another folder"
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise SettingsError(f"--out {out}: cannot be written to; give another folder")
    with lock_folder(out) as ours:
        if not ours:
            raise SettingsError(
                f"--out {out}: another detection is writing there; wait, or give another folder"
            )
        yield


def _run(job: Job, items: Iterable[Detected | Skipped], bar: bool) -> None:
    from irpoint.pipeline.prefetch import Behind
    from irpoint.pipeline.signals import Signals

    with Signals() as signals:
        try:
            with (
                _progress(job.total, bar) as shown,
                Behind(job.take, _FRAMES_BEHIND) as written,
            ):
                try:
                    with signals.heard():
                        _hand_over(items, written, shown, job)
                except KeyboardInterrupt:
                    job.stopped = True
            job.finished = not job.stopped
        finally:
            job.close()


def _hand_over(
    items: Iterable[Detected | Skipped],
    written: Behind[Detected | Skipped],
    shown: Progress,
    job: Job,
) -> None:
    from irpoint.frames.source import Skipped

    source = None
    for item in items:
        before, source = source, _source(item)
        shown.update(shown.task_ids[0], advance=source != before, frames=job.writer.count)
        written.add(item)
        if isinstance(item, Skipped):
            # Through the bar's own console, which keeps the line apart from the bar.
            said = Text(f"irpoint: skipped: {item.reason}")
            shown.console.print(said, soft_wrap=True)


def _source(item: Detected | Skipped) -> str:
    from irpoint.pipeline.batches import Detected

    return item.result.source if isinstance(item, Detected) else item.source


def _progress(total: int, bar: bool) -> Progress:
    console = Console(stderr=True)
    progress = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[frames]} frames"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        disable=not (bar and console.is_terminal),
    )
    progress.add_task("detect", total=total, frames=0)
    return progress


def _report(job: Job) -> None:
    """Totals, and in a folder's case the first points, on standard error; then the exit code."""
    seconds = time.perf_counter() - job.started
    writer, path = job.writer, job.writer.path
    if path is not None and job.first:
        _print_table(job.first, writer.points)
    parts = [f"{writer.points} points in {writer.hit} of {writer.count} frames"]
    if job.again:
        parts.append(f"{job.again} sources done before")
    if job.skipped:
        parts.append(f"{job.skipped} skipped")
    parts.append(f"{seconds:.1f} s ({writer.count / seconds:.1f} frames/s)")
    if job.stopped:
        parts.append("stopped" if job.journal is None else "stopped: the same command goes on")
    if path is not None:
        parts.append(str(path) if writer.count else "nothing written")
    if job.overlays is not None and len(job.overlays):
        parts.append(f"overlays in {job.overlays.folder}")
    typer.echo(f"irpoint: {'; '.join(parts)}", err=True)
    if job.stopped or job.skipped:
        raise typer.Exit(_STOPPED if job.stopped else 1)


def _print_table(frames: list[FoundFrame], points: int) -> None:
    rows = [
        (Path(found.result.source).name, f"{x:.1f}", f"{y:.1f}", f"{score:.2f}")
        for found in frames
        for (x, y), score in zip(
            found.result.points.xy.tolist(), found.result.points.score.tolist(), strict=True
        )
    ]
    rest = points - _TABLE_ROWS
    table = Table(box=box.SIMPLE_HEAD, caption=f"and {rest} more" if rest > 0 else None)
    table.add_column("frame", overflow="fold")
    for title in ("x", "y", "score"):
        table.add_column(title, justify="right")
    for name, *numbers in rows[:_TABLE_ROWS]:
        table.add_row(escape(name), *numbers)
    Console(stderr=True).print(table)
