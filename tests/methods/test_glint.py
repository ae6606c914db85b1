"""glint: no cell sees beyond its halo, tiles equal the whole, one convolution per layer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from irpoint.decoding.peaks import decode
from irpoint.methods import METHODS
from irpoint.methods.blocks.deployed import OURS
from irpoint.methods.count import parameters
from irpoint.methods.glint.network import COARSEST
from irpoint.runtime.backends.base import Batch, GraphBackend
from irpoint.runtime.backends.open import BACKENDS
from irpoint.runtime.tiling import respond_in_tiles
from irpoint.zoo import Model, ModelCard
from support.models import tiny_card
from support.networks import random_network

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.xdist_group("export")]
needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="OpenVINO is an extra"
)
GLINT = METHODS["glint"]


@pytest.fixture(scope="module")
def model(exported_methods) -> Model:
    _, graph = exported_methods["glint"]
    return Model(
        ModelCard(**tiny_card(graph, name="glint", method="glint", halo=GLINT.halo)), graph
    )


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    """Noise of 14-bit counts, 332 × 396 pixels: two seams per axis, and sides of no whole cell."""
    return np.random.default_rng(0).normal(9000, 60, (332, 396)).astype(np.float32)


def whole_and_tiled(backend: GraphBackend, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The response to a frame, its highest cell 1, and the one put together from tiles."""

    def respond(part: np.ndarray) -> Batch:
        return backend.run(part[None, None], np.float32([[8900, 9100]]))[0]

    whole = respond(frame)
    tiled = respond_in_tiles(respond, frame, GLINT.stride, GLINT.halo, core=128)
    return whole / whole.max(), tiled / whole.max()


@pytest.mark.parametrize("name", ["onnxruntime", pytest.param("openvino", marks=needs_openvino)])
def test_tiles_give_the_response_of_the_whole_frame(
    name: str, model: Model, frame: np.ndarray
) -> None:
    precision = {"precision": "f32"} if name == "openvino" else {}
    backend: Callable[..., GraphBackend] = BACKENDS[name].load()
    whole, tiled = whole_and_tiled(backend(model, 1, **precision), frame)
    assert whole.std() > 0.05
    assert np.abs(tiled - whole).max() < 1e-4


@needs_openvino
def test_tiles_give_the_points_of_the_whole_frame_in_bfloat16(
    model: Model, frame: np.ndarray
) -> None:
    from irpoint.runtime.backends.openvino import OpenVinoBackend

    whole, tiled = whole_and_tiled(OpenVinoBackend(model, 1, "bf16"), frame)
    threshold = float(np.quantile(whole, 0.98))
    one, other = decode(whole, threshold), decode(tiled, threshold - 0.02)
    gaps = np.linalg.norm(one.xy[:, None] - other.xy[None], axis=2)
    assert len(one) > 20
    assert gaps.min(axis=1).max() < 0.1
    assert np.abs(one.score - other.score[gaps.argmin(axis=1)]).max() < 0.02


def test_what_is_moved_by_coarse_cells_has_a_response_that_is_moved(frame: np.ndarray) -> None:
    network = random_network("glint")
    image = torch.from_numpy((frame - 9000) / 200)[None, None].expand(-1, 3, -1, -1)
    cells, away = COARSEST // GLINT.stride, GLINT.halo // GLINT.stride
    with torch.no_grad():
        here, moved = (network(image[..., skip:])[0, 0, :, away:-away] for skip in (0, COARSEST))
    assert (here[:, cells:] - moved).abs().max() < 1e-5 * float(here.abs().max())


def test_every_layer_is_deployed_as_one_convolution() -> None:
    deployed = GLINT.deploy(GLINT.build(None).eval(), *OURS)
    layers = [layer for layer in deployed.modules() if not list(layer.children())]
    assert {type(layer) for layer in layers} == {nn.Conv2d, nn.ReLU}
    assert sum(isinstance(layer, nn.Conv2d) for layer in layers) == 14


def test_the_width_is_that_of_the_fine_layers() -> None:
    narrow = GLINT.build(16)
    assert narrow.head.in_channels == 16
    assert parameters(narrow) < 0.27 * parameters(GLINT.build(None))
