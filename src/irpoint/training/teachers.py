"""Knowledge distillation: a student learns the mean response of trained networks, the teachers.

Different networks make different errors, and so does one network on a frame and on its mirror
image. The mean response is better than any single one. A student that learns it improves at no cost
at run time. Sources: distillation, Hinton, Vinyals and Dean, arXiv 1503.02531; the same crop for
teacher and student, Beyer et al., arXiv 2106.05237.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from irpoint.methods import find_method
from irpoint.training.settings import Teacher
from irpoint.training.weights import read_weights

_ORIENTATIONS = 8  # four turns, plain and mirrored


class Teachers:
    """Trained networks of which one responds in each step, in one of eight orientations.

    Over all steps, the student's squared error is smallest at the mean response of all teachers and
    orientations, at the cost of one teacher per step. Teacher and orientation depend on the step
    only.

    Args:
        teachers: methods and weights.
        network_input: normalised crops (B, 1, h, w) → input of a network.

    Attributes:
        networks: the trained networks.

    Raises:
        ModelError: if weights do not belong to the method.
    """

    def __init__(
        self, teachers: Sequence[Teacher], network_input: Callable[[Tensor], Tensor]
    ) -> None:
        self._network_input = network_input
        self.networks: list[nn.Module] = []
        for teacher in teachers:
            network = find_method(teacher.method).build(teacher.width)
            network.load_state_dict(read_weights(teacher.weights, network, teacher.sha256))
            self.networks.append(network.eval().requires_grad_(False))

    @torch.no_grad()
    def __call__(self, image: Tensor, step: int) -> Tensor:
        """Response (B, 1, h/4, w/4) of this step's teacher to crops (B, 1, h, w)."""
        network = self.networks[step % len(self.networks)]
        orientation = step // len(self.networks) % _ORIENTATIONS
        response: Tensor = network(self._network_input(turned(image, orientation)))
        return turned_back(response, orientation).float()


def turned(image: Tensor, orientation: int) -> Tensor:
    """``image`` (..., h, w) in one of its eight orientations, 0 to 7."""
    image = torch.rot90(image, orientation % 4, (-2, -1))
    return image.flip(-1) if orientation >= 4 else image


def turned_back(image: Tensor, orientation: int) -> Tensor:
    """Inverse of :func:`turned`."""
    image = image.flip(-1) if orientation >= 4 else image
    return torch.rot90(image, -orientation % 4, (-2, -1))
