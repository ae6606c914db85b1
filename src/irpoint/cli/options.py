"""Options that several commands share, in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irpoint.cli.completion import complete_backend, complete_model, complete_polarity

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Images, folders, quoted patterns, videos, stream addresses, devices; - is stdin.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|PATH",
        help="A shipped model, an ONNX file, or a training run.",
        autocompletion=complete_model,
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Runtime of the network: onnxruntime, openvino, …; auto is the fastest.",
        autocompletion=complete_backend,
    ),
]
Polarity = Annotated[
    str,
    typer.Option(
        metavar="P",
        help="Targets to find: bright (brighter than their surroundings), dark (cold targets, or "
        "hot ones of a black-hot camera), or both, which takes twice the time.",
        autocompletion=complete_polarity,
    ),
]
Measure = Annotated[
    bool,
    typer.Option(
        "--measure/--no-measure",
        help="Measure each point on the frame's own pixels: position, its uncertainty, signal.",
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
Prior = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Share of the candidates that are real, 0..1, for the probability of each point. "
        "Default: as on the model's validation split.",
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        metavar="S",
        help="Input scale: native, or fit:N (longest side N pixels). Default: the model card's.",
    ),
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
CameraFile = Annotated[
    str | None,
    typer.Option(
        "--camera",
        metavar="FILE",
        help="Calibration of ROS, OpenCV or Kalibr: adds azimuth and elevation, in degrees, to "
        "each point.",
    ),
]
Raw = Annotated[
    str | None,
    typer.Option(
        "--raw",
        metavar="WxH:TYPE:ORDER",
        help="Layout of headerless frames: 640x512:uint16:le. Add :skip=BYTES for a header of the "
        "file, :gap=BYTES between frames.",
    ),
]
Cut = Annotated[
    str | None,
    typer.Option(
        "--cut",
        metavar="TOP,BOTTOM[,LEFT,RIGHT]",
        help="Rows and columns to cut off each frame, such as telemetry. Points count from the "
        "rest.",
    ),
]
Emit = Annotated[
    list[str] | None,
    typer.Option(
        "--emit",
        metavar="ADDRESS",
        help="Also send each frame's result, as JSON, while detection runs: - is standard output; "
        "FILE.jsonl; udp://HOST:PORT; mqtt://HOST/TOPIC; https://HOST/PATH. Repeatable.",
    ),
]
Batch = Annotated[
    int, typer.Option(metavar="N", help="Maximum number of frames in the network at a time.")
]
Threads = Annotated[
    int,
    typer.Option(metavar="N", help="CPU threads; 0 uses all cores (with ray: 1 per worker)."),
]
Host = Annotated[
    str, typer.Option(help="Address to bind. If other machines can reach it, a token is required.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to bind; 0 chooses a free one.")]
