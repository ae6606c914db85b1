"""A model quantised to 8 bits (extra ``int8``), with its cost in F1 and its gain in time.

Only dense convolutions with many fixed weights are quantised, because they account for nearly all
of the time. Small ones would not become faster, and each would reduce accuracy. The input and the
response keep full precision, because the contrast of a dim target may be less than one of 256 steps
of the frame's range.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, ModelError
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.export.openvino import check_exportable, write_openvino
from irpoint.runtime.backends.base import Batch
from irpoint.runtime.backends.openvino import (
    OpenVinoBackend,
    Precision,
    has_bfloat16,
    in_unit_range,
    read_graph,
)
from irpoint.runtime.detector import Detector
from irpoint.runtime.prepared import Prepared
from irpoint.zoo import Model, digest

_CALIBRATION_FRAMES = 100
_MIN_WEIGHTS = 2000
_MIN_CHANNELS = 16
_SIDE = 512
RUNS = 25
_MAX_LOSS = 0.01  # maximum loss of F1 at which 8 bits are recommended

Backends = Mapping[str, OpenVinoBackend]


@dataclass(frozen=True)
class PrecisionFigures:
    """Figures of one precision: F1 on the validation frames, median network time at 512²."""

    f1: float
    ms: float


@dataclass(frozen=True)
class Int8:
    """A quantised model.

    Attributes:
        path: path of ``model.xml``.
        figures: figures of ``int8`` and of the original's precisions, measured together.
    """

    path: Path
    figures: dict[str, PrecisionFigures]

    @property
    def verdict(self) -> str:
        """Whether the quantised model is recommended on this machine, in one line."""
        int8 = self.figures["int8"]
        name, best = min(
            ((name, other) for name, other in self.figures.items() if name != "int8"),
            key=lambda item: item[1].ms,
        )
        lost = best.f1 - int8.f1
        comparison = (
            f"{int8.ms:.1f} ms against {best.ms:.1f} in {name}, "
            f"F1 {'lower' if lost > 0 else 'higher'} by {100 * abs(lost):.1f} points"
        )
        if int8.ms >= best.ms:
            return f"not recommended, int8 is slower here: {comparison}"
        if lost > _MAX_LOSS:
            return f"not recommended, int8 is less accurate: {comparison}"
        return f"int8 is faster here: {comparison}"


def to_int8(
    model: Model,
    train: Sequence[LabelledFrame],
    val: Sequence[LabelledFrame],
    folder: Path,
    threads: int = 0,
) -> Int8:
    """Quantise a model, write ``model.xml``, ``model.bin`` and a card, and measure it.

    Args:
        model: model to quantise.
        train: frames that determine the ranges of activations; up to a hundred, evenly spread.
        val: frames on which F1 is measured, at the threshold of the card.
        folder: folder to write to. Inputs and outputs are those of the ONNX graph.
        threads: CPU threads while measuring; 0 for all cores.

    Raises:
        ModelError: if the model is a filter, or none of its layers is large enough for 8 bits.
        DatasetError: if ``train`` or ``val`` is empty, or ``val`` has no target.
    """
    check_exportable(model)
    if not train or not val:
        raise DatasetError(
            "int8 needs frames of the splits train, to determine ranges, and val, to measure F1"
        )
    if not any(len(frame.points) for frame in val):
        raise DatasetError(
            "int8 needs targets in the split val, to measure F1; choose other lists or datasets"
        )
    chosen = train[:: -(-len(train) // _CALIBRATION_FRAMES)]
    detector = Detector(model, backend="onnxruntime")
    prepared_frames = (detector.prepare(frame.read()) for frame in chosen)
    frames = [in_unit_range(*_batch(prepared)) for prepared in prepared_frames]
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "model.xml"
        openvino.save_model(_quantised(model, frames), draft, compress_to_fp16=True)
        graph, weights = draft.read_bytes(), draft.with_suffix(".bin").read_bytes()
    names = ", ".join(model.card.data) or "unknown data"
    card = model.card.model_copy(
        update={
            "name": f"{model.card.name}-int8",
            "sha256": digest(graph + weights),
            "metrics": {},
            "simulated_recall": None,
            "note": f"8 bits, ranges from {len(chosen)} training frames; weights of {names}. "
            f"{model.card.note}".strip(),
        }
    )
    quantised = Model(card, graph, weights)
    backends = _backends(model, quantised, threads)
    f1, ms = _f1(backends, detector, val), _milliseconds(backends)
    figures = {name: PrecisionFigures(f1[name], ms[name]) for name in backends}
    return Int8(write_openvino(quantised, folder), figures)


def _quantised(model: Model, frames: list[dict[str, Any]]) -> openvino.Model:
    import nncf

    nncf.set_log_level(logging.ERROR)
    graph = read_graph(model)
    nodes = graph.get_ordered_ops()
    chosen = {node.get_friendly_name() for node in nodes if _is_quantisable(node)}
    if not chosen:
        raise ModelError(f"model {model.card.name!r}: no layer is large enough for 8 bits")
    rest = [
        node.get_friendly_name()
        for node in nodes
        if node.get_type_name() not in ("Constant", "Parameter", "Result", "Concat", "Relu")
    ]
    with contextlib.redirect_stdout(io.StringIO()):  # progress bars
        return nncf.quantize(
            graph,
            nncf.Dataset(frames),
            subset_size=len(frames),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(names=[n for n in rest if n not in chosen]),
        )


def _is_quantisable(node: openvino.Node) -> bool:
    """Whether a node is a dense convolution with many fixed weights."""
    if node.get_type_name() != "Convolution":
        return False
    source = node.input_value(1).get_node()
    while source.get_type_name() in ("Convert", "Reshape"):
        source = source.input_value(0).get_node()
    shape = node.input_value(1).partial_shape
    if source.get_type_name() != "Constant" or shape.is_dynamic:
        return False
    sizes = list(shape.to_shape())
    return bool(sizes[1] >= _MIN_CHANNELS and np.prod(sizes) >= _MIN_WEIGHTS)


def _backends(model: Model, quantised: Model, threads: int) -> Backends:
    """The original in every precision that this machine supports, and the quantised model."""
    precisions: list[Precision] = ["f32", "bf16"] if has_bfloat16() else ["f32"]
    originals = {name: OpenVinoBackend(model, threads, name) for name in precisions}
    return originals | {"int8": OpenVinoBackend(quantised, threads)}


def _f1(backends: Backends, detector: Detector, val: Sequence[LabelledFrame]) -> dict[str, float]:
    """F1 of every backend; each frame is read and prepared once."""
    evaluated: dict[str, list[EvaluatedFrame]] = {name: [] for name in backends}
    for frame in val:
        prepared = detector.prepare(frame.read())
        for name, backend in backends.items():
            points = detector.locate(backend.run(*_batch(prepared))[0], prepared)
            evaluated[name].append(EvaluatedFrame.of(frame, points))
    return {name: evaluate(frames).f1 for name, frames in evaluated.items()}


def _milliseconds(backends: Backends) -> dict[str, float]:
    """Median network time of every backend. Backends alternate, so that load affects all alike."""
    image = np.random.default_rng(0).random((1, 1, _SIDE, _SIDE), np.float32)
    times: dict[str, list[float]] = {name: [] for name in backends}
    for _ in range(RUNS):
        for name, backend in backends.items():
            start = time.perf_counter()
            backend.run(image, np.array([[0, 1]], np.float32))
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: float(np.median(measured)) for name, measured in times.items()}


def _batch(prepared: Prepared) -> tuple[Batch, Batch]:
    return prepared.image[None, None], np.array([prepared.levels], np.float32)
