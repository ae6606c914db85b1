"""HRPE: its published size, cost and responses, and its rewrite for inference."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from irpoint.decoding.peaks import decode
from irpoint.errors import ModelError
from irpoint.export.onnx import native
from irpoint.frames import read_frame
from irpoint.frames.levels import levels, normalise
from irpoint.frames.scale import letterbox
from irpoint.methods.blocks.deployed import IMAGENET, OURS
from irpoint.methods.count import gmac, parameters
from irpoint.methods.spire.deployed import DeployedHRPE
from irpoint.methods.spire.network import HRPE, Stage, shuffle
from irpoint.methods.spire.published import published_state
from irpoint.training.import_weights import read_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


def random_network(seed: int) -> HRPE:
    """Random weights, and batch norms that do more than nothing."""
    torch.manual_seed(seed)
    network = HRPE()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, 0.0, 0.2)
            nn.init.uniform_(layer.running_var, 0.3, 2.0)
            nn.init.uniform_(layer.weight, 0.5, 1.8)
            nn.init.normal_(layer.bias, 0.0, 0.3)
    return network.eval()


def frames(seed: int, batch: int, height: int, width: int) -> Tensor:
    """Normalised frames; the network sees −1..5."""
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.rand(batch, 1, height, width, generator=generator) - 1


# --- size and cost


def test_parameters_are_those_of_the_paper() -> None:
    assert parameters(HRPE()) == 294_753


@pytest.mark.parametrize(
    ("block", "count"),
    [("stem", 1_856 + 36_992), ("bottleneck", 75_008), ("units", 3 * 34_688),
     ("transition", 73_792), ("stages", 2 * 1_504), ("head", 33)],
)  # fmt: skip
def test_parameters_of_each_block(block: str, count: int) -> None:
    assert parameters(getattr(HRPE(), block)) == count


@pytest.mark.parametrize(("side", "cost"), [(256, 1.209), (512, 4.837), (640, 7.557)])
def test_cost(side: int, cost: float) -> None:
    network = HRPE().train()
    assert gmac(network, side) == pytest.approx(cost, abs=0.001)
    assert network.training
    assert not any(layer._forward_hooks for layer in network.modules())


@pytest.mark.parametrize(
    ("height", "width"), [(64, 64), (61, 96), (62, 65), (63, 67), (1, 1), (4, 5), (13, 21)]
)
def test_the_response_has_a_cell_for_every_four_pixels_begun(height: int, width: int) -> None:
    response = random_network(0)(torch.zeros(1, 3, height, width))
    assert response.shape == (1, 1, -(-height // 4), -(-width // 4))


def test_the_receptive_field_is_111_pixels_about_the_corner_of_the_cell() -> None:
    """By the convolutions; the squeeze-excite means of the whole frame are held constant here."""
    network = HRPE().double().eval()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):  # positive: no path is closed by a ReLU or cancels
            layer.weight.data.abs_()
            layer.weight.data *= layer.in_channels != 4  # constant channel weights
    image = torch.ones(1, 3, 256, 256, dtype=torch.float64, requires_grad=True)
    network(image)[0, 0, 30, 33].backward()
    rows, columns = image.grad[0, 0].nonzero(as_tuple=True)
    assert (rows.min(), rows.max()) == (4 * 30 - 55, 4 * 30 + 55)
    assert (columns.min(), columns.max()) == (4 * 33 - 55, 4 * 33 + 55)


def test_shuffle_interleaves_the_halves() -> None:
    x = torch.arange(6.0).view(1, 6, 1, 1).expand(2, 6, 3, 4)
    assert shuffle(x)[1, :, 2, 3].tolist() == [0, 3, 1, 4, 2, 5]


def test_the_fusion_of_one_branch_doubles_it() -> None:
    stage = Stage(32).eval()
    x = torch.randn(1, 32, 8, 9)
    assert torch.equal(stage(x), torch.relu(2 * stage.blocks(x)))


def test_every_parameter_receives_a_gradient() -> None:
    torch.manual_seed(2)
    network = HRPE().train()
    response = network(torch.randn(2, 3, 64, 64))
    (response - torch.rand_like(response)).square().mean().backward()
    dead = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert dead == []
    assert all(p.grad.isfinite().all() for p in network.parameters())


# --- parity with the published network


@pytest.fixture(scope="module")
def golden(shared_reference: Path) -> dict[str, np.ndarray]:
    with np.load(shared_reference / "spire_network_golden.npz") as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def published(shared_reference: Path) -> HRPE:
    checkpoint = shared_reference / "SPIRE-SIRST4-512-epoch230-lr0.005.pth"
    network = HRPE().eval()
    network.load_state_dict(published_state(read_checkpoint(checkpoint)))
    return network


@pytest.mark.parametrize("number", [0, 1])
def test_published_weights_give_the_published_response(
    golden: dict[str, np.ndarray], published: HRPE, number: int
) -> None:
    with torch.no_grad():
        response = published(torch.from_numpy(golden[f"input_{number}"])).numpy()
    # These responses to noise are a few thousandths: 1e-4 would show little.
    assert np.abs(response - golden[f"heatmap_{number}"]).max() < 1e-6


def published_input(golden: dict[str, np.ndarray], data: Path) -> tuple[np.ndarray, Tensor]:
    frame = read_frame(data / "IRSTD-1k" / "IRSTD1k_Img" / f"{golden['image_id']}.png")
    image, _ = letterbox(normalise(frame, *levels(frame, "full-range")), 512)
    return frame, torch.from_numpy(image.copy())[None, None]


def test_a_frame_through_the_whole_imported_path_gives_the_published_response(
    golden: dict[str, np.ndarray], published: HRPE, shared_data: Path
) -> None:
    frame, image = published_input(golden, shared_data)
    assert frame.shape == (512, 512)
    deployed = DeployedHRPE(copy.deepcopy(published), *IMAGENET).eval()
    with torch.no_grad():
        for response in (native(published, image, IMAGENET), deployed(image)):
            assert np.abs(response.numpy() - golden["image_heatmap"]).max() < 1e-5


def test_the_published_response_decodes_to_the_published_points(
    golden: dict[str, np.ndarray], shared_reference: Path
) -> None:
    stored = json.loads((shared_reference / "spire_val_predictions.json").read_text())["images"]
    (theirs,) = (
        np.array(entry["predictions"])
        for entry in stored
        if (entry["dataset"], entry["image"]) == ("IRSTD-1k", str(golden["image_id"]))
    )
    ours = decode(
        golden["image_heatmap"][0, 0], 0.35, map_offset=0.0, relative_gate=0.65, max_points=8
    )
    assert len(ours) == len(theirs)
    gaps = np.linalg.norm(ours.xy[:, None] - theirs[None, :, :2], axis=2)
    assert gaps.min(axis=0).max() < 2.0  # half a cell: theirs shifts by quarters of one


def test_published_state_refuses_other_networks() -> None:
    state = dict(HRPE().state_dict())
    assert list(published_state({f"module.{k}": v for k, v in state.items()})) == list(state)
    first, *_, last = state
    without = {k: v for k, v in state.items() if k != last}
    swapped = {last: state[last]} | {k: v for k, v in state.items() if k != last}
    for other in (
        {}, without, state | {"one.more": torch.zeros(1)}, swapped,
        state | {first: torch.zeros(64, 1, 3, 3)}, state | {last: "text"},
        nn.Conv2d(3, 8, 3).state_dict(),
    ):  # fmt: skip
        with pytest.raises(ModelError, match="not a SPIRE checkpoint"):
            published_state(other)


# --- the rewrite for inference


@pytest.mark.parametrize("statistics", [OURS, IMAGENET], ids=["ours", "imagenet"])
@pytest.mark.parametrize(
    ("batch", "height", "width"), [(1, 64, 64), (2, 52, 84), (1, 13, 21), (2, 61, 67), (1, 1, 3)]
)
def test_the_deployed_network_is_the_same_function(
    batch: int, height: int, width: int, statistics: tuple[tuple[float, float, float], ...]
) -> None:
    network = random_network(height)
    deployed = DeployedHRPE(copy.deepcopy(network), *statistics).eval()
    image = frames(width, batch, height, width)
    with torch.no_grad():
        wanted = native(network, image, statistics)
        response = deployed(image)
    assert response.shape == wanted.shape
    if height > 1:
        assert wanted.std() > 1e-3  # a response that says something
    scale = max(1.0, float(wanted.abs().max()))
    assert (response - wanted).abs().max() < 1e-5 * scale


def test_deploying_leaves_no_batch_norm_and_saves_channels() -> None:
    deployed = DeployedHRPE(random_network(3), *OURS)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in deployed.modules())
    assert deployed.stem[0].weight.shape[1] == 1
    assert DeployedHRPE(random_network(3), *IMAGENET).stem[0].weight.shape[1] == 3
