"""Dark targets: found in the inverted frame, alone or together with the bright ones."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from irpoint import Detector
from irpoint.datasets.load import load_dataset
from irpoint.errors import SettingsError
from irpoint.evaluation import match
from irpoint.frames import read_frame
from irpoint.points import Points
from irpoint.runtime.polarity import merge
from irpoint.simulate import scene_rng, simulate_scene
from support.doc_pages import ROOT
from support.models import draw_blobs, shipped_weights
from support.scenes import WIDE_TARGETS

BRIGHT, DARK = [(30.3, 20.7), (90.0, 60.5)], [(55.6, 71.2)]
SAMPLES = sorted((ROOT / "samples" / "images").iterdir())


def black_hot(frame: np.ndarray) -> np.ndarray:
    """The frame as a black-hot camera shows it, in the same type."""
    if frame.dtype.kind == "f":
        return -frame
    # Wider types would end at values of which float32 holds no single counts.
    return ~frame if frame.dtype.itemsize < 4 else frame.dtype.type(100_000) - frame


def same(found: Points, expected: Points, within: float) -> bool:
    return len(found) == len(expected) and np.allclose(found.xy, expected.xy, atol=within)


@pytest.fixture
def detectors(model: Path) -> dict[str, Detector]:
    kinds = ("bright", "dark", "both")
    return {
        kind: Detector(model, backend="onnxruntime", threads=1, polarity=kind) for kind in kinds
    }


@shipped_weights
def test_inverted_samples_give_the_points_of_the_originals():
    # In float32: bfloat16 alone moves points by up to 0.08 px if a constant is added to a frame.
    bright, dark = (
        Detector("spire", backend="onnxruntime", polarity=p) for p in ("bright", "dark")
    )
    frames = [read_frame(path) for path in SAMPLES]
    assert len(frames) == 10
    found = dark.batch([black_hot(frame) for frame in frames])
    for points, expected in zip(found, bright.batch(frames), strict=True):
        assert same(points, expected, 0.05)
        assert points.dark.all()
        assert not expected.dark.any()
    assert sum(map(len, found)) == 33  # 32 of 41 targets and one false point


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", ">u2", "int16", "uint32", "int32", "uint64", "int64", "float16",
     "float32", "float64"],
)  # fmt: skip
def test_every_type_is_inverted_without_an_overflow(detectors, dtype):
    counts = draw_blobs(BRIGHT) // 2  # fits int8
    frame = counts.astype(dtype)
    assert same(detectors["dark"](black_hot(frame)), detectors["bright"](frame), 1e-3)
    assert len(detectors["bright"](frame)) == 2
    assert len(detectors["dark"](frame)) == len(detectors["bright"](black_hot(frame))) == 0


def test_values_at_the_ends_of_the_type_and_not_finite_are_no_targets(detectors):
    frame = draw_blobs(BRIGHT).astype(np.float32)
    frame[3, 3], frame[5, 60], frame[50, 7] = np.nan, np.inf, 1e38  # far above: not dark
    inverted = black_hot(frame)
    assert len(detectors["dark"](frame)) == 0
    assert match(BRIGHT, detectors["dark"](inverted)[:2].xy, 1.0)
    hot = draw_blobs([]).astype(np.uint16) + 7000
    hot[20:24, 20:24] = 65535
    assert len(detectors["dark"](hot)) == 0
    assert detectors["both"](hot).dark.tolist() == [False]


def test_both_finds_both_and_says_which(detectors):
    frame = draw_blobs(BRIGHT).astype(float) - draw_blobs(DARK, seed=1) + 200.0
    points = detectors["both"](frame)
    assert len(points) == 3
    assert (np.diff(points.score) <= 0).all()
    assert len(match(BRIGHT, points[~points.dark].xy, 1.0)) == 2
    assert len(match(DARK, points[points.dark].xy, 1.0)) == 1
    (bright, dark) = (detectors[kind](frame) for kind in ("bright", "dark"))
    assert (len(bright), len(dark)) == (2, 1)
    several = detectors["both"].batch([frame, black_hot(frame), frame[:64]])
    assert several[0] == points
    assert several[1].dark.tolist() == (~points.dark).tolist()
    assert len(several[2]) == 2


def test_both_finds_simulated_targets_of_both_kinds(detectors):
    settings = WIDE_TARGETS.model_copy(update={"dark_fraction": 0.5})
    for index in range(3):
        scene = simulate_scene(settings, scene_rng(4, index))
        dark = np.array([target.electrons < 0 for target in scene.targets])
        points = detectors["both"](scene.frame)
        assert len(points) == len(dark) == 4
        for kind in (False, True):
            truth = scene.points.xy[dark == kind]
            assert len(match(truth, points[points.dark == kind].xy, 2.0)) == len(truth)


def test_one_place_has_the_polarity_of_its_higher_score():
    def points(rows: list[tuple[float, float, float]], dark: bool) -> Points:
        table = np.array(rows, np.float32)
        return Points(table[:, :2], table[:, 2], np.full(len(rows), dark))

    bright = points([(10, 10, 0.9), (50, 50, 0.5), (80, 80, 0.7)], False)
    dark = points([(12, 10, 0.8), (51, 50, 0.6), (84, 80, 0.6)], True)
    merged = merge([bright, dark])
    assert merged.xy.tolist() == [[10, 10], [80, 80], [51, 50], [84, 80]]
    assert merged.dark.tolist() == [False, False, True, True]
    # A dropped point drops no other; points of one polarity never drop each other.
    chain = merge([points([(10, 10, 0.9), (14, 10, 0.7)], False), points([(12, 10, 0.8)], True)])
    assert chain.xy.tolist() == [[10, 10], [14, 10]]
    assert len(merge([Points.empty(), Points.empty()])) == 0


def test_the_polarity_is_a_setting_of_the_detector(model: Path):
    detector = Detector(model, polarity="both")
    copy = pickle.loads(pickle.dumps(detector))
    assert copy.polarity == detector.polarity == detector.settings["polarity"] == "both"
    assert Detector(model).polarity == "bright"
    with pytest.raises(SettingsError, match="polarity 'cold': give bright, dark or both"):
        Detector(model, polarity="cold")


@shipped_weights
def test_black_hot_frames_of_a_benchmark_lose_no_target(shared_data: Path):
    frames = load_dataset(shared_data / "NUDT-SIRST", "val").frames[:24]
    detector = Detector("spire", polarity="dark")
    found = targets = matched = 0
    for frame in frames:
        points = detector(black_hot(read_frame(frame.image)))
        found, targets = found + len(points), targets + len(frame.points)
        matched += len(match(frame.points.xy, points.xy, 5.0))
    assert 2 * matched / (found + targets) > 0.97
