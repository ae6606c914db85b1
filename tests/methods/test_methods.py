"""What every method must do: size, cost, gradients, weights, inference, export."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from irpoint.decoding.peaks import decode
from irpoint.errors import ModelError, SettingsError
from irpoint.export.onnx import native
from irpoint.methods import METHODS, TARGET_MAPS, Method, find_method, find_target_map
from irpoint.methods.blocks.deployed import OURS
from irpoint.methods.count import gmac, parameters
from irpoint.training.weights import read_weights
from support.blobs import blob
from support.networks import SLIM, normalised_frames, random_network

pytestmark = pytest.mark.usefixtures("one_thread")
PARAMETERS = {"spire": 294_753, "sshd": 28_735_256, "p2p-lite": 239_226, "glint": 237_633}
GMAC_512 = {"spire": 4.837, "sshd": 41.10, "p2p-lite": 1.516, "glint": 0.978}


@pytest.mark.parametrize("name", PARAMETERS)
def test_size_and_cost_are_those_documented(name: str) -> None:
    with torch.device("meta"):
        network = METHODS[name].build(None)
    assert parameters(network) == PARAMETERS[name]
    costs = {side: gmac(network, side) for side in (256, 512)}
    assert costs[512] == pytest.approx(GMAC_512[name], rel=1e-3)
    assert costs[512] == pytest.approx(4 * costs[256], rel=0.01)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
class TestEveryMethod:
    @pytest.mark.parametrize(
        ("height", "width"), [(32, 32), (29, 35), (17, 66), (8, 100), (4, 4), (1, 3)]
    )
    def test_any_size_gives_a_cell_for_every_four_pixels(
        self, method: Method, height: int, width: int
    ) -> None:
        with torch.no_grad():
            frames = normalised_frames(2, height, width)
            response = native(random_network(method.name), frames, OURS)
        assert response.shape == (2, 1, -(-height // 4), -(-width // 4))
        assert response.isfinite().all()

    def test_every_parameter_receives_a_gradient(self, method: Method) -> None:
        network = copy.deepcopy(random_network(method.name)).train()
        native(network, normalised_frames(3, 64, 64), OURS).square().mean().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name

    def test_a_batch_is_its_images_one_by_one(self, method: Method) -> None:
        network = copy.deepcopy(random_network(method.name)).double()
        batch = normalised_frames(3, 28, 52).double()
        with torch.no_grad():
            together = native(network, batch, OURS)
            alone = torch.cat([native(network, image[None], OURS) for image in batch])
        assert together.std() > 1e-3
        assert (together - alone).abs().max() < 1e-9 * float(alone.abs().max())

    def test_weights_survive_a_file_and_fit_no_other_method(
        self, method: Method, tmp_path: Path
    ) -> None:
        network, file = random_network(method.name), tmp_path / "weights.safetensors"
        save_file(network.state_dict(), file)
        read = read_weights(file, network)
        assert all(torch.equal(value, read[name]) for name, value in network.state_dict().items())
        for other in METHODS:
            if other != method.name:
                with pytest.raises(ModelError, match=r"weights\.safetensors: not the weights of"):
                    read_weights(file, random_network(other))

    def test_the_seed_alone_decides_the_initial_weights(self, method: Method) -> None:
        def built(seed: int) -> dict[str, torch.Tensor]:
            torch.manual_seed(seed)
            return method.build(SLIM.get(method.name)).state_dict()

        one, two, three = built(5), built(5), built(6)
        assert all(torch.equal(value, two[name]) for name, value in one.items())
        assert any(not torch.equal(value, three[name]) for name, value in one.items())

    def test_the_deployed_network_is_the_same_function(self, method: Method) -> None:
        network = copy.deepcopy(random_network(method.name)).double()
        deployed = method.deploy(copy.deepcopy(network), *OURS).eval()
        assert not any(isinstance(layer, nn.BatchNorm2d) for layer in deployed.modules())
        frames = normalised_frames(2, 37, 52).double()
        with torch.no_grad():
            wanted, response = native(network, frames, OURS), deployed(frames)
        assert (response - wanted).abs().max() < 1e-5 * float(wanted.abs().max())

    def test_own_target_maps_are_known_and_decode_to_the_label(self, method: Method) -> None:
        default = find_target_map("default", method)
        assert default is TARGET_MAPS[method.target_map]
        assert find_target_map("published", method) is TARGET_MAPS[method.published_target_map]
        label = np.array([[50.3, 41.9]])
        found = decode(default.draw(np.full((96, 128), 0.3, np.float32), label, 1.5), 0.5)
        assert found.xy == pytest.approx(label, abs=0.02)


@pytest.mark.xdist_group("export")
@pytest.mark.parametrize("name", METHODS)
def test_an_exported_graph_equals_its_network_at_other_sizes(name: str, exported_methods) -> None:
    network, graph = exported_methods[name]
    session = onnxruntime.InferenceSession(graph)
    for height, width in ((37, 30), (64, 100)):
        frames = normalised_frames(1, height, width, seed=height)
        with torch.no_grad():
            wanted = native(network, frames, OURS).numpy()
        inputs = {"frame": 900 + 70 * frames.numpy(), "levels": np.float32([[900, 970]])}
        response, peaks = session.run(["response", "peaks"], inputs)
        scale = max(1.0, float(np.abs(wanted).max()))
        assert np.abs(response - wanted).max() < 2e-3 * scale  # weights in half precision included
        assert peaks.shape == (1, 3, *response.shape[2:])


def test_the_slim_sshd_has_a_thirteenth_of_the_parameters() -> None:
    assert parameters(METHODS["sshd"].build(8)) == 2_186_480


def test_a_fixed_width_cannot_be_changed() -> None:
    with pytest.raises(SettingsError, match="setting width: spire has a fixed width"):
        METHODS["spire"].build(16)


def test_unknown_names_are_refused_with_those_known() -> None:
    with pytest.raises(SettingsError, match="'yolo' is unknown; choose from spire, sshd, p2p-lite"):
        find_method("yolo")
    with pytest.raises(SettingsError, match="quantised-gaussian"):
        find_target_map("square", METHODS["spire"])


@pytest.mark.parametrize("name", TARGET_MAPS)
def test_positions_read_from_a_target_map_are_unbiased(name: str) -> None:
    """Rounding to cells scatters them by up to two pixels, but not to one side."""
    target_map = TARGET_MAPS[name]
    labels = np.random.default_rng(0).uniform(30, 60, (150, 2))
    found = [
        decode(
            target_map.draw(blob((96, 96), xy[None]), xy[None], 1.5),
            0.5,
            map_offset=target_map.map_offset,
        )
        for xy in labels
    ]
    assert {len(points) for points in found} == {1}
    errors = np.concatenate([points.xy for points in found]) - labels
    assert np.abs(errors).max() < 3
    assert errors.mean(axis=0) == pytest.approx((0, 0), abs=0.25)
