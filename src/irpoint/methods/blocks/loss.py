"""Losses between a response map and its target."""

from __future__ import annotations

from torch import Tensor


def response_loss(response: Tensor, target: Tensor, foreground: float = 1.0) -> Tensor:
    """Mean squared error in which a cell of target value t weighs 1 + ``foreground`` · t.

    A target covers a thousandth of a frame; the weight keeps its error from drowning in the
    background's. ``foreground = 0`` is the published loss of all three methods but for SPIRE's
    factor of two, which no optimizer here notices.

    Args:
        response: (B, 1, h, w), linear.
        target: (B, 1, h, w), 0..1.
    """
    return ((1 + foreground * target) * (response - target) ** 2).mean()
