"""Tracks: physics of the filter, what confirmation buys, numbers that stay with their targets."""

from __future__ import annotations

import csv
import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from irpoint.pipeline import Tracker, TrackSettings, track_results
from irpoint.points import FrameResult, Points
from support.measured import measured_points
from support.models import draw_blobs

NONE = np.empty((0, 2))


@pytest.fixture(scope="module")
def simulated() -> ModuleType:
    """The simulation behind the table of the tracking documentation."""
    pytest.importorskip("motmetrics", reason="needs motmetrics")
    return importlib.import_module("experiments.tracking")


def numbers(tracker: Tracker, frames: list[np.ndarray]) -> list[list[int]]:
    return [tracker.update(points).tolist() for points in frames]


def test_bright_and_dark_points_are_never_one_track() -> None:
    still, dark = np.array([[50.0, 50.0]]), np.array([True])
    tracker = Tracker(TrackSettings(confirm=2))
    found = [tracker.update(still, kind).tolist() for kind in [dark, ~dark] * 2]
    assert found == [[0], [0], [1], [2]]
    # Together, each keeps its number, in any order of the points.
    pair = np.repeat(still, 2, axis=0)
    assert tracker.update(pair, np.array([True, False])).tolist() == [1, 2]
    assert tracker.update(pair, np.array([False, True])).tolist() == [2, 1]


def test_a_track_is_confirmed_by_m_of_n() -> None:
    still = np.array([[50.0, 50.0]])
    assert numbers(Tracker(), [still] * 4) == [[0], [0], [1], [1]]
    assert numbers(Tracker(), [still, NONE, still, still]) == [[0], [], [0], [1]]
    assert numbers(Tracker(), [still, NONE, NONE, still, NONE, NONE, still])[-1] == [0]
    once = TrackSettings(confirm=1)
    assert numbers(Tracker(once), [still, still]) == [[1], [1]]


def test_a_target_that_vanishes_keeps_its_number_as_long_as_its_track_coasts() -> None:
    path = [np.array([[10.0 + 3 * k, 40.0 - k]]) for k in range(40)]
    back = numbers(Tracker(), path[:10] + [NONE] * 8 + path[18:])
    assert {n for frame in back[2:] for n in frame} == {1}
    late = numbers(Tracker(), path[:10] + [NONE] * 9 + path[19:])
    assert late[-1] == [2]


def test_crossing_targets_keep_their_numbers() -> None:
    rng = np.random.default_rng(0)
    frames = []
    for k in range(60):
        points = np.array([[20 + 2 * k, 20 + 2 * k], [140 - 2 * k, 22 + 2 * k]], float)
        frames.append(points + rng.normal(0, 0.3, (2, 2)))
    given_numbers = numbers(Tracker(), frames)
    assert given_numbers[2:] == [given_numbers[2]] * 58
    assert sorted(given_numbers[2]) == [1, 2]


def test_the_filter_is_surer_of_a_place_than_the_detector() -> None:
    rng = np.random.default_rng(1)
    settings = TrackSettings(noise=0.7, acceleration=0.05)
    tracker = Tracker(settings)
    off = []
    for k in range(200):
        place = np.array([10 + 1.3 * k, 300 - 0.7 * k])
        tracker.update(place[None] + rng.normal(0, 0.7, (1, 2)))
        (_, tail), *_ = tracker.tails() if k > 3 else [(0, place[None])]
        off.append(tail[-1] - place)
    late = np.array(off[50:])
    assert late.std() < 0.45
    assert np.abs(late.mean(axis=0)).max() < 0.15
    assert tracker.tracks[0].velocity == pytest.approx([1.3, -0.7], abs=0.15)


def places_of_one_track(
    points: np.ndarray, covariance: np.ndarray | None, settings: TrackSettings
) -> np.ndarray:
    """(frames, 2) the places of the only track of one point per frame."""
    tracker, places = Tracker(settings), []
    for k, point in enumerate(points):
        tracker.update(point[None], None, None if covariance is None else covariance[k][None])
        (track,) = tracker.tracks
        places.append(track.xy)
    return np.array(places)


