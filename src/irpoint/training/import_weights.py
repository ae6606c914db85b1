"""Convert published checkpoints, which irpoint does not ship, to models of irpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor, nn

from irpoint._version import __version__
from irpoint.errors import ModelError, SettingsError
from irpoint.export.onnx import export_onnx, write_model
from irpoint.methods import METHODS, Method, PublishedWeights
from irpoint.methods.count import gmac, parameters
from irpoint.system.atomic import atomic_write, check_folder
from irpoint.training.torch_file import read_torch_file
from irpoint.zoo import ModelCard, Thresholds


def import_weights(checkpoint: Path, out: Path, method: Method, side: int | None = None) -> Path:
    """Convert a published checkpoint to ``out/model.onnx``, its card and its safetensors.

    Args:
        checkpoint: the published file. Only tensors are loaded from it, never code.
        out: folder of the model; must be new or empty.
        method: method that the weights belong to.
        side: input side that the weights were trained at; None for the default of the method.

    Returns:
        Path of the ONNX file.

    Raises:
        ModelError: if the file is not a checkpoint of the method.
        SettingsError: if ``out`` is a file or not empty, or if the method's published weights
            cannot be imported.
    """
    published = method.published_weights
    if published is None:
        importable = ", ".join(name for name, other in METHODS.items() if other.published_weights)
        raise SettingsError(
            f"method {method.name!r} has no published weights that can be imported; "
            f"choose from {importable}"
        )
    check_folder(out, empty=True)
    network = method.build(None)
    state = read_checkpoint(checkpoint)
    try:
        network.load_state_dict(published.translate(state))
    except ModelError as error:
        raise ModelError(f"{checkpoint}: {error}") from error
    card = _card(out.resolve().name, network, method, published, side)
    path = out / "model.onnx"
    graph = export_onnx(
        network, method, published.statistics, map_offset=card.map_offset, half=False
    )
    write_model(path, graph, card)
    atomic_write(out / "best.safetensors", save(network.state_dict()))
    return path


def _card(
    name: str, network: nn.Module, method: Method, published: PublishedWeights, side: int | None
) -> ModelCard:
    side = side or next(iter(published.data))
    return ModelCard(
        name=name,
        method=method.name,
        data=(published.data[side],) if side in published.data else (),
        split="published",
        seed=None,
        version=__version__,
        licence=published.licence,
        parameters=parameters(network),
        gmac_512=round(gmac(network, 512), 3),
        normalisation=published.normalisation,
        input_scale=f"fit:{side}",
        resize=published.resize,
        stride=method.stride,
        map_offset=published.map_offset,
        halo=method.halo,
        published_decoder=method.published_decoder,
        thresholds=Thresholds(default=published.threshold, chosen="as published"),
        metrics={},
        sha256="",
        note="Imported from published weights.",
    )


def read_checkpoint(path: Path) -> Mapping[str, Tensor]:
    """State dict of a torch checkpoint, loaded without running code from the file.

    Raises:
        ModelError: if the file cannot be read or contains no state dict.
    """
    content = read_torch_file(path)
    state = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not state:
        raise ModelError(f"{path}: contains no state dict; give a checkpoint of the method")
    return state
