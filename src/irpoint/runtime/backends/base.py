"""The interface of every backend: frames and their levels in, response maps out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np
import numpy.typing as npt

from irpoint.errors import ModelError, one_line
from irpoint.zoo import Model

Batch = npt.NDArray[np.float32]

# The inputs and outputs of every exported graph, by name.
FRAME, LEVELS = "frame", "levels"
RESPONSE, PEAKS = "response", "peaks"


class Backend(Protocol):
    """Runs one model. Threads may share a backend.

    Attributes:
        backend: name of the backend.
        precision: precision of its arithmetic, such as ``f32`` or ``bf16``.
    """

    backend: str
    precision: str

    def run(self, frames: Batch, levels: Batch) -> Batch:
        """Frames (B, 1, H, W) in counts, levels (B, 2) low and high → responses (B, h, w)."""


class GraphBackend(ABC):
    """A backend that runs an exported graph, with the checks and errors that all of them share.

    To add a backend, write a subclass in a new module and add a row to
    :data:`irpoint.runtime.backends.open.BACKENDS`.

    Args:
        model: graph and card.
        threads: CPU threads; 0 is all cores.

    Raises:
        ModelError: if the graph does not load.
    """

    backend: str
    precision: str

    def __init__(self, model: Model, threads: int = 0) -> None:
        self._name = model.card.name
        try:
            self._one_by_one = self._load(model, threads)
        except Exception as error:  # the exceptions of backends share no base class
            raise ModelError(f"model {self._name!r} does not load: {one_line(error)}") from error

    @staticmethod
    def is_fast() -> bool:
        """Whether the backend is fast on this processor."""
        return True

    @abstractmethod
    def _load(self, model: Model, threads: int) -> bool:
        """Load the graph.

        Returns:
            Whether the graph accepts one frame at a time only, because its kernels depend on the
            image.
        """

    @abstractmethod
    def _infer(self, frames: Batch, levels: Batch) -> Batch:
        """Responses (B, 1, h, w)."""

    def run(self, frames: Batch, levels: Batch) -> Batch:
        """Frames (B, 1, H, W) in counts, levels (B, 2) low and high → responses (B, h, w).

        Raises:
            ModelError: if the graph does not accept frames of this size, memory runs out, or a
                response is not finite.
        """
        try:
            response = self._responses(frames, levels)
        except Exception as error:  # the exceptions of backends share no base class
            size = f"{frames.shape[3]}×{frames.shape[2]}"
            raise ModelError(
                f"model {self._name!r} fails on {len(frames)} frame(s) of {size}: {one_line(error)}"
            ) from error
        if not np.isfinite(response).all():
            raise ModelError(f"model {self._name!r} returned NaN or infinite responses")
        return response[:, 0]

    def _responses(self, frames: Batch, levels: Batch) -> Batch:
        if not self._one_by_one or len(frames) == 1:
            return self._infer(frames, levels)
        parts = range(len(frames))
        return np.concatenate([self._infer(frames[i : i + 1], levels[i : i + 1]) for i in parts])
