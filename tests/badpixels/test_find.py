"""Bad pixels in sequences with known ones."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from irpoint.badpixels import BadPixel, BadPixelFinder, BadPixels, find_bad_pixels
from irpoint.errors import FrameError, IrpointWarning
from irpoint.simulate import SimulatedSequence
from support.sequences import frames_of, moving_sequence


def quietly(frames: list[np.ndarray]) -> BadPixels:
    """The result, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return find_bad_pixels(frames)


@pytest.fixture(scope="module")
def known() -> tuple[SimulatedSequence, list[np.ndarray]]:
    """A sequence with bad pixels, and its frames."""
    sequence = moving_sequence(bits=14)
    return sequence, frames_of(sequence)


def shown_bad(sequence: SimulatedSequence) -> np.ndarray:
    """Kinds of the bad pixels, without blinking ones that are hardly ever wrong."""
    kinds = sequence.detector.kinds.copy()
    rare = sequence.detector.states.sum(axis=0) < 3
    kinds.ravel()[sequence.detector.blinking[rare]] = BadPixel.GOOD
    return kinds


def check(sequence: SimulatedSequence, found: BadPixels, share: float = 0.99) -> None:
    """Nearly all bad pixels are found, and no good one."""
    bad = shown_bad(sequence) > 0
    assert (found.mask[bad] > 0).mean() >= share
    assert not (found.mask[~sequence.detector.bad] > 0).any()


def test_bad_pixels_are_found_and_nothing_else(known: Any) -> None:
    sequence, frames = known
    found = quietly(frames)
    check(sequence, found)
    assert found.frames == 80
    assert found.unused == {}
    assert not found.still
    assert 50 < found.motion < 90
    assert set(np.unique(found.mask)) == {0, 255}
    assert found.mask.dtype == np.uint8


def test_kinds_are_told_apart(known: Any) -> None:
    sequence, frames = known
    kinds, found = shown_bad(sequence), quietly(frames)
    for kind in (BadPixel.DEAD, BadPixel.HOT, BadPixel.BLINKING):
        assert (found.kinds[kinds == kind] == kind).mean() > 0.8, kind
    # A stuck pixel is called dead or hot if it is always far from its surroundings.
    assert (found.kinds[kinds == BadPixel.STUCK] == BadPixel.STUCK).mean() > 0.3
    assert sum(found.counts.values()) == (found.kinds > 0).sum()
    assert list(found.counts) == ["dead", "hot", "stuck", "blinking"]


@pytest.mark.parametrize(
    "values",
    [
        {"bits": 8},
        {"bits": 8, "artefacts": {"agc": "plateau"}},
        {"scene": "land", "pan": (0, 0), "jitter": 5.0, "bits": 16},
        {"artefacts": {"kelvin_per_count": 0.04}},
        {"psf_sigma": (0.5, 0.5), "snr": (50, 80), "bits": 14},
    ],
)
def test_other_cameras_and_motions(values: dict[str, Any]) -> None:
    sequence = moving_sequence(**values)
    check(sequence, quietly(frames_of(sequence)), 0.98)


@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 0.01), (np.int32, -3), (np.float64, 1)])
def test_type_scale_and_sign_do_not_matter(known: Any, dtype: type, scale: float) -> None:
    sequence, frames = known
    found = quietly([(frame.astype(float) * scale).astype(dtype) for frame in frames])
    check(sequence, found)


def test_pixels_that_show_no_scene_are_not_bad() -> None:
    overlays = {"telemetry": 2, "border": 4, "text": 2, "text_size": 12}
    sequence = moving_sequence(bits=14, artefacts=overlays)
    covered = ndimage.binary_dilation(sequence[0].mask, iterations=3)
    found = quietly(frames_of(sequence))
    assert not (found.mask[sequence[0].mask] > 0).any()
    assert found.not_scene >= 0.9 * sequence[0].mask.sum()
    bad = (shown_bad(sequence) > 0) & ~covered
    assert (found.mask[bad] > 0).mean() >= 0.9
    assert not (found.mask[~sequence.detector.bad] > 0).any()


def test_frames_without_a_scene_do_not_count(known: Any) -> None:
    sequence, frames = known
    blank, full = np.full_like(frames[0], 7), np.full_like(frames[0], 16383)
    full[:5] = 0
    mixed = [blank, *frames[:40], blank, full, frames[40], frames[40], *frames[41:]]
    found = quietly(mixed)
    assert found.frames == 80
    assert found.unused == {"blank": 2, "saturated": 1, "repeated": 1}
    check(sequence, found)


def test_a_camera_that_stands_still_is_reported_and_targets_are_spared() -> None:
    still = {"pan": (0, 0), "speed": (0, 0), "motions": ["straight"], "scene": "clutter"}
    sequence = moving_sequence(bits=14, **still)
    with pytest.warns(IrpointWarning, match="a standing target cannot be told from a hot pixel"):
        found = find_bad_pixels(frames_of(sequence))
    assert found.still
    assert not (found.mask[~sequence.detector.bad] > 0).any()
    assert (found.mask[shown_bad(sequence) > 0] > 0).mean() > 0.9


def test_targets_that_cross_slowly_are_not_bad_pixels() -> None:
    none = {"bad_pixels": 0.0, "stuck_pixels": 0.0, "blinking_pixels": 0.0, "snr": (50, 100)}
    for camera in ({"jitter": 4.0}, {"pan": (0.5, 0.0)}):
        sequence = moving_sequence(40, targets=(8, 8), speed=(0.1, 0.5), **none, **camera)
        with pytest.warns(IrpointWarning, match="40 frames"):
            assert not find_bad_pixels(frames_of(sequence)).mask.any()


def test_too_few_frames_and_other_sizes_are_refused(known: Any) -> None:
    frames = known[1]
    with pytest.raises(FrameError, match="29 usable frames: bad pixels need at least 30"):
        find_bad_pixels(frames[:29])
    with pytest.raises(FrameError, match=r"0 usable frames \(3 blank\)"):
        find_bad_pixels([np.zeros((8, 9), np.uint8)] * 3)
    with pytest.raises(FrameError, match="0 usable frames"):
        find_bad_pixels([])
    finder = BadPixelFinder()
    finder.add(frames[0])
    with pytest.raises(FrameError, match="64x96 pixels, but the frames before have 128x96"):
        finder.add(frames[0][:, :64])
    with pytest.warns(IrpointWarning, match="30 frames: pixels that are stuck"):
        find_bad_pixels(frames[:30])


def test_scaled_or_stabilised_frames_look_wrong() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(100, 10, (60, 64, 64))
    noise[:, ::3, ::3] += 500
    with pytest.warns(IrpointWarning) as caught:
        find_bad_pixels(list(noise.astype(np.uint16)))
    assert any("11.8 % of the pixels look bad" in str(one.message) for one in caught)
