"""A tiny model, frames with blobs for it, and a mark for tests of the shipped weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


def _blob_filter(side: int = 48, sigma: float = 4.0) -> np.ndarray:
    """A Gaussian less its mean: 0 on flat sky, about 1 on the blob of :func:`draw_blobs`."""
    offset = np.arange(side) - (side - 1) / 2
    bell = np.exp(-0.5 * (offset / sigma) ** 2)
    kernel = np.outer(bell, bell) / bell.sum() ** 2
    return (2.5 * (kernel - kernel.mean())).astype(np.float32)[None, None]


def tiny_graph() -> bytes:
    """An ONNX graph (B, 1, H, W), (B, 2) → (B, 1, H/4, W/4) that answers to bright blobs."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    edge = (48 - 4) // 2
    constants = [
        numpy_helper.from_array(np.array([0, 0, edge, edge] * 2, np.int64), "pads"),
        numpy_helper.from_array(_blob_filter(), "kernel"),
        numpy_helper.from_array(np.array([1, 1], np.int64), "halves"),
        numpy_helper.from_array(np.array([2, 3], np.int64), "sides"),
        numpy_helper.from_array(np.array([-1.0], np.float32), "least"),
        numpy_helper.from_array(np.array([5.0], np.float32), "most"),
    ]
    nodes = [
        helper.make_node("Split", ["levels", "halves"], ["low2", "high2"], axis=1),
        helper.make_node("Unsqueeze", ["low2", "sides"], ["low"]),
        helper.make_node("Unsqueeze", ["high2", "sides"], ["high"]),
        helper.make_node("Sub", ["frame", "low"], ["above"]),
        helper.make_node("Sub", ["high", "low"], ["span"]),
        helper.make_node("Div", ["above", "span"], ["scaled"]),
        helper.make_node("Max", ["scaled", "least"], ["raised"]),
        helper.make_node("Min", ["raised", "most"], ["normalised"]),
        helper.make_node("Pad", ["normalised", "pads"], ["padded"], mode="edge"),
        helper.make_node("Conv", ["padded", "kernel"], ["raw"], strides=[4, 4]),
        helper.make_node("Relu", ["raw"], ["response"]),
    ]
    graph = helper.make_graph(
        nodes,
        "blobs",
        [
            helper.make_tensor_value_info("frame", TensorProto.FLOAT, ["b", 1, "h", "w"]),
            helper.make_tensor_value_info("levels", TensorProto.FLOAT, ["b", 2]),
        ],
        [helper.make_tensor_value_info("response", TensorProto.FLOAT, ["b", 1, "i", "j"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def tiny_card(graph: bytes, **changes: Any) -> dict[str, Any]:
    """The card of :func:`tiny_graph` as JSON values, with ``changes``."""
    return {
        "name": "tiny", "method": "blob filter", "data": ["none"], "split": "train", "seed": None,
        "version": "0.1.0", "licence": "Apache-2.0", "parameters": 2304, "gmac_512": 0.038,
        "normalisation": "robust", "input_scale": "native", "resize": "half-pixel", "stride": 4,
        "map_offset": 1.5,
        "thresholds": {
            "default": 0.4, "chosen": "by hand", "false_alarms_per_mpx": {"1": 0.6, "0.1": None}
        },
        "metrics": {}, "sha256": hashlib.sha256(graph).hexdigest(),
    } | changes  # fmt: skip


def _ships() -> bool:
    import irpoint.zoo

    return "spire" in irpoint.zoo.model_names()


shipped_weights = pytest.mark.skipif(
    not _ships(), reason="src/irpoint/zoo/weights/spire.onnx is not there yet"
)


def write_moving_target(folder: Path, count: int, step: int) -> Path:
    """A new folder of ``count`` frames of a moving target, and a file that is no frame, 2b.png."""
    folder.mkdir()
    for k in range(count):
        Image.fromarray(draw_blobs([(20 + step * k, 40)], seed=k)).save(folder / f"{k}.png")
    (folder / "2b.png").write_bytes(b"no frame")
    return folder


def draw_blobs(
    xy: Sequence[tuple[float, float]], shape: tuple[int, int] = (96, 128), seed: int = 0
) -> np.ndarray:
    """uint8 (H, W): sky of 100 ± 4 counts with a Gaussian blob (σ 1.8 px, 70 counts) at each xy."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    frame = 100 + np.random.default_rng(seed).normal(0, 4, shape)
    for x, y in xy:
        frame += 70 * np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / 1.8**2)
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8)
