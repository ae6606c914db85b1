"""Published checkpoints → models of ours, for users who hold them; nothing of them ships."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from irpoint._version import __version__
from irpoint.errors import ModelError, one_line
from irpoint.export.onnx import IMAGENET, export_onnx, write_model
from irpoint.methods.count import gmac, parameters
from irpoint.methods.spire import SPIRE
from irpoint.methods.spire.network import HRPE
from irpoint.methods.spire.published import published_state
from irpoint.system.atomic import atomic_write, check_folder
from irpoint.zoo import ModelCard, Thresholds


def import_spire(checkpoint: Path, out: Path, side: int = 512) -> Path:
    """Turn a published SPIRE checkpoint into ``out/model.onnx``, its card and safetensors.

    Args:
        checkpoint: the published ``.pth``; only tensors are unpickled, never code.
        out: folder of the model; must be new or empty.
        side: input side that the weights were trained at: 512 (SIRST4) or 640 (SIRST-UAVB).

    Raises:
        ModelError: where the file is not such a checkpoint.
        SettingsError: where ``out`` is a file or not empty.
    """
    check_folder(out, empty=True)
    network = HRPE()
    published = read_checkpoint(checkpoint)
    try:
        network.load_state_dict(published_state(published))
    except ModelError as error:
        raise ModelError(f"{checkpoint}: {error}") from error
    card = ModelCard(
        name=out.resolve().name,
        method="spire",
        data=("SIRST4" if side == 512 else "SIRST-UAVB",),
        split="published",
        seed=None,
        version=__version__,
        licence="none stated: not to be passed on",
        parameters=parameters(network),
        gmac_512=round(gmac(network, 512), 3),
        normalisation="full-range",
        input_scale=f"fit:{side}",
        resize="corner",
        stride=SPIRE.stride,
        map_offset=0.0,
        thresholds=Thresholds(default=0.35, chosen="as published"),
        metrics={},
        sha256="",
        note="Imported. The published decoder also gates at 0.65 of the best score, at most 8.",
    )
    path = out / "model.onnx"
    graph = export_onnx(network, SPIRE, IMAGENET, map_offset=card.map_offset, half=False)
    write_model(path, graph, card)
    atomic_write(out / "best.safetensors", save(network.state_dict()))
    return path


def read_checkpoint(path: Path) -> Mapping[str, Tensor]:
    """The state dict in a torch checkpoint, loaded without running any code from it."""
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({one_line(error)})") from error
    except Exception as error:  # whatever the unpickler stumbles over: the file is no checkpoint
        raise ModelError(f"{path}: no torch checkpoint of plain tensors") from error
    state = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not state:
        raise ModelError(f"{path}: holds no state dict")
    return state
