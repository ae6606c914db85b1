"""``irpoint serve``: detection as a web service."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from irpoint.cli.chosen import build_detector, camera_of, reading, region_of
from irpoint.cli.options import (
    Backend,
    CameraFile,
    Cut,
    FalseAlarmRate,
    Host,
    Mask,
    Measure,
    Model,
    Polarity,
    Port,
    Prior,
    Roi,
    Scale,
    Threads,
    Threshold,
)
from irpoint.cli.settings_file import Config
from irpoint.defaults import DEFAULT_MODEL
from irpoint.errors import SettingsError

_NEEDED = ("fastapi", "uvicorn", "prometheus_client", "imagecodecs")

TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="File with the token that requests must carry. Or set IRPOINT_TOKEN to the token.",
    ),
]
Queue = Annotated[
    int, typer.Option(min=1, metavar="N", help="Maximum number of frames in progress; then 429.")
]
Batch = Annotated[
    int,
    typer.Option(min=1, metavar="N", help="Maximum number of frames in the network at a time."),
]
MaxBody = Annotated[
    int, typer.Option(min=1, metavar="MIB", help="Maximum size of a body; then 413.")
]
MaxMpx = Annotated[
    int,
    typer.Option(min=1, metavar="N", help="Maximum millions of pixels of a frame; then 413."),
]


def serve(
    model: Model = DEFAULT_MODEL,
    threshold: Threshold = None,
    false_alarms_per_mpx: FalseAlarmRate = None,
    scale: Scale = None,
    polarity: Polarity = "bright",
    measure: Measure = True,
    prior: Prior = None,
    roi: Roi = None,
    ignore_mask: Mask = None,
    cut: Cut = None,
    camera: CameraFile = None,
    backend: Backend = "auto",
    threads: Threads = 0,
    host: Host = "127.0.0.1",
    port: Port = 8323,
    token_file: TokenFile = None,
    queue: Queue = 32,
    batch: Batch = 8,
    max_body: MaxBody = 32,
    max_mpx: MaxMpx = 32,
    config: Config = None,
) -> None:
    """Detect in frames that other programs send: POST a frame, get its points as JSON.

    The body of POST /detect is one frame: an image, a TIFF or a .npy file. The points are those of
    irpoint detect with the same options. /docs describes all requests, /metrics is for Prometheus.

    SIGTERM or Ctrl-C stop the server after it has answered what it has taken on.

    Example: [bold]irpoint serve & curl --data-binary @frame.png http://127.0.0.1:8323/detect[/]
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(f"serve needs {', '.join(missing)}: pip install 'irpoint[serve]'")
    from irpoint.serve.limits import MEBI, Limits
    from irpoint.serve.run import check_token
    from irpoint.serve.run import serve as run

    token = _token(token_file)
    check_token(host, token)  # before the model is loaded
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
    limits = Limits(queue, batch, max_body * MEBI, max_mpx * 10**6)
    run(
        detector, _announce, host=host, port=port, token=token, limits=limits,
        cut=reading(None, cut)["cut"], camera=camera_of(camera),
    )  # fmt: skip


def _token(file: Path | None) -> str | None:
    """The token; None if there is none."""
    if file is None:
        return os.environ.get("IRPOINT_TOKEN") or None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read; give a text file with the token") from error
    if not token:
        raise SettingsError(f"{file}: empty; write the token into it")
    return token


def _announce(address: str) -> None:
    typer.echo(f"Detect at  {address}detect  (see {address}docs; stop with Ctrl-C)")
