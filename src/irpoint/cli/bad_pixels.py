"""``irpoint bad-pixels``: a mask of bad pixels, from a sequence of frames."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from irpoint.cli.chosen import reading
from irpoint.cli.options import (
    Cut,
    Raw,
    Sources,
)
from irpoint.cli.stopping import INTERRUPTED
from irpoint.errors import FrameError, SettingsError, one_line

if TYPE_CHECKING:
    from irpoint.badpixels import BadPixelFinder, BadPixels
    from irpoint.frames.source import Skipped, Source, SourceFrame

Out = Annotated[
    Path, typer.Option(metavar="FILE", help="Mask to write, a PNG file: 255 for bad pixels.")
]
Frames = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Stop after N frames, for example of a stream."),
]


def bad_pixels(
    sources: Sources, out: Out, raw: Raw = None, cut: Cut = None, frames: Frames = None
) -> None:
    """Find dead, hot, stuck and blinking pixels; write a mask for detect --ignore-mask.

    All frames must come from one detector, as it delivers them: not scaled, turned or stabilised.
    100 frames in which the camera moves are best: then whatever stays in place is a bad pixel.

    If the camera stands still, a standing target cannot be told from a hot pixel. A warning says
    so, and only pixels are reported that differ from their neighbours more than a lens allows, or
    that do not follow the scene.

    Telemetry, borders and overlays are not bad pixels, but pixels that show no scene; they are
    counted apart. Blank and saturated frames do not count.

    Example: [bold]irpoint bad-pixels clip.tiff --out mask.png[/]

    Then: [bold]irpoint detect clip.tiff --ignore-mask mask.png[/]
    """
    from irpoint.badpixels import BadPixelFinder
    from irpoint.pipeline import find_sources
    from irpoint.simulate.dataset import encode_frame
    from irpoint.system.atomic import atomic_write

    if out.suffix.lower() != ".png":
        raise SettingsError(f"--out {out}: masks are PNG files; give a name such as mask.png")
    opened, skipped = find_sources(sources, **reading(raw, cut))
    finder = BadPixelFinder()
    reasons = [part.reason for part in skipped]
    stopped = False
    with Console(stderr=True).status("reading") as status, closing(_frames(opened)) as items:
        try:
            for item in islice(items, frames):
                reason = _add(finder, item)
                if reason is not None and reason not in reasons:
                    reasons.append(reason)
                status.update(f"{finder.frames} frames")
        except KeyboardInterrupt:
            stopped = True
    for reason in reasons:
        typer.echo(f"irpoint: skipped: {reason}", err=True)
    found = finder.result()
    try:
        atomic_write(out, encode_frame(found.mask, "png"))
    except OSError as error:
        raise SettingsError(f"{out}: cannot be written ({one_line(error)})") from error
    typer.echo(f"{_summary(found)}; {out}")
    if reasons or stopped:
        raise typer.Exit(INTERRUPTED if stopped else 1)


def _frames(sources: list[Source]) -> Generator[SourceFrame | Skipped]:
    for source in sources:
        yield from source.frames()


def _add(finder: BadPixelFinder, item: SourceFrame | Skipped) -> str | None:
    """Add a frame. Returns why it is skipped, if it is."""
    from irpoint.frames.source import Skipped

    if isinstance(item, Skipped):
        return item.reason
    try:
        finder.add(item.frame)
    except FrameError as error:
        return f"{item.source}: {error}"
    return None


def _summary(found: BadPixels) -> str:
    """The result on one line."""
    counts = found.counts
    total = sum(counts.values())
    share = 100 * total / found.kinds.size
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    text = f"{total} bad pixels ({share:.3f} %) in {found.frames} frames: {kinds}"
    if found.unused:
        unused = ", ".join(f"{count} {reason}" for reason, count in found.unused.items())
        text += f"; {unused} frames not used"
    if found.not_scene:
        text += f"; {found.not_scene} pixels show no scene and are not judged"
    return text
