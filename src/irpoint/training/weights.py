"""Weights as safetensors: for training, never for running."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from irpoint.errors import ModelError
from irpoint.zoo import model_names, shipped_weights


def read_weights(path: Path, network: nn.Module) -> dict[str, Tensor]:
    """State dict for ``network`` from a safetensors file, or from a shipped model by its name.

    Raises:
        ModelError: where the file cannot be read or holds another network.
    """
    if not path.exists() and str(path) in model_names():
        path = shipped_weights(str(path))
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: no readable safetensors weights ({error})") from error
    wanted = network.state_dict()
    if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in wanted.items()}:
        raise ModelError(f"{path}: not the weights of a {type(network).__name__} of this width")
    return state
