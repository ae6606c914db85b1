"""Options that several commands share, in the same words."""

from __future__ import annotations

from typing import Annotated

import typer

from irpoint.cli.completion import complete_backend, complete_model, complete_polarity

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
Scale = Annotated[
    str | None,
    typer.Option(
        metavar="S",
        help="Input scale: native, or fit:N (longest side N pixels). Default: the model card's.",
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
Host = Annotated[
    str, typer.Option(help="Address to bind. If other machines can reach it, a token is required.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to bind; 0 chooses a free one.")]
