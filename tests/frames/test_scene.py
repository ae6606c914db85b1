"""A frame made ready for a network, whatever the camera adds to the scene."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.datasets import load_dataset
from irpoint.frames.levels import levels
from irpoint.frames.scene import fill, judge, read_scene
from irpoint.simulate import Artefacts, add_artefacts, power_law_field

Pixels = npt.NDArray[np.uint16]
JUDGED = Path(__file__).with_name("judged_val_frames.csv")


def sky(seed: int = 0, shape: tuple[int, int] = (200, 260)) -> Pixels:
    """A cloudy sky of 14-bit counts with noise, and a target at (130, 100)."""
    rng = np.random.default_rng(seed)
    clouds = 8000 + 150 * power_law_field(shape, 2.0, rng).astype(float) + rng.normal(0, 6, shape)
    clouds[99:102, 129:132] += 600
    return np.round(clouds).astype(np.uint16)


def moved_by(found: tuple[float, float], true: tuple[float, float]) -> float:
    """How far levels are from others, as a fraction of the span of the latter."""
    return float(np.abs(np.subtract(found, true)).max() / (true[1] - true[0]))


def moved(frame: npt.NDArray[np.generic], clean: npt.NDArray[np.generic]) -> float:
    """How far the levels are from those of the clean frame."""
    return moved_by(read_scene(frame).levels, levels(clean))


ARTEFACTS = {
    "border": {"border": 30, "border_sides": "left"},
    "noisy border": {"border": 30, "border_sides": "top", "border_value": 60, "border_noise": 2},
    "one row": {"border": 1, "border_sides": "bottom", "border_value": "high"},
    "rotation": {"rotation": 8},
    "aperture": {"aperture": 1.1},
    "edge line": {"edge_line": 2, "edge_sides": "left,right,top,bottom"},
    "telemetry": {"telemetry": 4},
    "telemetry columns": {"telemetry": 2, "telemetry_side": "left"},
    "nodata": {"nodata": 0.3},
    "nodata at the top": {"nodata": 0.2, "nodata_value": 65535},
    "text": {"text": 4, "overlay_outline": True},
    "reticle": {"reticle": "crosshair,box,bars", "overlay_thickness": 2},
    "sun": {"sun": 14},
}


@pytest.mark.parametrize("name", ARTEFACTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_levels_are_those_of_the_scene(name: str, seed: int) -> None:
    clean = sky(seed)
    frame, mask = add_artefacts(clean, Artefacts(**ARTEFACTS[name]), np.random.default_rng(seed))
    shown = np.where(mask, np.nan, clean.astype(np.float32))
    assert moved(frame, shown) < 0.15
    if name == "sun":  # its halo is scene
        return
    plain = read_scene(clean).counts
    near = ~mask & ~np.isnan(shown)
    span = np.diff(levels(clean))[0]
    # What is left of the artefact stands out from the scene less than a target.
    assert np.percentile(np.abs(read_scene(frame).counts - plain)[near], 98) < 0.3 * span


@given(
    width=st.integers(1, 60), value=st.sampled_from([0, 1, 16383, 65535]), side=st.integers(0, 3)
)
@settings(max_examples=15, deadline=None)
def test_a_border_up_to_a_third_of_the_frame(width: int, value: int, side: int) -> None:
    clean = np.rot90(sky(), side)
    frame = clean.copy()
    frame[:width] = value
    assert moved(frame, clean[width:]) < 0.06
    assert read_scene(np.rot90(frame, -side)).status == "ok"


def test_pixels_that_are_not_finite_are_filled() -> None:
    frame = sky().astype(np.float32)
    frame[20:60, 20:80] = np.nan
    frame[150, 150], frame[160, 160] = np.inf, -np.inf
    scene = read_scene(frame)
    low, high = scene.levels
    assert scene.foreign is not None
    assert scene.foreign.sum() == 40 * 60 + 2
    assert np.isfinite(scene.counts).all()
    assert scene.counts.min() >= low - (high - low)
    assert scene.counts.max() <= high + 4 * (high - low)


def test_ignored_pixels_count_as_foreign() -> None:
    frame, ignored = sky(), np.zeros((200, 260), np.uint8)
    frame[:, 100:150] += 5000  # a hot object, smooth at its edges
    frame[:, 95:100] += np.linspace(0, 5000, 5).astype(np.uint16)
    ignored[:, 90:150] = 1
    scene = read_scene(frame, ignored=ignored)
    assert scene.levels == pytest.approx(levels(frame[:, 150:]), abs=80)
    assert scene.foreign is not None
    assert scene.foreign[:, 90:150].all()


def test_levels_are_measured_within_the_given_part() -> None:
    frame = sky()
    frame[:100] += np.uint16(3000)
    part = (slice(100, 200), slice(0, 260))
    assert read_scene(frame, within=part).levels == levels(frame[100:])


def test_a_dark_scene_is_the_inverted_one() -> None:
    frame = sky()
    bright, dark = read_scene(frame), read_scene(np.uint16(20_000) - frame, dark=True)
    span = bright.levels[1] - bright.levels[0]
    assert dark.levels == pytest.approx((0, span), abs=1e-3)
    assert dark.counts == pytest.approx(bright.counts - bright.levels[0], abs=0.02)


def test_published_weights_see_the_frame_as_it_is() -> None:
    frame = sky()
    frame[:, :30] = 0
    scene = read_scene(frame, "full-range")
    assert scene.foreign is None
    assert scene.levels == (0, 65535)
    assert np.array_equal(scene.counts, frame)


def test_filled_pixels_continue_the_scene() -> None:
    slope = np.add.outer(np.arange(60.0), np.arange(80.0)).astype(np.float32)
    foreign = np.zeros(slope.shape, bool)
    foreign[30:33, 20:40] = foreign[:4] = True
    filled = fill(slope, foreign, 0.0)
    assert np.array_equal(filled[~foreign], slope[~foreign])
    assert np.abs(filled - slope)[30:33, 20:40].max() <= 4
    assert np.abs(filled - slope)[:4].max() <= 10


def test_a_target_at_a_foreign_edge_keeps_its_shape() -> None:
    sky = np.zeros((40, 50), np.float32)
    sky[36:39, 20:23] = 9.0
    foreign = np.zeros(sky.shape, bool)
    foreign[39] = True
    assert fill(sky, foreign, 0.0)[39].max() < 3


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (np.zeros((40, 50), np.uint8), "blank"),
        (np.full((40, 50), 7000, np.uint16), "blank"),
        (np.full((40, 50), np.nan, np.float32), "blank"),
        (np.full((40, 50), 255, np.uint8), "saturated"),
        (np.where(np.indices((40, 50))[1] < 30, 16383, 9000).astype(np.uint16), "saturated"),
        (np.random.default_rng(0).integers(7000, 7003, (40, 50)).astype(np.uint16), "flat"),
        (np.random.default_rng(0).normal(3e5, 0.01, (40, 50)).astype(np.float32), "flat"),
        (np.random.default_rng(0).normal(7000, 5, (40, 50)).astype(np.uint16), "ok"),
        (np.random.default_rng(0).normal(0, 1e-7, (40, 50)).astype(np.float32), "ok"),
        (np.pad(np.full((3, 3), 90, np.uint8), 40), "ok"),  # a target in a black sky
    ],
)
def test_status(frame: npt.NDArray[np.generic], status: str) -> None:
    assert read_scene(frame).status == status


@pytest.mark.parametrize("empty", [0.0, 120.0, np.nan])
@pytest.mark.parametrize("field", [0, 1])
def test_a_frame_without_one_of_its_fields_is_no_frame_to_judge(empty: float, field: int) -> None:
    frame = np.random.default_rng(0).normal(100, 8, (61, 80)).astype(np.float32)
    frame[field::2] = empty
    assert judge(frame) == judge(frame.T) == "interlaced"
    frame[field] = np.linspace(80, 120, 80)  # a row of telemetry
    assert judge(frame) == "interlaced"
    frame[:20] = np.linspace(80, 120, 80)
    assert judge(frame) == "ok"


@pytest.mark.parametrize("side", [1, 2, 7, 8])
def test_a_strip_of_few_rows_is_no_frame_to_judge(side: int) -> None:
    frame = np.random.default_rng(0).normal(100, 8, (side, 80)).astype(np.float32)
    assert judge(frame) == judge(frame.T) == ("small" if side < 8 else "ok")


def test_a_single_bright_pixel_on_a_black_sky_is_not_interlaced() -> None:
    frame = np.zeros((64, 64), np.uint8)
    frame[31, 16] = 200
    assert judge(frame) == "ok"


def test_a_frame_is_judged_without_its_foreign_pixels() -> None:
    frame = np.full((100, 100), 7000, np.uint16)
    frame[:30] = np.random.default_rng(0).integers(0, 65535, (30, 100))
    foreign = np.zeros(frame.shape, bool)
    foreign[:30] = True
    assert judge(frame) == "ok"
    assert judge(frame, foreign) == "blank"


def test_clean_val_frames_keep_their_levels(shared_data: Path) -> None:
    """A frame is clean unless it is listed as not; the list states the reason."""
    with JUDGED.open() as stream:
        rows = [*csv.DictReader(stream)]
    unclean = {(row["dataset"], row["frame"]) for row in rows if row["clean"] == "no"}
    kept = []
    for name in ("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2"):
        for label in load_dataset(shared_data / name, "val").frames:
            if (name, label.image.stem) in unclean:
                continue
            frame = label.read()
            step = max(1, round((frame.size / 65_536) ** 0.5))
            low, high = np.percentile(frame[::step, ::step], (1, 99))
            if high - low >= 16:  # a smaller span is widened
                kept.append(moved_by(read_scene(frame).levels, (low, high)) < 1e-3)
    assert len(kept) > 300
    assert np.mean(kept) >= 0.99