def test_a_track_trusts_each_axis_of_a_point_as_far_as_its_covariance_says() -> None:
    """Points off across a line of 45°: along it they are sure, across it they are not."""
    along, across = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
    covariance = 0.01 * np.eye(2) + 4.0 * np.outer(across, across)
    path = np.array([[10.0 + k, 50 + k] for k in range(60)])
    rng = np.random.default_rng(2)
    points = path + rng.multivariate_normal([0, 0], covariance, len(path))
    settings = TrackSettings(acceleration=0.1, jitter=0.1, gate=6)
    off = places_of_one_track(points, np.tile(covariance, (60, 1, 1)), settings) - path
    found, left = (points - path)[20:], off[20:]
    assert np.std(left @ across) < 0.6 * np.std(found @ across)
    assert np.std(left @ along) < np.std(found @ along) < 0.15


def test_covariances_make_the_places_of_tracks_better() -> None:
    """A quarter of the points are poor, as points are that could not be measured."""
    rng = np.random.default_rng(4)
    path = np.array([[20 + 1.3 * k, 90 - 0.4 * k] for k in range(300)])
    std = np.where(rng.random(300) < 0.25, 1.5, 0.07)
    points = path + rng.normal(0, 1, path.shape) * std[:, None]
    covariance = std[:, None, None] ** 2 * np.eye(2)
    blind, informed = (
        np.sqrt(np.mean((places_of_one_track(points, given, TrackSettings(gate=8)) - path) ** 2))
        for given in (None, covariance)
    )
    assert informed < 0.75 * blind


def test_a_measured_point_without_uncertainty_counts_as_one_that_was_not_measured() -> None:
    """By default, so tracks of a shaking camera do not break because points are measured well."""
    rng = np.random.default_rng(5)
    points = np.array([[20 + 1.3 * k, 90 - 0.4 * k] for k in range(40)]) + rng.normal(0, 1, (40, 2))
    default = TrackSettings()
    assert default.jitter == default.noise
    unmeasured = places_of_one_track(points, None, default)
    np.testing.assert_allclose(
        places_of_one_track(points, np.zeros((40, 2, 2)), default), unmeasured
    )


