"""Trained network → ONNX graph and card, checked against the network or not written at all."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from irpoint.errors import ModelError
from irpoint.files import write_whole
from irpoint.methods import Method
from irpoint.methods.blocks.deployed import Channels
from irpoint.zoo import ModelCard, digest

# What the three input channels are normalised with: ours bring 0..1 to −1..1, published weights
# were trained on ImageNet's statistics.
OURS: tuple[Channels, Channels] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
IMAGENET: tuple[Channels, Channels] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

_TOLERANCE = 1e-4
_HALF_TOLERANCE = 1e-3  # for weights that are stored with half the bits
_LEAST_STORED = 64  # values; smaller tensors are not worth a cast
_OPSET = 18


def native(network: nn.Module, image: Tensor, statistics: tuple[Channels, Channels]) -> Tensor:
    """The network as trained, on normalised frames (B, 1, H, W): what an export must equal."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in statistics)
    response: Tensor = network((image - mean) / deviation)
    return response


def export_onnx(
    network: nn.Module,
    method: Method,
    statistics: tuple[Channels, Channels] = OURS,
    *,
    half: bool = True,
) -> bytes:
    """The network as an ONNX graph: frame (B, 1, H, W), normalised, → response (B, 1, h, w).

    B is 1 where the method's kernels depend on the image.

    Weights are stored in ``half`` precision where that changes no response by more than 1e-3.

    Raises:
        ModelError: where the graph, in ONNX Runtime, differs from the network by more than 1e-4.
    """
    network = copy.deepcopy(network).eval()
    deployed = method.deploy(copy.deepcopy(network), *statistics).eval()
    graph = _graph(deployed, batches=not method.dynamic)
    difference = _difference(graph, network, statistics, batches=not method.dynamic)
    if not difference <= _TOLERANCE:
        raise ModelError(
            f"export differs from the network by {difference:.2g} (at most {_TOLERANCE:g}); "
            "nothing was written"
        )
    if not half:
        return graph
    smaller = _stored_in_half(graph)
    close = _difference(smaller, network, statistics, batches=not method.dynamic)
    return smaller if close <= _HALF_TOLERANCE else graph


def _graph(module: nn.Module, *, batches: bool) -> bytes:
    sizes = {2: "height", 3: "width"} | ({0: "batch"} if batches else {})
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        # The exporter reports each of its steps on standard output.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                (torch.rand(2 if batches else 1, 1, 64, 96),),
                input_names=["frame"],
                output_names=["response"],
                dynamic_shapes=(sizes,),
                opset_version=_OPSET,
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    assert program is not None
    model = program.model_proto
    _strip(model)
    return bytes(model.SerializeToString())


def _strip(model: onnx.ModelProto) -> None:
    """Take out the exporter's notes: source paths of this machine, stack traces, shapes."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    model.doc_string = model.graph.doc_string = ""
    for item in (*model.graph.node, *model.graph.input, *model.graph.output):
        item.doc_string = ""
        del item.metadata_props[:]


def _stored_in_half(graph: bytes) -> bytes:
    """The graph with its weights stored as float16; it computes in float32 as before."""
    model = onnx.load_model_from_string(graph)
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= _LEAST_STORED:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(
                helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT)
            )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return bytes(model.SerializeToString())


def _difference(
    graph: bytes, network: nn.Module, statistics: tuple[Channels, Channels], *, batches: bool
) -> float:
    """Largest difference between graph and network, over sizes, batches and values.

    In units of the response: absolute up to 1, where responses belong, relative above.
    """
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    largest = 0.0
    several = 3 if batches else 1
    for batch, height, width in ((1, 64, 64), (several, 52, 84), (1, 13, 21), (1, 256, 320)):
        image = 3 * torch.rand(batch, 1, height, width, generator=generator) - 1
        with torch.no_grad():
            wanted = native(network, image, statistics).numpy()
        response = session.run(None, {"frame": image.numpy()})[0]
        scale = max(1.0, float(np.abs(wanted).max()))
        largest = max(largest, float(np.abs(response - wanted).max()) / scale)
    return largest


def write_model(path: Path, graph: bytes, card: ModelCard) -> None:
    """Write ``path`` (.onnx) and the card beside it, the card with the graph's own sha256."""
    write_whole(path, graph)
    own = card.model_copy(update={"sha256": digest(graph)})
    write_whole(path.with_suffix(".json"), own.model_dump_json(indent=2) + "\n")
