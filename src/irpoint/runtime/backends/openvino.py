"""The OpenVINO backend (extra ``openvino``), much faster on processors that have bfloat16."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
import openvino

from irpoint.runtime.backends.base import FRAME, LEVELS, RESPONSE, Batch, GraphBackend
from irpoint.zoo import Model

Precision = Literal["bf16", "f32"]


@cache
def core() -> openvino.Core:
    """The one OpenVINO core of the process, which is kept until the process ends.

    Each core gives the thread that first uses it a new signal stack, and restores the previous
    stack when it is destroyed. If two cores are destroyed in the order of their creation, the
    second restores a stack that the first has freed, and the next signal (Ctrl-C, or a child that
    ends) crashes the process.
    """
    return openvino.Core()


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def read_graph(model: Model) -> openvino.Model:
    """The graph of a model, in ONNX or in the format of OpenVINO."""
    return core().read_model(model.graph, model.weights or b"")


def in_unit_range(frames: Batch, levels: Batch) -> dict[str, Batch]:
    """Inputs of the graph, with the levels at 0 and 1.

    The counts of a 14-bit camera do not fit into bfloat16, so the levels are subtracted in
    float32 before the graph.

    Args:
        frames: (B, 1, H, W) in counts.
        levels: (B, 2), low and high.
    """
    low, high = (levels[:, i, None, None, None] for i in (0, 1))
    return {FRAME: (frames - low) / (high - low), LEVELS: np.full_like(levels, (0, 1))}


class OpenVinoBackend(GraphBackend):
    """A model in OpenVINO.

    Args:
        model: graph and card.
        threads: CPU threads; 0 is all cores.
        precision: precision of the network, except for layers quantised to 8 bits; None is
            bfloat16 if the processor has it, else float32.

    Raises:
        ModelError: if the graph does not load.
    """

    backend = "openvino"

    def __init__(self, model: Model, threads: int = 0, precision: Precision | None = None) -> None:
        self.precision: str = precision or ("bf16" if has_bfloat16() else "f32")
        super().__init__(model, threads)

    @staticmethod
    def is_fast() -> bool:
        return has_bfloat16()  # in float32, ONNX Runtime is faster

    def _load(self, model: Model, threads: int) -> bool:
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self.precision,
        }
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        exported = read_graph(model)
        # Without the peaks output, since irpoint decodes the response itself.
        graph = openvino.Model(
            [exported.output(RESPONSE).get_node().input_value(0)],
            exported.get_parameters(),
            model.card.name,
        )
        if any(node.get_type_name() == "FakeQuantize" for node in graph.get_ops()):
            self.precision = "int8"
        self._compiled = core().compile_model(graph, "CPU", settings)
        # A request can serve only one call at a time, so concurrent calls use different requests.
        self._idle_requests = [self._compiled.create_infer_request()]
        return bool(graph.input(FRAME).partial_shape[0] == openvino.Dimension(1))

    def _infer(self, frames: Batch, levels: Batch) -> Batch:
        try:
            request = self._idle_requests.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        try:
            response: Batch = request.infer(in_unit_range(frames, levels), share_inputs=True)[0]
        finally:
            self._idle_requests.append(request)
        return response
