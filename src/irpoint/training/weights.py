"""Read weights from safetensors files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from irpoint.errors import ModelError
from irpoint.zoo import model_names, shipped_weights


def read_weights(path: Path, network: nn.Module, sha256: str | None = None) -> dict[str, Tensor]:
    """State dict for ``network`` from a safetensors file or a shipped model.

    Args:
        path: the file, or the name of a shipped model.
        network: the network that the weights must fit.
        sha256: the hash that the file must have; any if None.

    Raises:
        ModelError: if the file cannot be read, has another hash, or its weights are those of
            another network.
    """
    if not path.exists() and str(path) in model_names():
        path = shipped_weights(str(path))
    try:
        state = load_file(path)
        found = hashlib.sha256(path.read_bytes()).hexdigest() if sha256 else sha256
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: not readable as safetensors ({error})") from error
    if found != sha256:
        raise ModelError(f"{path}: has the SHA-256 {found}, not {sha256}; give the right weights")
    wanted = network.state_dict()
    if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in wanted.items()}:
        raise ModelError(
            f"{path}: not the weights of a {type(network).__name__} of this width; "
            "check method and width"
        )
    return state