@given(st.permutations(range(5)), st.integers(0, 1000))
def test_the_order_of_points_does_not_matter(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, speed = rng.uniform(0, 300, (5, 2)), rng.uniform(-2, 2, (5, 2))
    frames = [places + k * speed for k in range(6)]
    one, other = Tracker(), Tracker()
    for frame in frames[:-1]:
        one.update(frame)
        other.update(frame)
    straight, mixed = one.update(frames[-1]), other.update(frames[-1][order])
    assert straight[order].tolist() == mixed.tolist()


def test_a_point_belongs_to_one_track_and_numbers_are_never_used_twice(
    simulated: ModuleType,
) -> None:
    tracker, seen, ended = Tracker(), set(), set()
    for said in simulated.simulate(3, false_alarms=20.0).found:
        given_numbers = [n for n in tracker.update(said).tolist() if n]
        assert len(set(given_numbers)) == len(given_numbers)
        living = {number for number, _ in tracker.tails()}
        assert not ended & living
        ended |= seen - living
        seen |= living
    assert len(seen) > 5


def test_confirmation_cuts_false_alarms_by_more_than_ten_at_the_same_detection(
    simulated: ModuleType,
) -> None:
    sequences = [simulated.simulate(seed, false_alarms=3.0) for seed in range(3)]
    points, tracked = (simulated.score(sequences, tracked=t) for t in (False, True))
    assert points["false"] > 2.5
    assert tracked["false"] < 0.1 * points["false"]
    assert tracked["found"] > points["found"] - 0.03
    assert tracked["mota"] > 0.85
    assert tracked["idf1"] > 0.85


@pytest.mark.parametrize("shake", [0.0, 1.0])
def test_covariances_cost_no_track_of_a_camera_that_shakes(
    simulated: ModuleType, shake: float
) -> None:
    blind, informed = (
        simulated.measure_places([0], shake, covariances=given) for given in (False, True)
    )
    assert informed.found >= blind.found > 0.9
    assert informed.tracks <= (0.7 if shake == 0 else 1.05) * blind.tracks


def test_wrong_settings_are_refused() -> None:
    for wrong in ({"confirm": 0}, {"gate": 0}, {"within": 61}, {"nonsense": 1}, {"confirm": 5}):
        with pytest.raises(ValueError, match="1 validation error"):
            TrackSettings.model_validate(wrong)


def test_results_are_tracked_with_the_covariance_of_their_points() -> None:
    """A poor point off the path barely moves the track."""
    path = [(10.0 + k, 20.0) for k in range(12)]

    def last_tail(x_std: float) -> float:
        off = [*path[:-1], (path[-1][0] + 2, path[-1][1])]
        stds = [*[0.05] * 11, x_std]
        results = [
            FrameResult("a.tif", k, None, (60, 60), measured_points([xy], x_std=s, y_std=s))
            for k, (xy, s) in enumerate(zip(off, stds, strict=True))
        ]
        *_, last = track_results(results, TrackSettings())
        assert isinstance(last, FrameResult)
        return float(last.tails[1][-1][0]) - path[-1][0]

    assert last_tail(5.0) < 0.1 < 1.0 < last_tail(0.05)


def test_results_have_the_state_of_every_confirmed_track() -> None:
    path = [[(10.0 + 2 * k, 20.0 - k)] for k in range(6)]
    seen = [*path[:5], []]
    results = [
        FrameResult("a.tif", k, None, (60, 60), Points.labels(xy)) for k, xy in enumerate(seen)
    ]
    states = [result.tracks for result in track_results(results, TrackSettings())]
    assert [len(frame) for frame in states] == [0, 0, 1, 1, 1, 1]
    (last,) = states[-1]
    assert (last.number, last.age, last.detected, last.dark) == (1, 5, False, False)
    assert (last.x, last.y) == pytest.approx(path[-1][0], abs=0.1)
    assert (last.vx, last.vy) == pytest.approx((2, -1), abs=0.1)
    assert last.probability is None
    assert 0.3 < last.x_std < 1.5
    assert states[-2][0].detected
    assert states[-2][0].x_std < last.x_std


def test_settings_change_while_tracks_continue() -> None:
    """A track coasts only as long as the settings of the frame allow."""
    seen = [[(10.0 + 2 * k, 20.0)] for k in range(6)] + [[]] * 4
    results = [
        FrameResult("a.tif", k, None, (60, 60), Points.labels(xy)) for k, xy in enumerate(seen)
    ]
    coasting, given_up = TrackSettings(coast=8), TrackSettings(coast=1)
    in_use = iter([coasting] * 7 + [given_up] * 9)
    tracks = [len(result.tracks) for result in track_results(results, lambda: next(in_use))]
    assert tracks == [0, 0, 1, 1, 1, 1, 1, 0, 0, 0]


def test_each_source_of_several_frames_begins_anew() -> None:
    def numbers_of(frames: list[tuple[str, int, float | None]]) -> list[int]:
        still = Points.labels([(50, 50)])
        items = [
            FrameResult(source, index, time_s, (96, 128), still) for source, index, time_s in frames
        ]
        return [len(result.points) for result in track_results(items)]

    stacks = [(f"sky/rec{k}.tif", index, None) for k in (1, 2) for index in range(4)]
    assert numbers_of(stacks) == [0, 0, 1, 1] * 2
    assert numbers_of([(f"sky/{k}.tif", 0, None) for k in range(4)]) == [0, 0, 1, 1]
    assert numbers_of([(f"{k}/1.tif", 0, None) for k in range(4)]) == [0] * 4
    assert numbers_of([(f"sky/{k}.mp4", 0, 0.0) for k in range(4)]) == [0] * 4


def test_cli_follows_a_folder(cli, shipped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for k in range(8):  # one target on its way, and a flash somewhere else in every frame
        flash = rng.uniform((70, 15), (120, 85), 2)
        frame = draw_blobs([(20 + 4 * k, 30), tuple(flash)], seed=k)
        Image.fromarray(frame).save(folder / f"{k}.png")
    out = tmp_path / "out"
    code, _, err = cli("detect", folder, "--track", "--out", out, "--overlay")
    assert code == 0, err
    rows = list(csv.DictReader((out / "points.csv").open()))
    assert {row["track"] for row in rows} == {"1"}
    assert len(rows) == 6
    assert "time_s" not in rows[0]
    code, text, _ = cli("detect", folder, "--track", "--format", "json")
    assert json.loads(text)["frames"][-1]["points"][0]["track"] == 1
    drawn = np.asarray(Image.open(out / "overlays" / "7.png"))[:576]
    plain = np.asarray(Image.open(folder / "7.png").resize((768, 576), 0).convert("RGB"))
    tail = np.s_[175:190, 150:280]  # where it was, in pixels enlarged six times
    assert (np.ptp(drawn[tail], axis=2) > 40).any()
    assert not (np.ptp(plain[tail], axis=2) > 40).any()
