"""Losses between a response map and its target map.

To add a loss, write a function and name it in :data:`LOSSES`; ``--set loss=NAME`` then trains with
it.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from irpoint.errors import SettingsError
from irpoint.methods import Method
from irpoint.system.spelling import choices

Loss = Callable[[Tensor, Tensor, float], Tensor]
"""(response (B, 1, h, w), target map (B, 1, h, w), setting ``foreground``) → scalar."""


def weighted_squared_error(response: Tensor, target_map: Tensor, foreground: float = 1.0) -> Tensor:
    """Mean squared error in which a cell of target value t weighs 1 + ``foreground`` · t.

    A target covers about a thousandth of a frame. Without the weight, the errors of the background
    would dominate its error.

    Args:
        response: (B, 1, h, w), linear.
        target_map: (B, 1, h, w), 0..1.
        foreground: extra weight of target cells.
    """
    return ((1 + foreground * target_map) * (response - target_map) ** 2).mean()


def squared_error(response: Tensor, target_map: Tensor, foreground: float = 0.0) -> Tensor:
    """Mean squared error, the published loss of all three methods; ``foreground`` is ignored.

    SPIRE's publication doubles it, which has no effect with the optimizers of irpoint.
    """
    del foreground
    return F.mse_loss(response, target_map)


LOSSES: dict[str, Loss] = {
    "weighted-squared-error": weighted_squared_error,
    "squared-error": squared_error,
}


def find_loss(name: str, method: Method) -> Loss:
    """The loss with this name; ``default`` is the default of the method.

    Raises:
        SettingsError: if there is no such loss.
    """
    name = method.loss if name == "default" else name
    if name not in LOSSES:
        raise SettingsError(f"loss {name!r} is unknown; {choices(name, ('default', *LOSSES))}")
    return LOSSES[name]
