"""Muon for kernels that mix channels and AdamW for everything else, in one optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

ADAM_SHARE = 0.15  # learning rate of AdamW as a share of Muon's
_MOMENTUM = 0.95
_MIN_WEIGHTS = 512  # kernels with fewer weights are left to AdamW
# The quintic x ← a·x + b·x³ + c·x⁵ moves every singular value towards 1 (K. Jordan, 2024).
_QUINTIC = (3.4445, -4.7750, 2.0315)


class MuonAdamW(torch.optim.AdamW):
    """Muon for every kernel that mixes channels, AdamW for all other parameters.

    Muon (K. Jordan, 2024, https://kellerjordan.github.io/posts/muon) treats a kernel as a matrix,
    output channels × everything else; candidate kernels of a dynamic convolution are separate
    matrices. It gives all singular directions of the momentum the same length, so that rare signals
    (here: targets) are learned as fast as common ones. Depthwise and very small kernels,
    normalisations and biases have no such matrix.

    This class exists because PyTorch's Muon accepts matrices only, and Lightning accepts only one
    optimizer.

    Args:
        parameters: all parameters of a network.
        learning_rate: learning rate of Muon; that of AdamW is ``ADAM_SHARE`` of it.
        weight_decay: weight decay of kernels; normalisations and biases have none.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
    ) -> None:
        mixing, small, flat = [], [], []
        for parameter in parameters:
            if parameter.ndim < 2:
                flat.append(parameter)
            elif parameter.shape[-3] > 1 and parameter.numel() >= _MIN_WEIGHTS:
                mixing.append(parameter)
            else:
                small.append(parameter)
        adam = ADAM_SHARE * learning_rate
        groups = [
            {"params": mixing, "lr": learning_rate, "weight_decay": weight_decay, "muon": True},
            {"params": small, "lr": adam, "weight_decay": weight_decay, "muon": False},
            {"params": flat, "lr": adam, "weight_decay": 0.0, "muon": False},
        ]
        super().__init__([group for group in groups if group["params"]], adam)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of Muon and AdamW. The gradients of Muon's kernels are cleared."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            if group["muon"]:
                self._move(group["params"], group["lr"], group["weight_decay"])
        super().step()
        return loss

    def _move(
        self, parameters: Sequence[Tensor], learning_rate: float, weight_decay: float
    ) -> None:
        """One step of Muon; kernels of the same shape are stacked, which is faster on GPUs."""
        shapes: dict[torch.Size, list[Tensor]] = {}
        for parameter in parameters:
            if parameter.grad is not None:
                shapes.setdefault(parameter.shape, []).append(parameter)
        for shape, kernels in shapes.items():
            gradient = torch.stack([kernel.grad for kernel in kernels if kernel.grad is not None])
            momenta = [self._momentum(kernel) for kernel in kernels]
            momentum = torch.stack(momenta).lerp_(gradient, 1 - _MOMENTUM)
            torch._foreach_copy_(momenta, momentum.unbind())
            matrix = gradient.lerp(momentum, _MOMENTUM).flatten(-3)
            length = max(1.0, matrix.shape[-2] / matrix.shape[-1]) ** 0.5
            steps = orthogonalised(matrix).reshape(len(kernels), *shape)
            torch._foreach_mul_(kernels, 1 - learning_rate * weight_decay)
            torch._foreach_add_(kernels, steps.unbind(), alpha=-learning_rate * length)
            for kernel in kernels:
                kernel.grad = None  # so that AdamW skips it

    def _momentum(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
            state["step"] = torch.zeros(())  # AdamW expects it when a state is loaded
        momentum: Tensor = state["momentum"]
        return momentum


def adamw(
    parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
) -> torch.optim.AdamW:
    """AdamW for all parameters, without weight decay on normalisations and biases."""
    listed = list(parameters)
    groups = [
        {"params": [p for p in listed if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in listed if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], learning_rate)


def orthogonalised(matrix: Tensor, steps: int = 5) -> Tensor:
    """The matrix with its singular values moved near 1 (0.7 to 1.2) by Newton–Schulz steps.

    Args:
        matrix: (m, n) float32, or a stack (K, m, n).
        steps: number of Newton–Schulz steps.
    """
    a, b, c = _QUINTIC
    tall = matrix.shape[-2] > matrix.shape[-1]
    x: Tensor = matrix.mT if tall else matrix
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
