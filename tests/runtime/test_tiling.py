"""Frames of any size: tiles cover them once, seams cannot be seen, memory stays bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint import Detector
from irpoint.errors import IrpointWarning
from irpoint.methods import METHODS
from irpoint.runtime import detector as detecting
from irpoint.runtime import tiling
from irpoint.runtime.tiling import respond_in_tiles, tiles
from support.models import draw_blobs, shipped_weights

sides = st.integers(1, 200).map(lambda cells: 4 * cells)


@given(sides, sides, st.integers(0, 100), st.sampled_from([32, 64, 320]))
@settings(max_examples=60, deadline=None)
def test_cores_cover_every_pixel_once_and_halos_lie_around(
    height: int, width: int, halo: int, core: int
) -> None:
    covered = np.zeros((height, width), int)
    for tile in tiles((height, width), halo, core):
        covered[tile.inner] += 1
        for outer, inner, side in zip(tile.outer, tile.inner, (height, width), strict=True):
            assert outer.start % 32 == 0
            assert outer.start <= max(0, inner.start - halo)
            assert outer.stop >= min(side, inner.stop + halo)
    assert (covered == 1).all()


@given(st.integers(1, 8000), st.sampled_from([256, 1280]))
def test_cores_are_of_one_length_and_as_few_as_can_be(side: int, core: int) -> None:
    lengths = [tile.inner[1].stop - tile.inner[1].start for tile in tiles((32, side), 64, core)]
    assert len(set(lengths[:-1])) <= 1
    assert max(lengths) <= core
    assert len(lengths) == -(-side // core)
    # The last lacks what the others are rounded up by, and no more.
    assert lengths[-1] > lengths[0] - 32 * len(lengths)


@given(sides, sides)
@settings(max_examples=20, deadline=None)
def test_what_looks_no_further_than_the_halo_sees_no_seam(height: int, width: int) -> None:
    from scipy import ndimage

    frame = np.random.default_rng(height * width).random((height, width), np.float32)

    def respond(part: np.ndarray) -> np.ndarray:
        cells = part.reshape(part.shape[0] // 4, 4, -1, 4).mean((1, 3))
        return ndimage.uniform_filter(cells, 9, mode="constant")

    whole, tiled = respond(frame), respond_in_tiles(respond, frame, 4, 16, core=64)
    assert tiled == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("backend", ["onnxruntime", "auto"])
def test_a_target_on_a_seam_is_found_once_and_where_it_is(
    model: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seams = [(127.5, 90.0), (128.0, 40.3), (60.2, 127.6), (127.4, 127.8), (255.5, 200.0)]
    frame = draw_blobs(seams, (300, 400))
    detector = Detector(model, backend=backend, threads=1)
    whole = detector(frame)
    assert len(whole) == len(seams)
    monkeypatch.setattr(detecting, "WHOLE", 1000)
    monkeypatch.setattr(tiling.respond_in_tiles, "__defaults__", (128,))
    calls = []
    run = detector._network.run

    def counted(frames: np.ndarray, levels: np.ndarray) -> np.ndarray:
        calls.append(frames.shape)
        return run(frames, levels)

    monkeypatch.setattr(detector._network, "run", counted)
    tiled = detector(frame)
    assert len(calls) == 12
    assert max(shape[2] * shape[3] for shape in calls) <= 256 * 256
    assert tiled.xy == pytest.approx(whole.xy, abs=0.05)
    assert tiled.score == pytest.approx(whole.score, abs=0.02)


@shipped_weights
def test_tiles_find_the_same_points_with_the_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gates that pool over the frame pool over the tile: the same points, hardly moved."""
    places = [(float(x), float(y)) for x in range(40, 760, 90) for y in range(40, 560, 90)]
    frame = draw_blobs(places, (576, 768))
    with pytest.warns(IrpointWarning, match="scale native instead"):
        detector = Detector(backend="onnxruntime", scale="native", threads=1)
    whole = detector(frame)
    monkeypatch.setattr(detecting, "WHOLE", 1000)
    monkeypatch.setattr(tiling.respond_in_tiles, "__defaults__", (256,))
    tiled = detector(frame)
    gaps = np.linalg.norm(whole.xy[:, None] - tiled.xy[None], axis=2)
    assert len(whole) == len(tiled) == len(places)
    assert (np.sort(gaps.argmin(axis=1)) == np.arange(len(tiled))).all()
    # In tiles a fifth as wide as the real ones.
    assert gaps.min(axis=1).max() < 0.5
    assert np.median(gaps.min(axis=1)) < 0.05


@pytest.mark.parametrize("name", ["spire", "p2p-lite", "glint"])
def test_the_halo_holds_all_that_a_cell_sees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="networks are PyTorch's")
    mean = torch.Tensor.mean
    # Without the poolings over whole frames, which no halo can hold.
    monkeypatch.setattr(torch.Tensor, "mean", lambda *a, **k: mean(*a, **k).detach())
    method = METHODS[name]
    network = method.build(None).eval()
    side = 512
    frame = torch.rand(1, 3, side, side, requires_grad=True)
    network(frame)[0, 0, side // 8, side // 8].backward()
    assert frame.grad is not None
    rows, columns = torch.nonzero(frame.grad[0].abs().sum(0), as_tuple=True)
    centre = side // 2 + 1.5
    reach = max(float((part - centre).abs().max()) for part in (rows, columns))
    assert 20 < reach <= method.halo
