"""``irpoint benchmark``: speed on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table


def benchmark(
    model: Annotated[str, typer.Option(help="Model to time: a name or a path.")] = "spire",
    size: Annotated[
        str | None,
        typer.Option(
            metavar="N|WxH", help="Of the frames in pixels. Default: 512; videos 640x512."
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(help="Timed calls; of videos four times as many.")] = 30,
    video: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|simulated",
            help="Time a video instead, from the file to points and overlay; simulated: 16-bit.",
        ),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(metavar="auto|onnxruntime|openvino", help="What the network runs in."),
    ] = "auto",
    scale: Annotated[
        str | None, typer.Option(metavar="S", help="Input scale: native, or fit:N.")
    ] = None,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 is all cores.")] = 0,
    json_file: Annotated[
        str | None, typer.Option("--json", help="Write the figures to a file; '-' is stdout.")
    ] = None,
) -> None:
    """Time a model stage by stage, and against eager PyTorch where it is installed.

    Example: [bold]irpoint benchmark --model p2p-lite --video clip.mp4[/]
    """
    from irpoint.benchmark.frames import benchmark as measure
    from irpoint.benchmark.video import SIMULATED
    from irpoint.benchmark.video import benchmark_video as measure_video
    from irpoint.system.atomic import atomic_write

    more: dict[str, Any] = {"backend": backend, "scale": scale, "threads": threads}
    if video is None:
        figures = measure(model, size or "512", repeats, **more)
    elif size is not None and video != SIMULATED:
        raise SettingsError(f"--size {size}: {video} has its own; for --video {SIMULATED}")
    else:
        figures = measure_video(model, video, size or "640x512", 4 * repeats, **more)
    text = json.dumps(figures, indent=2)
    if json_file == "-":
        typer.echo(text)
        return
    (_print if video is None else _print_video)(figures)
    if json_file is not None:
        atomic_write(Path(json_file), text + "\n")


def _print(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        title=f"{figures['model']}, frame of {figures['size']} px, {figures['backend']} "
        f"{figures['precision']}, {figures['threads']} threads"
    )
    _add_stages(table, figures, "stage")
    table.add_section()
    total = figures["total_ms"]
    table.add_row("whole call (array to points)", f"{total['median']:.1f}", f"{total['p95']:.1f}")
    table.add_section()
    for name, value in figures["decoder_ms"].items():
        table.add_row(f"decoder, {name} 128² map", f"{value:.2f}")
    console.print(table)
    ratio = figures["ratio_to_eager"]
    against = (
        "no eager PyTorch to compare with"
        if ratio is None
        else f"eager float32 PyTorch takes {figures['eager_ms']:.1f} ms for the network alone: "
        f"{ratio:.1f} times as long"
    )
    console.print(
        f"{figures['fps']:.0f} frames a second, "
        f"peak memory {figures['peak_rss_mb']:.0f} MB; {against}."
    )


def _print_video(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        title=f"{figures['model']}, {figures['frames']} frames of {figures['size']} px, "
        f"{figures['bits']} bits, {figures['backend']} {figures['precision']}, "
        f"{figures['threads']} threads"
    )
    _add_stages(table, figures, "stage alone")
    console.print(table)
    console.print(
        f"{figures['fps']['csv']:.0f} frames a second from video to points, "
        f"{figures['fps']['overlay']:.0f} with an overlay, all stages at once; "
        f"peak memory {figures['peak_rss_mb']:.0f} MB."
    )


def _add_stages(table: Table, figures: dict[str, Any], head: str) -> None:
    table.add_column(head)
    table.add_column("median ms", justify="right")
    table.add_column("95th percentile", justify="right")
    for name, value in figures["stages_ms"].items():
        table.add_row(name, f"{value['median']:.1f}", f"{value['p95']:.1f}")
