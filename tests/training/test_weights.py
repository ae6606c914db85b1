"""Weights that are stored in 8 bits."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from irpoint.methods import find_method
from irpoint.training.weights import in_8_bits, read_weights


def test_kernels_in_8_bits_come_back_within_half_a_step(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = find_method("glint").build(None)
    state = network.state_dict()
    for name, value in state.items():
        if name.endswith("running_var"):
            value.fill_(3e5)  # more than float16 can hold
    full, small = tmp_path / "full.safetensors", tmp_path / "small.safetensors"
    save_file(state, full)
    save_file(in_8_bits(state), small)
    assert small.stat().st_size < 0.3 * full.stat().st_size
    read = read_weights(small, network)
    for name, value in state.items():
        if value.ndim < 2:
            assert torch.equal(read[name], value)
        else:
            step = value.abs().flatten(1).amax(1) / 127
            error = (read[name] - value).abs().flatten(1).amax(1)
            assert (error <= 0.501 * step).all()
            assert error.max() > 0
