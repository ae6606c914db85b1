"""Read weights from safetensors files, in which large kernels may be stored in 8 bits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from irpoint.errors import ModelError
from irpoint.zoo import model_names, shipped_weights

_SCALE = ".scale"  # suffix of the name of a kernel's scales
_LEVELS = 127


def in_8_bits(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same state dict in about a quarter of the size, for :func:`read_weights`.

    Kernels become int8 with one scale per output channel. Biases and the statistics of batch
    normalisation stay as they are, since their range is too wide.
    """
    stored: dict[str, Tensor] = {}
    for name, value in state.items():
        if value.ndim < 2:
            stored[name] = value
            continue
        largest = value.float().abs().flatten(1).amax(1).clamp_min(1e-12)
        scale = (largest / _LEVELS).reshape(-1, *(1,) * (value.ndim - 1))
        stored[name] = (value.float() / scale).round().to(torch.int8)
        stored[name + _SCALE] = scale
    return stored


def _from_8_bits(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Inverse of :func:`in_8_bits`, except for rounding; other state dicts stay as they are."""
    scales = {name for name in stored if name.removesuffix(_SCALE) != name}
    return {
        name: value.float() * stored[name + _SCALE] if name + _SCALE in scales else value
        for name, value in stored.items()
        if name not in scales
    }


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
        state = _from_8_bits(load_file(path))
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
