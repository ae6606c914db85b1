"""The ONNX Runtime backend, which every installation has."""

from __future__ import annotations

import onnxruntime

from irpoint.runtime.backends.base import FRAME, LEVELS, RESPONSE, Batch, GraphBackend
from irpoint.runtime.backends.prune import keep_output
from irpoint.zoo import Model


class OnnxRuntimeBackend(GraphBackend):
    """A model in ONNX Runtime, float32."""

    backend, precision = "onnxruntime", "f32"

    def _load(self, model: Model, threads: int) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Without the peaks output, since irpoint decodes the response itself.
        self._session = onnxruntime.InferenceSession(
            keep_output(model.graph, RESPONSE), options, providers=["CPUExecutionProvider"]
        )
        shapes = {entry.name: entry.shape for entry in self._session.get_inputs()}
        return bool(shapes.get(FRAME, [1])[0] == 1)

    def _infer(self, frames: Batch, levels: Batch) -> Batch:
        response: Batch = self._session.run([RESPONSE], {FRAME: frames, LEVELS: levels})[0]
        return response
