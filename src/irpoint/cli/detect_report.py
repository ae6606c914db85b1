"""What ``irpoint detect`` prints of its results: tracks or points, and the totals."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from irpoint.cli.stopping import INTERRUPTED

if TYPE_CHECKING:
    from irpoint.pipeline import Summary, TrackSummary
    from irpoint.points import FrameResult, Points

_TABLE_ROWS = 10


def report(summary: Summary, *, to_folder: bool, polarity: str) -> None:
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
    if summary.measured is not None and summary.points:
        parts.append(_measured_text(summary.points, summary.measured, summary.flags))
    if summary.angles is not None:
        parts.append(f"angles in degrees, {summary.angles} axes")
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
    for title in ("last az °", "el °") * any(track.direction for track in best):
        table.add_column(title, justify="right", no_wrap=True)
    for track in tracks:
        if any(track is one for one in best):
            number = f"{track.number} dark" if track.dark else f"{track.number}"
            frames = (
                escape(f"{Path(name).name} {index}") for name, index in (track.first, track.last)
            )
            numbers = (f"{track.x:.1f}", f"{track.y:.1f}", f"{track.score:.2f}")
            table.add_row(number, *frames, f"{track.points}", *numbers, *_degrees(track.direction))
    Console(stderr=True).print(table)


def _measured_text(points: int, measured: int, flags: dict[str, int]) -> str:
    """How many points were measured, and what limits how many of them."""
    count = "all" if measured == points else f"{measured}"
    named = ", ".join(f"{number} {flag}" for flag, number in flags.items())
    return f"{count} measured" + (f" ({named})" if named else "")


def _print_table(results: list[FrameResult], points: int) -> None:
    rows = [(Path(result.source).name, *row) for result in results for row in _cells(result)]
    rows = rows[:_TABLE_ROWS]
    rest = points - _TABLE_ROWS
    table = Table(box=box.SIMPLE_HEAD, caption=f"and {rest} more" if rest > 0 else None)
    table.add_column("frame", overflow="fold")
    titles = ("x", "y", "score", "x_std", "y_std", "snr", "azimuth", "elevation", "")
    used = [any(row[1 + column] for row in rows) for column in range(len(titles))]
    if used[titles.index("azimuth")]:  # 80 columns do not hold everything
        used[titles.index("x_std")] = used[titles.index("y_std")] = False
    for title, shown in zip(titles, used, strict=True):
        if shown:
            table.add_column(title, justify="right")
    for name, *cells in rows:
        shown_cells = (cell for cell, shown in zip(cells, used, strict=True) if shown)
        table.add_row(escape(name), *shown_cells)
    Console(stderr=True).print(table)


def _cells(result: FrameResult) -> list[tuple[str, ...]]:
    """x, y, score, x_std, y_std, snr, azimuth, elevation, remarks; "" for what is not known."""
    angles = result.angles
    directions = [("", "")] * len(result.points) if angles is None else map(_degrees, angles.rows())
    places = _measured_cells(result.points)
    return [(*a, *d, r) for (*a, r), d in zip(places, directions, strict=True)]


def _measured_cells(points: Points) -> list[tuple[str, ...]]:
    """x, y, score, x_std, y_std, snr, and remarks of each point."""
    measured, digits = points.measured, 1 if points.measured is None else 2
    kinds = ["dark" * dark for dark in points.dark.tolist()]
    places = [
        (f"{x:.{digits}f}", f"{y:.{digits}f}", f"{score:.2f}")
        for (x, y), score in zip(points.xy.tolist(), points.score.tolist(), strict=True)
    ]
    if measured is None:
        return [(*place, "", "", "", kind) for place, kind in zip(places, kinds, strict=True)]
    deviations = zip(measured.x_std, measured.y_std, measured.snr, measured.flags, strict=True)
    return [
        (*place, f"{x:.2f}", f"{y:.2f}", f"{snr:.0f}" if snr == snr else "", _remark(kind, flags))
        for place, kind, (x, y, snr, flags) in zip(places, kinds, deviations, strict=True)
    ]


def _degrees(direction: Sequence[float] | None) -> tuple[str, ...]:
    """Azimuth and elevation; "" where the camera gives none, and nothing without a camera."""
    if direction is None:
        return ()
    return tuple(f"{value:.3f}" if isfinite(value) else "" for value in direction[:2])


def _remark(kind: str, flags: int) -> str:
    from irpoint.measurement import Flag

    return " ".join(filter(None, (kind, *Flag(flags).text.split("|"))))
