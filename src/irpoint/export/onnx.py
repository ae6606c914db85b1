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
from irpoint.methods import Method
from irpoint.methods.blocks.deployed import Channels, FromCounts
from irpoint.methods.blocks.peaks import PeakMaps
from irpoint.runtime.backends.base import FRAME, LEVELS, PEAKS, RESPONSE
from irpoint.system.atomic import atomic_write
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
    map_offset: float | None = None,
    half: bool = True,
) -> bytes:
    """The network as an ONNX graph that takes frames in counts and gives peaks.

    ``frame`` (B, 1, H, W) float32, ``levels`` (B, 2) low and high → ``response`` (B, 1, h, w),
    ``peaks`` (B, 3, h, w) score, x and y. B is 1 where the method's kernels depend on the image.

    Weights are stored in ``half`` precision where that changes no response by more than 1e-3.

    Args:
        network: trained; left as it is.
        method: that it belongs to.
        statistics: what its input was normalised with.
        map_offset: network pixel of response cell 0; the middle of the cell where None.
        half: False keeps every weight as it is.

    Raises:
        ModelError: where the graph, in ONNX Runtime, differs from the network by more than 1e-4.
    """
    network = copy.deepcopy(network).eval()
    offset = (method.stride - 1) / 2 if map_offset is None else map_offset
    deployed = method.deploy(copy.deepcopy(network), *statistics)
    exported = FromCounts(deployed, PeakMaps(method.stride, offset)).eval()
    graph = _graph(exported, batches=not method.dynamic)
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
    several = {0: "batch"} if batches else {}
    sizes = {2: "height", 3: "width"} | several
    count = 2 if batches else 1
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        # The exporter reports each of its steps on standard output.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                (torch.rand(count, 1, 64, 96), torch.tensor([[0.0, 1.0]] * count)),
                input_names=[FRAME, LEVELS],
                output_names=[RESPONSE, PEAKS],
                dynamic_shapes=(sizes, several),
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
    """Largest difference between graph and network, over sizes, batches, values and levels.

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
        low = torch.randint(0, 1000, (batch, 1, 1, 1), generator=generator).float()
        span = torch.randint(16, 400, (batch, 1, 1, 1), generator=generator).float()
        levels = torch.cat([low, low + span], dim=1)[:, :, 0, 0]
        counts = {FRAME: (low + span * image).numpy(), LEVELS: levels.numpy()}
        response = session.run([RESPONSE], counts)[0]
        scale = max(1.0, float(np.abs(wanted).max()))
        largest = max(largest, float(np.abs(response - wanted).max()) / scale)
    return largest


def write_model(path: Path, graph: bytes, card: ModelCard) -> None:
    """Write ``path`` (.onnx) and the card beside it, the card with the graph's own sha256."""
    atomic_write(path, graph)
    own = card.model_copy(update={"sha256": digest(graph)})
    atomic_write(path.with_suffix(".json"), own.model_dump_json(indent=2) + "\n")
