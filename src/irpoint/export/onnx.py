"""Trained network → ONNX graph, written only if ONNX Runtime reproduces the network's response."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnx.compose
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from irpoint.errors import ModelError
from irpoint.methods import Method
from irpoint.methods.blocks.deployed import OURS, FromCounts, Statistics
from irpoint.methods.blocks.peaks import PeakMaps
from irpoint.runtime.backends.base import FRAME, LEVELS, PEAKS, RESPONSE
from irpoint.system.atomic import atomic_write
from irpoint.zoo import ModelCard, digest

TOLERANCE = 1e-4  # maximum difference of an exported graph from its network
HALF_TOLERANCE = 1e-3  # the same, for weights stored in half precision
_MIN_STORED = 64  # number of values; smaller tensors stay in float32
_OPSET = 18


def native(network: nn.Module, image: Tensor, statistics: Statistics) -> Tensor:
    """Response of the trained network to normalised frames (B, 1, H, W); exports must equal it."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in statistics)
    response: Tensor = network((image - mean) / deviation)
    return response


def export_onnx(
    network: nn.Module,
    method: Method,
    statistics: Statistics = OURS,
    *,
    map_offset: float | None = None,
    half: bool = True,
) -> bytes:
    """Export a network as an ONNX graph that accepts frames in counts and returns peaks.

    Inputs are ``frame`` (B, 1, H, W) float32 and ``levels`` (B, 2), low and high. Outputs are
    ``response`` (B, 1, h, w) and ``peaks`` (B, 3, h, w): score, x and y. B is always 1 if the
    method's kernels depend on the image.

    Args:
        network: trained network; it is not modified.
        method: method of the network.
        statistics: mean and deviation that its input was normalised with.
        map_offset: network pixel of response cell 0; None for the centre of the cell.
        half: store weights in half precision if no response changes by more than 1e-3.

    Raises:
        ModelError: if the response in ONNX Runtime differs from the network's by more than 1e-4.
    """
    network = copy.deepcopy(network).eval()
    offset = (method.stride - 1) / 2 if map_offset is None else map_offset
    deployed = method.deploy(copy.deepcopy(network), *statistics)
    graph = trace(deployed, method.stride, offset, batches=not method.dynamic)
    difference = _difference(graph, network, statistics, batches=not method.dynamic)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"exported graph differs from the network by {difference:.2g}, more than the allowed "
            f"{TOLERANCE:g}; nothing was written"
        )
    if not half:
        return graph
    smaller = _stored_in_half(graph)
    close = _difference(smaller, network, statistics, batches=not method.dynamic)
    return smaller if close <= HALF_TOLERANCE else graph


def trace(deployed: nn.Module, stride: int, map_offset: float, *, batches: bool) -> bytes:
    """ONNX graph of frames in counts and levels → response and peaks, for frames of any size.

    Args:
        deployed: module for frames in which ``low`` is 0 and ``high`` is 1.
        stride: network pixels per cell of the response.
        map_offset: network pixel of cell 0.
        batches: whether B is free; otherwise it is 1.
    """
    several = {0: "batch"} if batches else {}
    count = 2 if batches else 1
    inputs = {
        FRAME: (torch.rand(count, 1, 64, 96), {2: "height", 3: "width"} | several),
        LEVELS: (torch.tensor([[0.0, 1.0]] * count), several),
    }
    response = _traced(FromCounts(deployed), inputs, RESPONSE)
    return _joined(response, _decoder(stride, map_offset))


def _joined(network: bytes, decoding: bytes) -> bytes:
    """The graph of a response, with the decoder's peaks as its second output."""
    model, decoder = map(onnx.load_model_from_string, (network, decoding))
    for item in decoder.opset_import:
        if item.domain not in {known.domain for known in model.opset_import}:
            model.opset_import.append(item)
    model.graph.node.extend(decoder.graph.node)
    model.graph.initializer.extend(decoder.graph.initializer)
    (response,), (peaks,) = model.graph.output, decoder.graph.output
    for axis in (0, 2, 3):  # a cell of the peaks is one of the response
        peaks.type.tensor_type.shape.dim[axis].CopyFrom(response.type.tensor_type.shape.dim[axis])
    model.graph.output.append(peaks)
    return bytes(model.SerializeToString())


@cache
def _decoder(stride: int, map_offset: float) -> bytes:
    """ONNX graph response → peaks. It is the same for every network, and its trace takes long."""
    cells = {RESPONSE: (torch.zeros(2, 1, 16, 24), {0: "batch", 2: "rows", 3: "columns"})}
    model = onnx.load_model_from_string(_traced(PeakMaps(stride, map_offset), cells, PEAKS))
    # Prefixes keep its names apart from those of the network.
    return bytes(
        onnx.compose.add_prefix(
            model, "decoder/", rename_inputs=False, rename_outputs=False
        ).SerializeToString()
    )


def _traced(
    module: nn.Module, inputs: dict[str, tuple[Tensor, dict[int, str]]], output: str
) -> bytes:
    """ONNX graph of a module.

    Args:
        module: takes the inputs in their order, and returns one tensor.
        inputs: an example of each input by its name, and the names of its free dimensions.
        output: name of the output.
    """
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        # The exporter prints each of its steps to standard output.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module.eval(),
                tuple(example for example, _ in inputs.values()),
                input_names=list(inputs),
                output_names=[output],
                dynamic_shapes=tuple(free for _, free in inputs.values()),
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
    """Remove the exporter's notes: source paths of this machine, stack traces and shapes."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    model.doc_string = model.graph.doc_string = ""
    for item in (*model.graph.node, *model.graph.input, *model.graph.output):
        item.doc_string = ""
        del item.metadata_props[:]


def _stored_in_half(graph: bytes) -> bytes:
    """The graph with weights stored as float16; it still computes in float32."""
    model = onnx.load_model_from_string(graph)
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= _MIN_STORED:
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
    graph: bytes, network: nn.Module, statistics: Statistics, *, batches: bool
) -> float:
    """Largest difference of the responses over several sizes, batches, values and levels.

    The difference is absolute for responses up to 1 and relative above.
    """
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    largest = 0.0
    several = 3 if batches else 1
    for batch, height, width in ((1, 64, 64), (several, 52, 84), (1, 13, 21), (1, 256, 320)):
        image = 3 * torch.rand(batch, 1, height, width, generator=generator) - 1
        with torch.no_grad():
            wanted = native(network, image, statistics).numpy()
        low = torch.randint(0, 1000, (batch, 1, 1, 1), generator=generator).float()
        span = torch.randint(16, 400, (batch, 1, 1, 1), generator=generator).float()
        levels = torch.cat([low, low + span], dim=1)[:, :, 0, 0]
        counts = {FRAME: (low + span * image).numpy(), LEVELS: levels.numpy()}
        response = session.run([RESPONSE], counts)[0]
        scale = max(1.0, float(np.abs(wanted).max()))
        largest = max(largest, float(np.abs(response - wanted).max()) / scale)
    return largest


def write_model(path: Path, graph: bytes, card: ModelCard) -> None:
    """Write ``path`` (.onnx) and its card, to which the graph's sha256 is added."""
    atomic_write(path, graph)
    final = card.model_copy(update={"sha256": digest(graph)})
    atomic_write(path.with_suffix(".json"), final.model_dump_json(indent=2) + "\n")
