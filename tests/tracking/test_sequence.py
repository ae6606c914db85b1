"""Tracks of targets that no single frame shows; false tracks; freezes; a moving camera; times."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.points import FrameResult, Points, TrackState
from irpoint.tracking import SearchSettings, SequenceTracker
from irpoint.tracking.smoothing import Smoother
from support.moving import SHAPE, noisy, seen_from, speck, texture, unseen


def near(states: tuple[TrackState, ...], xy: tuple[float, float], reach: float = 2.5) -> bool:
    return any(np.hypot(one.x - xy[0], one.y - xy[1]) < reach for one in states)


def test_a_target_below_the_noise_of_a_frame_is_found() -> None:
    """At an SNR of 3, hundreds of noise peaks per megapixel are as bright."""
    tracker, found = SequenceTracker(SHAPE), []
    for number, (frame, xy) in enumerate(noisy(40, 3.0)):
        result = tracker.update(unseen(frame, number))
        found.append(near(result.tracks, xy))
        assert all(state.number == 1 for state in result.tracks)
    assert sum(found[20:]) >= 18
    (state,) = result.tracks
    assert (state.vx, state.vy) == pytest.approx((1.2, 0.5), abs=0.3)
    assert state.probability is not None
    assert state.probability > 0.9
    assert state.x_std is not None
    assert 0.05 < state.x_std < 1.5
    assert len(result.tails[1]) > 10


def test_noise_makes_no_tracks() -> None:
    tracker = SequenceTracker(SHAPE, SearchSettings(false_tracks_per_hour=600))
    numbers = set()
    for number, (frame, _) in enumerate(noisy(120, 0.0, seed=3)):
        numbers |= {state.number for state in tracker.update(unseen(frame, number)).tracks}
    assert numbers == set()


def test_points_of_small_frames_are_tracked() -> None:
    """Small frames show a scene, unlike those of a shutter."""
    rng = np.random.default_rng(8)
    tracker = SequenceTracker((7, 200))
    for number in range(20):
        place = np.float32([[20 + 3 * number, 3]])
        points = Points(place, np.float32([0.9]))
        pixels = rng.normal(0, 1, (7, 200)).astype(np.float32)
        frame = FrameResult("strip", number, None, (7, 200), points, status="small", pixels=pixels)
        result = tracker.update(frame)
    assert [state.number for state in result.tracks] == [1]


def test_a_lower_rate_takes_longer() -> None:
    def first(rate: float) -> int:
        tracker = SequenceTracker(SHAPE, SearchSettings(false_tracks_per_hour=rate))
        frames = enumerate(noisy(40, 3.5))
        return next(k for k, (f, _) in frames if tracker.update(unseen(f, k)).tracks)

    assert first(1e6) < first(1e-6)


def test_a_shaking_camera_is_followed_and_its_motion_stated() -> None:
    rng, field = np.random.default_rng(5), texture(1)
    tracker, found, errors = SequenceTracker(SHAPE), [], []
    places = np.cumsum(rng.normal(0, 3, (36, 2)), axis=0)
    places = np.clip(places, -30, 30)
    for number, (x, y) in enumerate(places.tolist()):
        xy = 60 + 1.0 * number - x, 70 + 0.4 * number - y
        frame = 20 * seen_from(field, (x, y)) + rng.normal(0, 1, SHAPE) + speck(xy, 9.0)
        result = tracker.update(unseen((200 + frame).astype(np.float32), number))
        found.append(near(result.tracks, xy))
        if number:
            assert result.motion is not None
            step = places[number - 1] - places[number]
            errors.append(np.abs(np.array(result.motion) - step).max())
    assert np.median(errors) < 0.1
    assert all(found[-6:])


def test_lamps_and_hot_pixels_make_no_tracks() -> None:
    """The network gives them a weak score in every frame."""
    rng, tracker = np.random.default_rng(2), SequenceTracker(SHAPE)
    for number in range(60):
        frame = (100 + rng.normal(0, 1, SHAPE) + speck((90, 80), 12.0)).astype(np.float32)
        lamp = Points(np.array([[90, 80]]) + rng.normal(0, 0.3, (1, 2)), np.array([0.3]))
        shown = FrameResult("a.tif", number, None, SHAPE, Points.empty(), pixels=frame, weak=lamp)
        assert tracker.update(shown).tracks == ()


def test_a_target_that_the_network_is_sure_of_may_hover() -> None:
    tracker, seen = SequenceTracker(SHAPE), []
    rng = np.random.default_rng(0)
    for number in range(12):
        points = Points(np.array([[90, 80]]) + rng.normal(0, 0.2, (1, 2)), np.array([1.0]))
        result = tracker.update(FrameResult("a.tif", number, None, SHAPE, points))
        seen.append(len(result.points))
    assert seen[:2] == [0, 0]
    assert seen[6:] == [1] * 6
    assert result.track_ids == (1,)


@pytest.mark.parametrize("freeze", ["repeated", "shutter"])
def test_a_freeze_neither_ends_nor_begins_tracks(freeze: str) -> None:
    tracker, field = SequenceTracker(SHAPE), texture(2)
    rng, numbers = np.random.default_rng(1), []
    frame = np.zeros(SHAPE)
    for number in range(50):
        xy = 40 + 1.5 * number, 60.0
        frozen = 25 <= number < 37
        if not frozen:
            frame = 200 + 20 * field[40:-40, 40:-40] + rng.normal(0, 1, SHAPE) + speck(xy, 9.0)
        shown = 500 + rng.normal(0, 1, SHAPE) if frozen and freeze == "shutter" else frame
        result = tracker.update(unseen(shown.astype(np.float32), number))
        numbers.append([state.number for state in result.tracks])
        if frozen:
            assert not len(result.points)
            assert not any(state.detected for state in result.tracks)
    assert numbers[24] == [1]
    assert all(frame == [1] for frame in numbers[25:37])
    assert numbers[-1] == [1]
    assert near(result.tracks, xy)


def test_gaps_of_time_and_changing_rates_count_in_seconds() -> None:
    """A target that flies 60 px a second, seen at uneven times."""
    rng, tracker = np.random.default_rng(4), SequenceTracker(SHAPE)
    times = np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 10], 36))
    for number, time_s in enumerate(times.tolist()):
        points = Points(np.array([[20 + 60 * time_s, 80.0]]), np.array([0.99]))
        result = tracker.update(FrameResult("a.tif", number, time_s, SHAPE, points))
    (state,) = result.tracks
    step = 60 * (times[-1] - times[-2])
    assert state.number == 1
    assert (state.x, state.vx) == pytest.approx((20 + 60 * times[-1], step), rel=0.05)


def test_smoothing_adds_the_frames_before_a_track_was_certain() -> None:
    frames = list(noisy(40, 3.5))
    causal, smoother = SequenceTracker(SHAPE), Smoother(SequenceTracker(SHAPE))
    live = [causal.update(unseen(frame, k)) for k, (frame, _) in enumerate(frames)]
    done = [r for k, (frame, _) in enumerate(frames) for r in smoother.update(unseen(frame, k))]
    done += smoother.finish()
    assert [result.index for result in done] == list(range(40))
    first = next(k for k, result in enumerate(live) if result.tracks)
    begun = next(k for k, result in enumerate(done) if result.tracks)
    assert begun < first

    def rms(results: list[FrameResult]) -> float:
        off = [
            (state.x - xy[0], state.y - xy[1])
            for result, (_, xy) in zip(results[first:38], frames[first:38], strict=True)
            for state in result.tracks
        ]
        return float(np.sqrt(np.mean(np.square(off))))

    assert rms(done) < 0.9 * rms(live)
    for result in done:
        assert len(result.points) == len(result.tracks) == len(result.track_ids or ())


def test_a_frame_of_unknown_motion_takes_that_of_the_frames_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    field, rng = texture(), np.random.default_rng(9)
    tracker, motions = SequenceTracker(SHAPE), []
    for number in range(12):
        if number == 11:
            monkeypatch.setattr("irpoint.tracking.sequence.estimate", lambda *_: None)
        frame = 20 * seen_from(field, (1.5 * number, 0.0)) + rng.normal(0, 1, SHAPE)
        motions.append(tracker.update(unseen(frame.astype(np.float32), number)).motion)
    assert motions[-1] == pytest.approx(motions[-2], abs=0.2)
    assert motions[-2] == pytest.approx((-1.5, 0.0), abs=0.2)
