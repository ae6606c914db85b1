"""Trained networks as teachers: what several of them, mirrored and turned, say on average.

A network's errors differ from those of another, and from its own on the mirrored frame; their mean
errs less than any one. A student that learns this mean beside the labels takes part of that over,
at its own size and speed. Source of the idea: Hinton, Vinyals, Dean, arXiv 1503.02531; that the
teacher must see the very crop of the student: Beyer et al., arXiv 2106.05237.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from irpoint.methods import find_method
from irpoint.training.settings import Teacher
from irpoint.training.weights import read_weights

_WAYS = 8  # four turns, plain and mirrored


class Teachers:
    """Trained networks that answer in turn, one a step, each step seeing the crop another way.

    Over the steps a student's squared error is then smallest at their mean, at the price of one
    teacher. Which one answers, and how it sees the crop, depends on the step alone.

    Args:
        teachers: methods and weights.
        see: normalised crops (B, 1, h, w) → input of a network.

    Raises:
        ModelError: for weights that are not of the method named.
    """

    def __init__(self, teachers: Sequence[Teacher], see: Callable[[Tensor], Tensor]) -> None:
        self._see = see
        self.networks: list[nn.Module] = []
        for teacher in teachers:
            network = find_method(teacher.method).build(teacher.width)
            network.load_state_dict(read_weights(teacher.weights, network))
            self.networks.append(network.eval().requires_grad_(False))

    @torch.no_grad()
    def __call__(self, image: Tensor, step: int) -> Tensor:
        """Response (B, 1, h/4, w/4) of the step's teacher to crops (B, 1, h, w)."""
        network = self.networks[step % len(self.networks)]
        way = step // len(self.networks) % _WAYS
        response: Tensor = network(self._see(turned(image, way)))
        return turned_back(response, way).float()


def turned(image: Tensor, way: int) -> Tensor:
    """``image`` (..., h, w) in one of its eight orientations."""
    image = torch.rot90(image, way % 4, (-2, -1))
    return image.flip(-1) if way >= 4 else image


def turned_back(image: Tensor, way: int) -> Tensor:
    """What undoes :func:`turned`."""
    image = image.flip(-1) if way >= 4 else image
    return torch.rot90(image, -way % 4, (-2, -1))
