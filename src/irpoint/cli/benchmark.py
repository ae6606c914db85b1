"""``irpoint benchmark``: speed on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def benchmark(
    model: Annotated[str, typer.Option(help="Model to time: a name or a path.")] = "spire",
    size: Annotated[
        str, typer.Option(metavar="N|WxH", help="Size of the frames in pixels.")
    ] = "512",
    repeats: Annotated[int, typer.Option(help="Timed calls.")] = 30,
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
    """Time a model stage by stage, and against eager PyTorch where it is installed."""
    from irpoint.files import write_whole
    from irpoint.runtime.benchmark import benchmark as measure

    figures = measure(model, size, repeats, backend=backend, scale=scale, threads=threads)
    if json_file is not None:
        text = json.dumps(figures, indent=2)
        if json_file == "-":
            typer.echo(text)
        else:
            write_whole(Path(json_file), text + "\n")
    if json_file != "-":
        _print(figures)


def _print(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        title=f"{figures['model']}, frame of {figures['size']} px, {figures['backend']} "
        f"{figures['precision']}, {figures['threads']} threads"
    )
    table.add_column("stage")
    table.add_column("median ms", justify="right")
    for name, value in figures["stages_ms"].items():
        table.add_row(name, f"{value:.1f}")
    table.add_section()
    total = figures["total_ms"]
    table.add_row("whole call (array to points)", f"{total['median']:.1f}")
    table.add_row("whole call, 95th percentile", f"{total['p95']:.1f}")
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
