"""Training crops by number: what each depends on, and where it lies."""

from __future__ import annotations

import collections
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from irpoint.datasets import LabelledFrame
from irpoint.decoding.peaks import decode
from irpoint.errors import SettingsError
from irpoint.frames.scale import Placement
from irpoint.methods import TARGET_MAPS
from irpoint.points import Points
from irpoint.training.augment import cut
from irpoint.training.crops import Crops
from irpoint.training.network_frames import NetworkFrame
from irpoint.training.settings import AugmentSettings, TrainSettings
from support.blobs import blob, centroid, inside

NONE = np.empty((0, 2))


def network_frame(seed: int, targets: int, dataset: str = "one") -> NetworkFrame:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(25, (125, 95), (targets, 2)) if targets else NONE
    image = rng.normal(0.3, 0.02, (120, 150)) + blob((120, 150), xy)
    label = LabelledFrame(f"{seed}", Path(f"{seed}.png"), (120, 150), Points.labels(xy), dataset)
    place = Placement((1.0, 1.0), (0.0, 0.0))
    return NetworkFrame(label, image.astype(np.float16), xy, place)


def train_settings(**changes: object) -> TrainSettings:
    return TrainSettings(data=(Path("none"),), crop=64, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def frames() -> list[NetworkFrame]:
    return [network_frame(seed, seed % 3) for seed in range(6)]


def test_a_crop_depends_on_seed_and_number_only(frames: list[NetworkFrame]) -> None:
    crops = Crops(frames, train_settings(seed=3))
    first = [crops[k] for k in range(30)]
    np.random.seed(99)  # noqa: NPY002
    torch.manual_seed(99)
    again = Crops(frames, train_settings(seed=3))
    for k in reversed(range(30)):
        for one, other in zip(first[k], again[k], strict=True):
            assert torch.equal(one, other)
    assert len({frame.numpy().tobytes() for frame, _, _ in first}) == 30
    other = Crops(frames, train_settings(seed=4))
    assert not any(torch.equal(first[k][0], other[k][0]) for k in range(30))


def test_crops_do_not_change_the_frames(frames: list[NetworkFrame]) -> None:
    before = [frame.image.copy() for frame in frames]
    crops = Crops(frames, train_settings())
    _ = [crops[k] for k in range(40)]
    assert all(np.array_equal(a, f.image) for a, f in zip(before, frames, strict=True))


@pytest.mark.parametrize("target", ["prps", "published"])
def test_crops_have_the_shape_and_type_of_a_training_pair(
    frames: list[NetworkFrame], target: str
) -> None:
    frame, response, taught = Crops(frames, train_settings(target_map=target))[0]
    assert frame.shape == (1, 64, 64)
    assert response.shape == (1, 16, 16)
    assert frame.dtype == response.dtype == torch.float32
    assert taught


def test_the_target_map_of_a_crop_has_its_peak_on_the_blob() -> None:
    """Warp, target map and decoder agree on the position in pixels."""
    still = AugmentSettings(
        target_share=1,
        warp_share=1,
        paste=0,
        swarm_share=0,
        gain=1,
        offset=0,
        noise=0,
        bad_pixels=0,
    )
    frame = network_frame(1, 1)
    clean = NetworkFrame(
        frame.label, blob((120, 150), frame.xy).astype(np.float16), frame.xy, frame.placement
    )
    crops = Crops([clean], train_settings(augment=still))
    compared = 0
    for k in range(60):
        image, response = (part[0].numpy() for part in crops[k][:2])
        found = decode(response, 0.5)
        if len(found) == 1 and inside(found.xy[0], 64, 12):
            compared += 1
            assert centroid(image) == pytest.approx(found.xy[0], abs=0.15)
    assert compared > 20


@pytest.mark.parametrize(
    ("enlargement", "scales", "cells"),
    [(2.0, False, 1.0), (1.0, True, 1.0), (1.5, True, 1.5), (9.0, True, 2.0), (0.1, True, 1.0)],
)
def test_the_response_grows_with_the_enlargement_if_set(
    enlargement: float, scales: bool, cells: float
) -> None:
    frame = network_frame(1, 1)
    place = Placement((1 / enlargement, 1 / enlargement), (0.0, 0.0))
    still = AugmentSettings(target_share=1, warp_share=0, paste=0, swarm_share=0)
    settings = train_settings(target_map="gaussian", sigma=1.0, sigma_scales=scales, augment=still)
    crops = Crops([NetworkFrame(frame.label, frame.image, frame.xy, place)], settings)
    areas = [float(crops[k][1].sum()) for k in range(20)]  # less where it is cut by the border
    assert max(areas) == pytest.approx(2 * np.pi * cells**2, rel=0.01)


def test_pasted_targets_get_a_response_of_their_own() -> None:
    empty = [network_frame(seed, 0) for seed in range(2)]
    donor = network_frame(9, 1)
    augment = AugmentSettings(target_share=0, paste=3.0, simulated=0.5, hard_share=0)
    crops = Crops([*empty, donor], train_settings(augment=augment))
    counts = [len(decode(crops[k][1][0].numpy(), 0.5)) for k in range(40)]
    assert np.mean(counts) > 1


def test_bad_pixels_are_as_wide_as_the_frame_is_enlarged() -> None:
    bad = AugmentSettings(paste=0, swarm_share=0, gain=1, offset=0, noise=0, bad_pixels=1)
    frame = network_frame(1, 0)
    grey = np.full(frame.image.shape, 0.5, np.float16)
    most = []
    for enlargement in (1.0, 3.0):
        place = Placement((1 / enlargement, 1 / enlargement), (0.0, 0.0))
        crops = Crops([NetworkFrame(frame.label, grey, NONE, place)], train_settings(augment=bad))
        most.append(max(int((crops[k][0] != 0.5).sum()) for k in range(40)))
    assert most[0] == 5
    assert 50 < most[1] <= 5 * 25


def test_a_swarm_fills_part_of_the_crop_with_targets() -> None:
    """Targets keep a distance, so that their responses do not merge."""
    augment = AugmentSettings(target_share=0, hard_share=0, swarm_share=1, paste=0, warp_share=0)
    settings = train_settings(augment=augment).model_copy(update={"crop": ((256, 320),)})
    frames = [network_frame(1, 0), network_frame(9, 1)]
    crops = Crops(frames, settings)
    shown = [decode(crops[k][1][0].numpy(), 0.5).xy for k in range(60)]
    counts = [len(xy) for xy in shown]
    assert max(counts) > 12
    assert max(counts) <= 256 * 320 // 64**2 + 1
    assert len(set(counts)) > 8
    spread = [np.ptp(xy, axis=0) / (319, 255) for xy in shown if len(xy) > 8]
    assert min(np.max(s) for s in spread) < 0.6
    assert max(np.min(s) for s in spread) > 0.8


def test_swarms_have_their_share_of_the_crops() -> None:
    augment = AugmentSettings(target_share=0, hard_share=0, swarm_share=0.3, paste=0, simulated=1)
    settings = train_settings(augment=augment).model_copy(update={"crop": ((256, 256),)})
    crops = Crops([network_frame(seed, 0) for seed in range(2)], settings)
    some = [bool(crops[k][1].any()) for k in range(200)]
    assert np.mean(some) == pytest.approx(0.3, abs=0.08)


def test_frames_without_any_label_still_give_crops() -> None:
    crops = Crops([network_frame(seed, 0) for seed in range(2)], train_settings())
    augment = AugmentSettings(simulated=0, swarm_share=0.5)
    assert not Crops(crops.frames, train_settings(augment=augment))[5][1].any()
    assert crops[0][0].isfinite().all()


def test_a_large_dataset_does_not_drown_a_small_one() -> None:
    """Datasets are drawn by the square root of their size: 16 frames against 1 are 4 against 1."""
    frames = [network_frame(seed, 1, "large") for seed in range(16)]
    crops = Crops([*frames, network_frame(99, 1, "small")], train_settings())
    drawn = [crops.draw_position(crops.shapes[0], np.random.default_rng(k))[0] for k in range(1500)]
    assert np.mean(np.array(drawn) == 16) == pytest.approx(1 / 5, abs=0.04)


def test_a_dataset_is_drawn_in_proportion_to_its_weight() -> None:
    """Of two equal datasets, the one of weight 3 has three quarters of labels and of frames."""
    frames = [network_frame(k, k % 2, "one" if k < 8 else "two") for k in range(16)]
    crops = Crops(frames, train_settings(dataset_weights={"two": 3}))
    drawn = [crops.draw_position(crops.shapes[0], np.random.default_rng(k))[0] for k in range(1500)]
    labelled = np.array(drawn) % 2 == 1
    for kind in (labelled, ~labelled):
        assert np.mean(np.array(drawn)[kind] >= 8) == pytest.approx(0.75, abs=0.05)
    with pytest.raises(SettingsError, match=r"no frame of dataset 'three'; loaded are one, two"):
        Crops(frames, train_settings(dataset_weights={"three": 2}))


def test_crops_on_labels_show_missed_ones() -> None:
    augment = AugmentSettings(target_share=1, missed_share=1)
    crops = Crops([network_frame(0, 2), network_frame(1, 2)], train_settings(augment=augment))
    crops.missed = crops.labels[[3]]
    for k in range(50):
        index, centre = crops.draw_position(crops.shapes[0], np.random.default_rng(k))
        assert index == 1
        assert np.abs(centre - crops.labels[3, 1:]).max() <= 0.4 * 64


def test_labels_that_are_always_missed_do_not_crowd_out_the_rest() -> None:
    """One missed label of forty is drawn five times as often as others, not in every crop."""
    augment = AugmentSettings(target_share=1, missed_share=1)
    frames = [network_frame(seed, 2) for seed in range(20)]
    crops = Crops(frames, train_settings(augment=augment))
    crops.missed = crops.labels[[0]]
    drawn = [crops.draw_position(crops.shapes[0], np.random.default_rng(k))[0] for k in range(800)]
    wanted = 5 / 40 + 35 / 40 * 2 / 40  # on the list, or among all labels; two a frame
    assert np.mean(np.array(drawn) == 0) == pytest.approx(wanted, abs=0.04)


def test_background_crops_show_false_alarms() -> None:
    augment = AugmentSettings(target_share=0, hard_share=1)
    crops = Crops([network_frame(0, 0), network_frame(1, 1)], train_settings(augment=augment))
    crops.false_alarms = np.array([[1.0, 30.0, 40.0, 0.5]])
    for k in range(50):
        index, centre = crops.draw_position(crops.shapes[0], np.random.default_rng(k))
        assert index == 1
        assert np.abs(centre - (30, 40)).max() <= 0.4 * 64


def test_false_alarms_with_high_scores_are_drawn_more_often() -> None:
    augment = AugmentSettings(target_share=0, hard_share=1)
    crops = Crops([network_frame(0, 0), network_frame(1, 1)], train_settings(augment=augment))
    crops.false_alarms = np.array([[0.0, 30.0, 40.0, 0.3], [1.0, 30.0, 40.0, 0.9]])
    drawn = [crops.draw_position(crops.shapes[0], np.random.default_rng(k))[0] for k in range(800)]
    assert np.mean(drawn) == pytest.approx(0.9, abs=0.04)  # as the square of the score


def test_a_target_with_a_close_neighbour_is_not_extracted() -> None:
    frame = network_frame(0, 2)
    frame = dataclasses.replace(frame, xy=np.array([[30.0, 30.0], [40.0, 30.0]]))
    crops = Crops([frame], train_settings())
    assert crops.draw_donor(crops.shapes[0], np.random.default_rng(0)) is None


def test_a_batch_has_one_shape_and_the_epoch_has_them_all() -> None:
    frames = [network_frame(seed, 2) for seed in range(4)]
    shapes = [(64, 64), (64, 96), (96, 96)]
    settings = train_settings().model_copy(
        update={"crop": tuple(shapes), "batch": 4, "crops_per_epoch": 42}
    )
    crops = Crops(frames, settings)
    for epoch in range(2):
        seen = [tuple(crops[42 * epoch + k][0].shape[1:]) for k in range(42)]
        batches = [seen[at : at + 4] for at in range(0, 42, 4)]
        assert all(len(set(batch)) == 1 for batch in batches)
        assert {batch[0] for batch in batches} == set(shapes)
    frame, response, _ = crops[0]
    assert response.shape[1:] == (frame.shape[1] // 4, frame.shape[2] // 4)


def test_frames_are_cut_in_the_shapes_that_fit_into_them() -> None:
    """A frame that is too small for every shape is cut in the smallest."""
    still = AugmentSettings(
        warp_share=0, paste=0, swarm_share=0, gain=1, offset=0, noise=0, bad_pixels=0
    )
    settings = train_settings(augment=still).model_copy(
        update={"crop": ((64, 64), (112, 144)), "batch": 1}
    )
    frames = []
    for at, shape in enumerate(((120, 150), (100, 150), (40, 40))):
        label = LabelledFrame(str(at), Path(f"{at}.png"), shape, Points.labels(NONE), "one")
        image = np.full(shape, 0.2 + 0.2 * at, np.float16)
        frames.append(NetworkFrame(label, image, NONE, Placement((1.0, 1.0), (0.0, 0.0))))
    crops = Crops(frames, settings)
    seen = collections.Counter(
        (crop.shape[1], round((float(crop.mean()) - 0.2) / 0.2))
        for crop, *_ in (crops[k] for k in range(600))
    )
    assert set(seen) == {(64, 0), (64, 1), (64, 2), (112, 0)}
    # Each as often as the others, the one in two shapes as well.
    assert seen[64, 0] + seen[112, 0] == pytest.approx(200, abs=40)
    assert seen[64, 1] == pytest.approx(200, abs=40)


def test_a_wide_crop_is_not_turned_by_a_quarter() -> None:
    """Turned, it would not fit into a wide frame, and would repeat its edge."""
    image = np.tile(np.linspace(0, 1, 100)[:, None], (1, 160)).astype(np.float32)
    for seed in range(20):
        crop, _ = cut(
            image, NONE, np.array([80.0, 50.0]), (96, 152), AugmentSettings(warp_share=0),
            np.random.default_rng(seed),
        )  # fmt: skip
        assert crop.shape == (96, 152)
        assert np.ptp(crop, axis=1).max() < 1e-6
        assert len(np.unique(crop[:, 0])) == 96


@pytest.mark.parametrize("target", TARGET_MAPS)
def test_every_target_map_can_be_drawn_for_crops(target: str) -> None:
    """Crops of 64² from frames full of targets have many labels outside."""
    crops = Crops([network_frame(seed, 30) for seed in range(3)], train_settings(target_map=target))
    for number in range(40):
        image, response, _ = crops[number]
        assert response.shape == (1, 16, 16)
        assert response.dtype == image.dtype == torch.float32
        assert torch.isfinite(response).all()
        assert response.min() >= 0


def test_donors_come_from_the_dataset_of_the_frame_if_set() -> None:
    frames = [network_frame(1, 0, "none"), network_frame(2, 1, "one"), network_frame(3, 1, "two")]
    frames[2] = dataclasses.replace(frames[2], image=(frames[2].image * 2).astype(np.float16))
    crops = Crops(frames, train_settings())
    shape = crops.shapes[0]
    peaks = []
    for name in (None, "one", "two"):
        donors = [crops.draw_donor(shape, np.random.default_rng(k), name) for k in range(20)]
        peaks.append([float(donor[0].max()) for donor in donors if donor is not None])
    assert np.ptp(peaks[0]) > 0.5
    assert np.ptp(peaks[1]) == np.ptp(peaks[2]) == 0
    assert np.mean(peaks[2]) > 1.5 * np.mean(peaks[1])
    assert crops.draw_donor(shape, np.random.default_rng(0), "none") is None


def test_crops_of_another_camera_have_their_share() -> None:
    still = AugmentSettings(
        paste=0, swarm_share=0, gain=1, offset=0, noise=0, bad_pixels=0, warp_share=0
    )
    frames = [network_frame(seed, 1) for seed in range(3)]
    plain = Crops(frames, train_settings(augment=still))
    other = still.model_copy(update={"camera_share": 1.0})
    crops = Crops(frames, train_settings(augment=other))
    changed = [not torch.equal(plain[k][0], crops[k][0]) for k in range(60)]
    assert np.mean(changed) > 0.7


def test_each_stage_has_crops_of_its_own() -> None:
    still = {"paste": 0, "swarm_share": 0, "gain": 1, "offset": 0, "noise": 0, "bad_pixels": 0}
    settings = train_settings(
        epochs=5, crops_per_epoch=10, batch=5, augment={**still, "warp_share": 0},
        stages=[{"share": 0.6}, {"share": 0.4, "crop": 96, "augment": {"offset": 3.0}}],
    )  # fmt: skip
    frames = [network_frame(seed, 1) for seed in range(3)]
    crops = Crops(frames, settings)
    plain = Crops(frames, settings.model_copy(update={"stages": ()}))
    assert crops.sizes == {(64, 64), (96, 96)}
    for number in range(0, 30, 3):
        assert torch.equal(crops[number][0], plain[number][0])
    later = [crops[number][0] for number in range(30, 50)]
    assert {tuple(crop.shape) for crop in later} == {(1, 96, 96)}
    assert np.std([float(crop.median()) for crop in later]) > 0.5
