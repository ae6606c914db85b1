"""``irpoint benchmark``: speed on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from irpoint.cli.options import Backend, Measure, Model, Scale
from irpoint.defaults import DEFAULT_MODEL
from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table

    from irpoint.benchmark.frames import FrameFigures
    from irpoint.benchmark.timing import Spread
    from irpoint.benchmark.video import VideoFigures

Size = Annotated[
    str | None,
    typer.Option(
        metavar="N|WxH",
        help="Size of the frames in pixels. Default: 512; for --video simulated 640x512.",
    ),
]
Repeats = Annotated[
    int, typer.Option(help="Number of timed frames. For videos, four times as many.")
]
Video = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|simulated",
        help="Time a video instead, from the file to points and an overlay. "
        "simulated: a simulated 16-bit video.",
    ),
]
Threads = Annotated[int, typer.Option(metavar="N", help="CPU threads. 0: all cores.")]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the figures as JSON. -: standard output."),
]


def benchmark(
    model: Model = DEFAULT_MODEL,
    size: Size = None,
    repeats: Repeats = 30,
    video: Video = None,
    backend: Backend = "auto",
    scale: Scale = None,
    threads: Threads = 0,
    measure: Measure = True,
    json_file: Json = None,
) -> None:
    """Measure the speed of a model on this machine, stage by stage.

    The network is compared with eager PyTorch, if PyTorch is installed.

    Example: [bold]irpoint benchmark --model p2p-lite --video clip.mp4[/]
    """
    from irpoint.benchmark.frames import benchmark as time_frames
    from irpoint.benchmark.video import SIMULATED, benchmark_video
    from irpoint.system.atomic import atomic_write
    from irpoint.training.unfinished import model_or_run

    if size is not None and video not in (None, SIMULATED):
        raise SettingsError(
            f"--size {size}: {video} has its own size; leave out --size, or use --video {SIMULATED}"
        )
    if repeats < 1:
        raise SettingsError(f"--repeats {repeats}: give 1 or more")
    chosen = model_or_run(model)
    options: dict[str, Any] = {"backend": backend, "scale": scale, "threads": threads}
    options["measure"] = measure
    if video is None:
        frames = time_frames(chosen, size or "512", repeats, **options)
        text = json.dumps(frames, indent=2)
    else:
        clip = benchmark_video(chosen, video, size or "640x512", 4 * repeats, **options)
        text = json.dumps(clip, indent=2)
    if json_file == "-":
        typer.echo(text)
        return
    if video is None:
        _print_frames(frames)
    else:
        _print_video(clip)
    if json_file is not None:
        atomic_write(Path(json_file), text + "\n")


def _print_frames(figures: FrameFigures) -> None:
    from rich.console import Console

    title = f"{figures['model']}, frames of {figures['size']} px"
    table = _stage_table("stage", f"{title}, {_runtime(figures)}", figures["stages_ms"])
    table.add_section()
    total = figures["total_ms"]
    table.add_row("total (array to points)", f"{total['median']:.1f}", f"{total['p95']:.1f}")
    table.add_section()
    for name, value in figures["decoder_ms"].items():
        table.add_row(f"decoder, {name} 128² map", f"{value:.2f}")
    for count, value in figures["measuring_ms"].items():
        table.add_row(f"measuring {int(count):,} points, one core", f"{value:.2f}")
    console = Console()
    console.print(table)
    ratio = figures["ratio_to_eager"]
    comparison = (
        "No comparison with eager PyTorch."
        if ratio is None
        else f"Eager float32 PyTorch needs {figures['eager_ms']:.1f} ms for the network alone, "
        f"{ratio:.1f} times the total."
    )
    console.print(
        f"{figures['fps']:.0f} frames per second; peak memory {figures['peak_rss_mb']:.0f} MiB. "
        f"{comparison}"
    )


def _print_video(figures: VideoFigures) -> None:
    from rich.console import Console

    title = (
        f"{figures['model']}, {figures['frames']} frames of {figures['size']} px, "
        f"{figures['bits']} bits"
    )
    console = Console()
    console.print(
        _stage_table("stage alone", f"{title}, {_runtime(figures)}", figures["stages_ms"])
    )
    console.print(
        f"All stages at once: {figures['fps']['csv']:.0f} frames per second from video to points, "
        f"{figures['fps']['overlay']:.0f} with an overlay; "
        f"peak memory {figures['peak_rss_mb']:.0f} MiB."
    )


def _runtime(figures: FrameFigures | VideoFigures) -> str:
    count = figures["threads"]
    threads = f"{count} thread{'s' if count != 1 else ''}"
    return f"{figures['backend']} {figures['precision']}, {threads}"


def _stage_table(heading: str, title: str, stages: dict[str, Spread]) -> Table:
    from rich.table import Table

    table = Table(title=title)
    table.add_column(heading)
    table.add_column("median ms", justify="right")
    table.add_column("95th percentile", justify="right")
    for name, value in stages.items():
        table.add_row(name, f"{value['median']:.1f}", f"{value['p95']:.1f}")
    return table
