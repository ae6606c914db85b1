"""OpenVINO (extra ``openvino``): in bfloat16 where the processor has it, twice as fast or more."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
import openvino

from irpoint.runtime.backends.base import (
    FRAME,
    LEVELS,
    RESPONSE,
    Batch,
    GraphSession,
    does_not_load,
)
from irpoint.zoo import Model

Precision = Literal["bf16", "f32"]


@cache
def core() -> openvino.Core:
    """OpenVINO itself: one for the whole process, which keeps it until the end.

    Each core gives the thread that first uses it another stack for signals, and puts back the one
    before when it goes. Of two that go in the order in which they came, the second puts back what
    the first has freed, and the next signal, Ctrl-C or the end of a child, ends the process.
    """
    return openvino.Core()


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def read_graph(model: Model) -> openvino.Model:
    """The graph of a model, an ONNX one or OpenVINO's own."""
    return core().read_model(model.graph, model.weights or b"")


def in_unit_range(frames: Batch, levels: Batch) -> dict[str, Batch]:
    """Frames (B, 1, H, W) in counts, levels (B, 2) → what the graph is given, levels at 0 and 1.

    The counts of a 14-bit camera are too fine for bfloat16, so the levels come off before.
    """
    low, high = (levels[:, i, None, None, None] for i in (0, 1))
    return {FRAME: (frames - low) / (high - low), LEVELS: np.full_like(levels, (0, 1))}


class OpenVinoSession(GraphSession):
    """A model in OpenVINO.

    Args:
        model: graph and card.
        threads: CPU threads; all cores where 0.
        precision: of the network's arithmetic, but for layers in 8 bits; bfloat16 where the
            processor has it if None.

    Raises:
        ModelError: where the graph does not load.
    """

    backend = "openvino"

    def __init__(self, model: Model, threads: int = 0, precision: Precision | None = None) -> None:
        self.precision: str = precision or ("bf16" if has_bfloat16() else "f32")
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self.precision,
        }
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        try:
            whole = read_graph(model)
            # Without the peaks: the decoder finds them.
            graph = openvino.Model(
                [whole.output(RESPONSE).get_node().input_value(0)],
                whole.get_parameters(),
                model.card.name,
            )
            if any(node.get_type_name() == "FakeQuantize" for node in graph.get_ops()):
                self.precision = "int8"
            self._request = core().compile_model(graph, "CPU", settings).create_infer_request()
        except Exception as error:  # openvino's own exceptions share no base class
            raise does_not_load(model, error) from error
        frames = graph.input(FRAME).partial_shape
        super().__init__(model.card.name, one_by_one=frames[0] == openvino.Dimension(1))

    def _answer(self, frames: Batch, levels: Batch) -> Batch:
        response: Batch = self._request.infer(in_unit_range(frames, levels), share_inputs=True)[0]
        return response
