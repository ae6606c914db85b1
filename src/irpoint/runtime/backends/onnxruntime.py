"""ONNX Runtime, part of every installation."""

from __future__ import annotations

import onnxruntime

from irpoint.runtime.backends.base import (
    FRAME,
    LEVELS,
    RESPONSE,
    Batch,
    GraphBackend,
    does_not_load,
)
from irpoint.zoo import Model


class OnnxRuntimeBackend(GraphBackend):
    """A model in ONNX Runtime, float32.

    Args:
        model: graph and card.
        threads: CPU threads; 0 is all cores.

    Raises:
        ModelError: if the graph does not load.
    """

    backend, precision = "onnxruntime", "f32"

    def __init__(self, model: Model, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                model.graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the exceptions of onnxruntime share no base class
            raise does_not_load(model, error) from error
        shapes = {entry.name: entry.shape for entry in self._session.get_inputs()}
        super().__init__(model.card.name, one_by_one=shapes.get(FRAME, [1])[0] == 1)

    def _infer(self, frames: Batch, levels: Batch) -> Batch:
        response: Batch = self._session.run([RESPONSE], {FRAME: frames, LEVELS: levels})[0]
        return response
