"""What every method must do: sizes, gradients, weights, export, determinism, counts."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from irpoint.decoding.peaks import decode
from irpoint.errors import ModelError, SettingsError
from irpoint.export.onnx import OURS, export_onnx, native
from irpoint.methods import METHODS, TARGET_MAPS, Method, find_method, find_target_map
from irpoint.methods.blocks.odconv import ODConv
from irpoint.methods.count import gmac, parameters
from irpoint.training.weights import read_weights
from support.blobs import blob

pytestmark = pytest.mark.usefixtures("one_thread")
PARAMETERS = {"spire": 294_753, "sshd": 28_735_256, "p2p-lite": 239_226}
GMAC_512 = {"spire": 4.837, "sshd": 41.10, "p2p-lite": 1.516}
SLIM = {"sshd": 8}


def small_network(method: Method, seed: int = 0) -> nn.Module:
    """Random weights at the least width, batch norms that fit what goes through them."""
    torch.manual_seed(seed)
    network = method.build(SLIM.get(method.name))
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.2)
    contrast = torch.linspace(0.2, 2.0, 6).view(-1, 1, 1, 1)
    with torch.no_grad():
        native(network.train(), contrast * images(6, 64, 64, seed), OURS)
        for layer in network.modules():
            # Noise differs little from noise in its means: gates that were set by it alone would
            # magnify rounding a thousandfold.
            if isinstance(layer, ODConv):
                layer.summary[1].running_var.clamp_(min=0.1)
    return network.eval()


def images(batch: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Normalised frames, as networks see them."""
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.rand(batch, 1, height, width, generator=generator) - 1


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
class TestEveryMethod:
    def test_size_and_cost_are_those_of_the_paper(self, method: Method) -> None:
        network = method.build(None)
        assert parameters(network) == PARAMETERS[method.name]
        assert gmac(network, 512) == pytest.approx(GMAC_512[method.name], rel=1e-3)

    def test_cost_grows_with_the_pixels(self, method: Method) -> None:
        network = small_network(method)
        assert gmac(network, 512) == pytest.approx(4 * gmac(network, 256), rel=0.01)
        assert gmac(network, 640) == pytest.approx(6.25 * gmac(network, 256), rel=0.01)

    @pytest.mark.parametrize(
        ("height", "width"), [(64, 64), (61, 67), (33, 130), (8, 200), (4, 4), (1, 3)]
    )
    def test_any_size_gives_a_cell_for_every_four_pixels(
        self, method: Method, height: int, width: int
    ) -> None:
        with torch.no_grad():
            response = native(small_network(method), images(2, height, width), OURS)
        assert response.shape == (2, 1, -(-height // 4), -(-width // 4))
        assert response.isfinite().all()

    def test_every_parameter_receives_a_gradient(self, method: Method) -> None:
        network = small_network(method).train()
        native(network, images(3, 96, 96), OURS).square().mean().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name

    def test_a_batch_is_its_images_one_by_one(self, method: Method) -> None:
        network, batch = small_network(method).double(), images(3, 52, 84).double()
        with torch.no_grad():
            together = native(network, batch, OURS)
            alone = torch.cat([native(network, image[None], OURS) for image in batch])
        assert together.std() > 1e-3
        assert (together - alone).abs().max() < 1e-9 * float(alone.abs().max())

    def test_weights_survive_a_file(self, method: Method, tmp_path: Path) -> None:
        network, file = small_network(method, 1), tmp_path / "weights.safetensors"
        save_file(network.state_dict(), file)
        other = small_network(method, 2)
        other.load_state_dict(read_weights(file, other))
        image = images(1, 64, 64)
        with torch.no_grad():
            assert torch.equal(native(other, image, OURS), native(network, image, OURS))
        assert load_file(file).keys() == network.state_dict().keys()

    def test_weights_of_another_method_are_refused(self, method: Method, tmp_path: Path) -> None:
        file = tmp_path / "weights.safetensors"
        for other in METHODS.values():
            if other is not method:
                save_file(small_network(other).state_dict(), file)
                with pytest.raises(ModelError, match="not the weights of"):
                    read_weights(file, small_network(method))

    def test_same_seed_same_network(self, method: Method) -> None:
        one, two, three = (small_network(method, seed).state_dict() for seed in (5, 5, 6))
        assert all(torch.equal(value, two[name]) for name, value in one.items())
        assert any(not torch.equal(value, three[name]) for name, value in one.items())

    def test_deployed_network_is_the_same_function(self, method: Method) -> None:
        network = small_network(method).double()
        deployed = method.deploy(copy.deepcopy(network), *OURS).eval()
        assert not any(isinstance(layer, nn.BatchNorm2d) for layer in deployed.modules())
        image = images(2, 61, 84).double()
        with torch.no_grad():
            wanted, response = native(network, image, OURS), deployed(image)
        assert (response - wanted).abs().max() < 1e-5 * float(wanted.abs().max())

    def test_exported_graph_is_equal_at_sizes_it_was_not_made_at(self, method: Method) -> None:
        network = small_network(method)
        session = onnxruntime.InferenceSession(export_onnx(network, method))
        for height, width in ((72, 40), (128, 196)):
            image = images(1, height, width, seed=height)
            with torch.no_grad():
                wanted = native(network, image, OURS).numpy()
            counts = {"frame": 900 + 70 * image.numpy(), "levels": np.float32([[900, 970]])}
            response, peaks = session.run(["response", "peaks"], counts)
            scale = max(1.0, float(np.abs(wanted).max()))
            assert np.abs(response - wanted).max() < 2e-3 * scale  # half-stored weights included
            assert peaks.shape == (1, 3, *response.shape[2:])

    def test_own_targets_are_known(self, method: Method) -> None:
        assert find_target_map("default", method) is TARGET_MAPS[method.target_map]
        assert find_target_map("published", method) is TARGET_MAPS[method.published_target_map]

    def test_decoding_the_own_target_gives_the_label_back(self, method: Method) -> None:
        frame = np.full((96, 128), 0.3, np.float32)
        label = np.array([[50.3, 41.9]])
        found = decode(find_target_map("default", method).draw(frame, label, 1.5), 0.5)
        assert found.xy == pytest.approx(label, abs=0.02)


def test_slim_sshd_is_a_thirteenth() -> None:
    assert parameters(METHODS["sshd"].build(8)) == 2_186_480


def test_unknown_names_are_refused_with_those_known() -> None:
    with pytest.raises(SettingsError, match="spire, sshd, p2p-lite"):
        find_method("yolo")
    with pytest.raises(SettingsError, match="quantised-gaussian"):
        find_target_map("square", METHODS["spire"])


@pytest.mark.parametrize("name", TARGET_MAPS)
def test_places_read_from_a_target_are_true_on_average(name: str) -> None:
    """Rounding to cells scatters them by two pixels; the lattice leaves none to one side."""
    target = TARGET_MAPS[name]
    labels = np.random.default_rng(0).uniform(30, 60, (300, 2))
    found = [
        decode(
            target.draw(blob((96, 96), xy[None]), xy[None], 1.5), 0.5, map_offset=target.map_offset
        )
        for xy in labels
    ]
    assert {len(points) for points in found} == {1}
    errors = np.concatenate([points.xy for points in found]) - labels
    assert np.abs(errors).max() < 3
    assert errors.mean(axis=0) == pytest.approx((0, 0), abs=0.2)
