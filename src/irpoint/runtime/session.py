"""ONNX Runtime behind one small interface: normalised frames in, response maps out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime

from irpoint.errors import ModelError
from irpoint.zoo import Model

Batch = npt.NDArray[np.float32]


class Session:
    """An ONNX graph, ready to run.

    Args:
        model: graph and card.
        threads: CPU threads; all cores where 0.
    """

    def __init__(self, model: Model, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                model.graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(f"model {model.card.name!r} does not load: {_line(error)}") from error
        self._input = self._session.get_inputs()[0].name
        self._name = model.card.name

    def run(self, frames: Batch) -> Batch:
        """Normalised frames (B, 1, H, W) → responses (B, h, w).

        Raises:
            ModelError: where the graph does not take frames of this size, memory runs out, or a
                response is not finite.
        """
        try:
            response: Batch = self._session.run(None, {self._input: frames})[0]
        except Exception as error:
            size = f"{frames.shape[3]}×{frames.shape[2]}"
            raise ModelError(
                f"model {self._name!r} fails on {len(frames)} frame(s) of {size}: {_line(error)}"
            ) from error
        if not np.isfinite(response).all():
            raise ModelError(f"model {self._name!r} gives responses that are not finite")
        return response[:, 0]


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
