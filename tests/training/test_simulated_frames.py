"""Simulated training frames: what they depend on, and what is labelled in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from irpoint.frames.scale import InputScale
from irpoint.simulate import SceneSettings
from irpoint.training.crops import Crops
from irpoint.training.network_frames import NetworkFrame
from irpoint.training.random_cameras import draw_camera
from irpoint.training.settings import TrainSettings
from irpoint.training.simulated_frames import SIMULATED, simulate_frames

SCALE = InputScale(256)


@pytest.fixture(scope="module")
def frames() -> list[NetworkFrame]:
    return simulate_frames(24, 5, SCALE)


def test_a_frame_depends_on_seed_and_number_only(frames: list[NetworkFrame]) -> None:
    for one, other in zip(frames[:9], simulate_frames(9, 5, SCALE, processes=1), strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.xy, other.xy)
        assert one.label.name == other.label.name
    assert not np.array_equal(simulate_frames(1, 6, SCALE)[0].image, frames[0].image)
    assert simulate_frames(0, 5, SCALE) == []


def test_labels_are_bright_points_in_frame_and_network_pixels(frames: list[NetworkFrame]) -> None:
    contrasts = []
    for frame in frames:
        assert frame.label.dataset == SIMULATED
        assert max(frame.image.shape) == 256
        assert frame.image.dtype == np.float16
        assert np.isfinite(frame.image).all()
        assert frame.placement.to_frame(frame.xy) == pytest.approx(frame.label.points.xy, abs=1e-3)
        image = frame.image.astype(np.float32)
        peaks = image - ndimage.uniform_filter(image, 9)
        for x, y in frame.xy:
            column, row = round(x), round(y)
            contrasts.append(
                peaks[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].max()
            )
    assert len(contrasts) > 12
    assert np.median(contrasts) > 0.1
    assert np.mean(np.array(contrasts) > 0) > 0.9
    assert any(not len(frame.xy) for frame in frames)


def test_cameras_differ() -> None:
    cameras = [draw_camera(np.random.default_rng(k)) for k in range(200)]
    assert {camera.bits for camera in cameras} == {8, 12, 14, 16}
    assert len({camera.scene for camera in cameras}) == 5
    assert len({camera.width for camera in cameras}) > 100
    for name in ("text", "reticle", "edge_line", "telemetry", "agc", "jpeg", "border", "sun"):
        assert any(getattr(camera.artefacts, name) for camera in cameras), name
    assert 0.1 < np.mean([camera.targets == (0, 0) for camera in cameras]) < 0.4


def test_simulated_frames_have_their_share_of_the_crops(frames: list[NetworkFrame]) -> None:
    real = [
        NetworkFrame(
            frame.label.__class__(f"{k}", Path("x"), frame.label.shape, frame.label.points, "real"),
            frame.image, frame.xy, frame.placement,
        )
        for k, frame in enumerate(frames[:6])
    ]  # fmt: skip
    settings = TrainSettings(data=(Path("none"),), crop=64, simulated_share=0.25)
    crops = Crops([*real, *frames], settings)
    drawn = [crops.draw_position(crops.shapes[0], np.random.default_rng(k))[0] for k in range(1500)]
    assert np.mean(np.array(drawn) >= 6) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize(
    ("dark", "visibility", "labels"),
    [(0.0, 30.0, (16, 18)), (1.0, 30.0, (0, 0)), (0.0, 0.4, (0, 4))],
)
def test_dark_and_invisible_targets_have_no_label(
    monkeypatch: pytest.MonkeyPatch, dark: float, visibility: float, labels: tuple[int, int]
) -> None:
    camera = SceneSettings.checked(
        width=128, height=128, scene="clouds", targets=(3, 3), dark_fraction=dark, bits=14,
        visibility=(visibility, visibility), min_separation=20,
    )  # fmt: skip
    monkeypatch.setattr("irpoint.training.simulated_frames.draw_camera", lambda rng: camera)
    frames = simulate_frames(6, 1, InputScale(), processes=1)
    assert labels[0] <= sum(len(frame.xy) for frame in frames) <= labels[1]
