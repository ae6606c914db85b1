"""``irpoint live``: the live page."""

from __future__ import annotations

import signal
import sys
import threading
import warnings
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from irpoint.cli.chosen import build_detector, camera_of, reading, region_of, search_settings
from irpoint.cli.options import (
    Backend,
    CameraFile,
    Cut,
    Emit,
    FalseAlarmRate,
    Host,
    Mask,
    Measure,
    Model,
    Polarity,
    Port,
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

if TYPE_CHECKING:
    from irpoint.frames.source import Source
    from irpoint.live import LiveSession, LiveSettings
    from irpoint.live.engine import Shown
    from irpoint.live.labelling import LabelPages
    from irpoint.runtime import Detector

_NEEDED = ("fastapi", "uvicorn", "websockets")

Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder for recordings, snapshots and ignore zones.")
]
FalseTracks = Annotated[
    float,
    typer.Option(
        metavar="R",
        help="False tracks that are allowed per hour of video; can be changed on the page.",
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        help="Frames per second at which files are played. Default: as their times say, else 30.",
    ),
]
Loop = Annotated[bool, typer.Option("--loop/--no-loop", help="Start files again at their end.")]
KeepFree = Annotated[
    int, typer.Option(metavar="MB", min=0, help="Space on the disk that recordings leave free.")
]
Browser = Annotated[bool, typer.Option(help="Open the page in a browser.")]


def live(
    sources: Sources,
    model: Model = DEFAULT_MODEL,
    threshold: Threshold = None,
    false_alarms_per_mpx: FalseAlarmRate = None,
    scale: Scale = None,
    polarity: Polarity = "bright",
    measure: Measure = True,
    prior: Prior = None,
    false_tracks_per_hour: FalseTracks = 10.0,
    roi: Roi = None,
    ignore_mask: Mask = None,
    raw: Raw = None,
    cut: Cut = None,
    camera: CameraFile = None,
    out: Out = Path("irpoint-live"),
    emit: Emit = None,
    fps: Fps = None,
    loop: Loop = False,
    keep_free: KeepFree = 500,
    backend: Backend = "auto",
    threads: Threads = 0,
    host: Host = "127.0.0.1",
    port: Port = 8322,
    browser: Browser = True,
    config: Config = None,
) -> None:
    """Open a page that shows a camera, a stream or a file live, with points and tracks.

    Files are played as if they were live. Detection never waits for a browser: frames that come too
    fast are dropped and counted. A camera that is lost is opened again until it is back.

    Example: [bold]irpoint live rtsp://camera/stream[/]
    """
    _check(fps)
    from irpoint.live import LiveSettings

    detector = build_detector(
        model, threads, threshold=threshold, false_alarms_per_mpx=false_alarms_per_mpx,
        scale=scale, polarity=polarity, measure=measure, prior=prior,
        region=region_of(roi, ignore_mask), backend=backend,
    )  # fmt: skip
    settings = LiveSettings(
        out,
        track=search_settings(false_tracks_per_hour),
        camera=camera_of(camera),
        fps=fps,
        loop=loop,
        keep_free=keep_free * 1_000_000,
    )
    label_pages = _label_pages(host, model, polarity)
    session = _session(detector, _sources(sources, raw, cut), settings, label_pages)
    _serve(session, detector, emit or [], host, port, browser)


def _serve(
    session: LiveSession,
    detector: Detector,
    emit: list[str],
    host: str,
    port: int,
    browser: bool,
) -> None:
    """Serve the page until a signal."""
    from irpoint.live.serve import serve

    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with _emitting(session, detector, emit) as stdout_is_free:
            serve(session, host, port, lambda address: _show(address, browser, stdout_is_free))
    finally:
        session.close()
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _emitting(session: LiveSession, detector: Detector, addresses: list[str]) -> Iterator[bool]:
    """Emit the results of a session; yields whether standard output is free for other text."""
    from irpoint.emit.emitter import Emitter
    from irpoint.emit.open import uses_stdout
    from irpoint.emit.record import Facts

    with Emitter(addresses, Facts.of(detector), session.log.add) as emitter:

        def emit(shown: Shown) -> None:
            emitter.facts = Facts.of(detector)  # a slider may have moved the threshold
            emitter.add(shown.result)

        session.watch = emit
        yield not uses_stdout(addresses)


def _check(fps: float | None) -> None:
    from irpoint.errors import SettingsError

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(f"live needs {', '.join(missing)}: pip install 'irpoint[live]'")
    if fps is not None and not fps > 0:
        raise SettingsError(f"--fps {fps:g}: give more than 0")


def _sources(names: list[str], raw: str | None, cut: str | None) -> list[Source]:
    from irpoint.pipeline import find_sources

    found, skipped = find_sources(names, **reading(raw, cut))
    for item in skipped:
        _print(f"skipped: {item.reason}")
    return found


def _session(
    detector: Detector, sources: list[Source], settings: LiveSettings, pages: LabelPages
) -> LiveSession:
    """A session whose messages include the warnings of irpoint."""
    from irpoint.live import LiveSession

    session = LiveSession(detector, sources, settings, _print, pages)
    warnings.showwarning = lambda message, *_, **__: session.warn(message)
    return session


def _label_pages(host: str, model: str, polarity: str) -> LabelPages:
    from irpoint.live.labelling import LabelPages

    return LabelPages(host, ["--model", model, "--polarity", polarity])


def _print(line: str) -> None:
    with suppress(OSError):  # the terminal may be closed
        typer.echo(f"irpoint: {line}", err=True)


def _show(address: str, browser: bool, stdout_is_free: bool) -> None:
    typer.echo(f"Live at  {address}  (stop with Ctrl-C)", err=not stdout_is_free)
    if browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
