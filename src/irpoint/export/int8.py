"""A model in 8 bits (extra ``int8``): quantised after training, with what that costs and gains.

Only dense convolutions with many fixed weights are quantised: they take nearly all of the time. In
8 bits the small ones would not become faster, and each costs accuracy; the frame itself, whose dim
targets a step of 1/40 of the sky's range would swallow, and the response stay as they are.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, ModelError
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.export.openvino import write_openvino
from irpoint.frames import read_frame
from irpoint.runtime.backends.base import Batch
from irpoint.runtime.backends.openvino import (
    OpenVinoBackend,
    Precision,
    has_bfloat16,
    in_unit_range,
    read_graph,
)
from irpoint.runtime.detector import Detector, Prepared
from irpoint.zoo import Model, digest

_CALIBRATION = 100  # frames
_LEAST_WEIGHTS = 2000
_LEAST_CHANNELS = 16
_SIDE = 512
_RUNS = 25
_MOST_LOST = 0.01  # of F1, where 8 bits can still be recommended


@dataclass(frozen=True)
class Rated:
    """A precision: F1 on the validation frames, the network's milliseconds at 512² (median)."""

    f1: float
    ms: float


@dataclass(frozen=True)
class Int8:
    """Where the model is, and how it and the precisions of its original did in the same run."""

    path: Path
    rated: dict[str, Rated]

    @property
    def verdict(self) -> str:
        """Whether it is worth having here, in one line."""
        own = self.rated["int8"]
        name, best = min(
            ((name, rated) for name, rated in self.rated.items() if name != "int8"),
            key=lambda item: item[1].ms,
        )
        lost = best.f1 - own.f1
        said = (
            f"{own.ms:.1f} ms against {best.ms:.1f} in {name}, "
            f"F1 {'lower' if lost > 0 else 'higher'} by {100 * abs(lost):.1f} points"
        )
        if own.ms >= best.ms:
            return f"not recommended, int8 is slower here: {said}"
        if lost > _MOST_LOST:
            return f"not recommended, int8 finds less: {said}"
        return f"int8 is faster here: {said}"


def to_int8(
    model: Model,
    train: Sequence[LabelledFrame],
    val: Sequence[LabelledFrame],
    folder: Path,
    threads: int = 0,
) -> Int8:
    """Quantise a model, write ``model.xml``, ``model.bin`` and a card, and measure it.

    Args:
        model: what is quantised.
        train: frames whose activations set the ranges; a hundred of them, evenly spread, are read.
        val: frames on which F1 is measured, at the threshold on the card.
        folder: where to write; inputs and outputs are those of the ONNX graph.
        threads: CPU threads while measuring; all cores where 0.

    Raises:
        ModelError: where the model is a filter, or no layer of it is worth quantising.
        DatasetError: where ``train`` or ``val`` is empty.
    """
    if model.card.is_filter:
        raise ModelError(f"model {model.card.name!r} is a filter: there is no graph to export")
    if not train or not val:
        raise DatasetError("int8 needs frames of the splits train, to set ranges, and val")
    chosen = train[:: -(-len(train) // _CALIBRATION)]
    detector = Detector(model, backend="onnxruntime")
    pictures = (detector.prepare(read_frame(frame.image)) for frame in chosen)
    frames = [in_unit_range(*_batch(prepared)) for prepared in pictures]
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
            "note": f"8 bits, ranges from {len(chosen)} training frames; weights of {names}. "
            f"{model.card.note}".strip(),
        }
    )
    quantised = Model(card, graph, weights)
    rated = _rate(model, quantised, val, threads)
    return Int8(write_openvino(quantised, folder), rated)


def _quantised(model: Model, frames: list[dict[str, Any]]) -> openvino.Model:
    import nncf

    nncf.set_log_level(logging.ERROR)
    graph = read_graph(model)
    nodes = graph.get_ordered_ops()
    chosen = {node.get_friendly_name() for node in nodes if _is_worth_it(node)}
    if not chosen:
        raise ModelError(f"model {model.card.name!r}: no layer of it is worth 8 bits")
    rest = [
        node.get_friendly_name()
        for node in nodes
        if node.get_type_name() not in ("Constant", "Parameter", "Result", "Concat", "Relu")
    ]
    with contextlib.redirect_stdout(io.StringIO()):  # its progress bars
        return nncf.quantize(
            graph,
            nncf.Dataset(frames),
            subset_size=len(frames),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(names=[n for n in rest if n not in chosen]),
        )


def _is_worth_it(node: openvino.Node) -> bool:
    if node.get_type_name() != "Convolution":
        return False
    source = node.input_value(1).get_node()
    while source.get_type_name() in ("Convert", "Reshape"):
        source = source.input_value(0).get_node()
    shape = node.input_value(1).partial_shape
    if source.get_type_name() != "Constant" or shape.is_dynamic:
        return False
    sizes = list(shape.to_shape())
    return bool(sizes[1] >= _LEAST_CHANNELS and np.prod(sizes) >= _LEAST_WEIGHTS)


def _rate(
    model: Model, quantised: Model, val: Sequence[LabelledFrame], threads: int
) -> dict[str, Rated]:
    """Both models on the same frames, in turns, so that a slow moment slows all of them."""
    precisions: list[Precision] = ["f32", "bf16"] if has_bfloat16() else ["f32"]
    rivals: dict[str, OpenVinoBackend] = {
        name: OpenVinoBackend(model, threads, name) for name in precisions
    }
    rivals["int8"] = OpenVinoBackend(quantised, threads)
    detector = Detector(model, backend="onnxruntime")
    judged: dict[str, list[EvaluatedFrame]] = {name: [] for name in rivals}
    for frame in val:
        prepared = detector.prepare(read_frame(frame.image))
        for name, session in rivals.items():
            response = session.run(*_batch(prepared))[0]
            points = detector.locate(response, prepared)
            judged[name].append(EvaluatedFrame.of(frame, points))
    picture = np.random.default_rng(0).random((1, 1, _SIDE, _SIDE), np.float32)
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(_RUNS):
        for name, session in rivals.items():
            start = time.perf_counter()
            session.run(picture, np.array([[0, 1]], np.float32))
            taken[name].append(1e3 * (time.perf_counter() - start))
    return {
        name: Rated(evaluate(judged[name]).f1, float(np.median(taken[name]))) for name in rivals
    }


def _batch(prepared: Prepared) -> tuple[Batch, Batch]:
    return prepared.image[None, None], np.array([prepared.levels], np.float32)
