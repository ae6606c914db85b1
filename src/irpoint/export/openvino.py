"""Write a model in the format of OpenVINO, for programs that run it without irpoint."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import openvino

from irpoint.errors import ModelError
from irpoint.runtime.backends.base import FRAME, LEVELS, RESPONSE
from irpoint.runtime.backends.onnxruntime import OnnxRuntimeBackend
from irpoint.runtime.backends.openvino import core
from irpoint.system.atomic import atomic_write
from irpoint.zoo import Model, card_path, digest

TOLERANCE = 1e-3  # weights are stored in half precision
_SIZES = ((64, 64), (52, 84), (256, 320))


def to_openvino(model: Model, folder: Path) -> Path:
    """Write ``model.xml``, ``model.bin`` and the card into ``folder``.

    Inputs and outputs are those of the ONNX graph.

    Returns:
        Path of ``model.xml``.

    Raises:
        ModelError: if the model is a filter or is already in this format, or if its response in
            OpenVINO (float32) differs from that in ONNX Runtime by more than 1e-3. Nothing is
            written then.
    """
    check_exportable(model)
    if model.weights:
        raise ModelError(f"model {model.card.name!r} is already in OpenVINO's format")
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "model.xml"
        openvino.save_model(core().read_model(model.graph), draft, compress_to_fp16=True)
        difference = _difference(model, core().read_model(draft))
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the response in OpenVINO differs by {difference:.2g}, more than the allowed "
                f"{TOLERANCE:g}; nothing was written"
            )
        graph, weights = draft.read_bytes(), draft.with_suffix(".bin").read_bytes()
    card = model.card.model_copy(update={"sha256": digest(graph + weights)})
    return write_openvino(Model(card, graph, weights), folder)


def check_exportable(model: Model) -> None:
    """Check that a model has a graph.

    Raises:
        ModelError: if it is a filter.
    """
    if model.card.is_filter:
        raise ModelError(f"model {model.card.name!r} is a filter: it has no graph to export")


def write_openvino(model: Model, folder: Path) -> Path:
    """Write a model in OpenVINO's format and its card; returns the path of ``model.xml``."""
    path = folder / "model.xml"
    atomic_write(path.with_suffix(".bin"), model.weights)
    atomic_write(path, model.graph)
    atomic_write(card_path(path), model.card.model_dump_json(indent=2) + "\n")
    return path


def _difference(model: Model, graph: openvino.Model) -> float:
    """Largest difference of the responses: absolute up to 1, relative above."""
    compiled = core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    backend, rng, largest = OnnxRuntimeBackend(model), np.random.default_rng(0), 0.0
    for height, width in _SIZES:
        frames = rng.integers(7000, 8000, (1, 1, height, width)).astype(np.float32)
        levels = np.array([[7300, 7600]], np.float32)
        wanted = backend.run(frames, levels)
        response = compiled({FRAME: frames, LEVELS: levels})[RESPONSE][:, 0]
        scale = max(1.0, float(np.abs(wanted).max()))
        largest = max(largest, float(np.abs(response - wanted).max()) / scale)
    return largest
