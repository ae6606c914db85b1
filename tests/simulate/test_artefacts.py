"""Camera artefacts: exact masks, any type and size, the same frames for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import SettingsError
from irpoint.simulate import Artefacts, add_artefacts

# One of each that replaces pixels and leaves the others alone.
REPLACING: dict[str, dict[str, Any]] = {
    "saturation": {"saturation": 0.2},
    "cold saturation": {"saturation": 0.2, "saturation_rail": "low"},
    "sun": {"sun": 4.0, "sun_halo": 0.0},
    "rotation": {"rotation": 6.0},
    "aperture": {"aperture": 0.9},
    "border": {"border": 3, "border_sides": "left,top", "border_noise": 2.0},
    "edge line": {"edge_line": 2, "edge_sides": "right,bottom"},
    "rectangles": {"nodata": 0.2},
    "irregular": {"nodata": 0.2, "nodata_shape": "irregular"},
    "scattered": {"nodata": 0.05, "nodata_shape": "scattered", "nodata_value": "high"},
    "reticle": {"reticle": "crosshair,box,bars,scale", "overlay_thickness": 2},
    "text": {"text": 3},
    "smooth text": {"text": 3, "overlay_smooth": True, "overlay_value": "low"},
    "telemetry": {"telemetry": 2},
    "telemetry columns": {"telemetry": 3, "telemetry_side": "left"},
}
TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32", "float64")


def scene(shape: tuple[int, int], dtype: str = "uint16", seed: int = 0) -> np.ndarray:
    """A gradient with noise, away from the ends of every type."""
    rng = np.random.default_rng(seed)
    values = 40 + 40 * np.linspace(0, 1, shape[1])[None, :] + 5 * rng.standard_normal(shape)
    return values.astype(dtype)


def add(frame: np.ndarray, seed: int = 0, bits: int | None = None, **values: Any) -> Any:
    return add_artefacts(frame, Artefacts.checked(**values), np.random.default_rng(seed), bits)


def test_by_default_a_frame_is_untouched_and_no_random_number_is_drawn() -> None:
    frame, rng = scene((20, 30)), np.random.default_rng(1)
    result, mask = add_artefacts(frame, Artefacts(), rng)
    assert result is frame
    assert not mask.any()
    assert rng.integers(2**63) == np.random.default_rng(1).integers(2**63)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(REPLACING)),
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    dtype=st.sampled_from(TYPES),
    seed=st.integers(0, 2**32),
)
def test_pixels_outside_the_mask_are_bit_equal(
    kind: str, height: int, width: int, dtype: str, seed: int
) -> None:
    frame = scene((height, width), dtype)
    before = frame.copy()
    result, mask = add(frame, seed, **REPLACING[kind])
    np.testing.assert_array_equal(frame, before)
    assert (result.shape, result.dtype) == (frame.shape, frame.dtype)
    assert (mask.shape, mask.dtype) == (frame.shape, bool)
    np.testing.assert_array_equal(result[~mask], frame[~mask])
    again, same = add(frame, seed, **REPLACING[kind])
    np.testing.assert_array_equal(result, again)
    np.testing.assert_array_equal(mask, same)


@pytest.mark.parametrize("kind", sorted(REPLACING))
def test_the_mask_covers_what_changes(kind: str) -> None:
    frame = scene((120, 160))
    result, mask = add(frame, 3, **REPLACING[kind])
    assert 0 < mask.mean() < 0.6
    assert (result != frame)[mask].mean() > 0.9


def test_artefacts_do_not_change_each_others_randomness() -> None:
    frame = scene((80, 100))
    both, mask = add(frame, 5, nodata=0.1, text=2, telemetry=2)
    _, nodata = add(frame, 5, nodata=0.1)
    alone, text = add(frame, 5, text=2)
    lines, telemetry = add(frame, 5, telemetry=2)
    np.testing.assert_array_equal(mask, nodata | text | telemetry)
    np.testing.assert_array_equal(both[telemetry], lines[telemetry])
    np.testing.assert_array_equal(both[text & ~telemetry], alone[text & ~telemetry])


def test_a_border_has_its_width_and_value_at_its_sides() -> None:
    result, mask = add(scene((20, 30)), border=4, border_sides="left,bottom", border_value=7)
    expected = np.zeros((20, 30), bool)
    expected[:, :4] = expected[16:] = True
    np.testing.assert_array_equal(mask, expected)
    assert (result[mask] == 7).all()
    _, everything = add(scene((20, 30)), border=4000)
    assert everything.all()


def test_wedges_lie_outside_the_turned_frame_and_have_interpolated_edges() -> None:
    frame = np.full((101, 101), 100, np.uint8)
    result, mask = add(frame, rotation=45)
    down, right = np.mgrid[-50:51, -50:51]
    beyond = np.maximum(abs(down + right), abs(down - right)) / np.sqrt(2) - 50
    np.testing.assert_array_equal(mask, beyond > 0)
    assert (result[beyond >= 1] == 0).all()
    between = (beyond > 0.1) & (beyond < 0.9)
    np.testing.assert_allclose(result[between], 100 * (1 - beyond[between]), atol=0.51)


def test_an_aperture_is_a_circle_about_the_centre() -> None:
    result, mask = add(np.full((41, 61), 100, np.uint16), aperture=0.5, border_value="high")
    radius = np.hypot(*np.mgrid[-20:21, -30:31])
    assert (result[radius > 10.8] == 65535).all()
    assert not mask[radius < 9.7].any()


@pytest.mark.parametrize(("bits", "high"), [(None, 65535), (14, 16383), (12, 4095)])
def test_rails_are_those_of_the_bits_in_use(bits: int | None, high: int) -> None:
    frame = scene((64, 64))
    line, mask = add(frame, bits=bits, edge_line=1)
    assert (line[mask] == high).all()
    inverted, _ = add(frame, bits=bits, black_hot=True)
    np.testing.assert_array_equal(inverted, high - frame)


@pytest.mark.parametrize("dtype", TYPES)
def test_black_hot_reverses_the_order_and_masks_nothing(dtype: str) -> None:
    frame = np.arange(20 * 16).reshape(20, 16).astype(dtype) % 100
    result, mask = add(frame, black_hot=True)
    assert not mask.any()
    order = np.argsort(frame, axis=None, kind="stable")
    assert (np.diff(result.ravel()[order].astype(float)) <= 0).all()
    if dtype.startswith("float"):
        assert (result.min(), result.max()) == (frame.min(), frame.max())


def test_a_saturated_area_follows_the_scene() -> None:
    frame = scene((64, 80))
    result, mask = add(frame, bits=14, saturation=0.25)
    assert mask.mean() == pytest.approx(0.25, abs=0.02)
    assert (result[mask] == 16383).all()
    assert frame[mask].mean() > frame[~mask].mean() + 20
    flat, nothing = add(np.full((32, 32), 9, np.uint8), saturation=0.25)
    assert not nothing.any()
    assert (flat == 9).all()


def test_the_glare_of_a_sun_adds_to_the_scene_and_ends() -> None:
    frame = scene((200, 200))
    result, mask = add(frame, 2, bits=14, sun=10, sun_halo=2)
    assert (result[mask] == 16383).all()
    assert (result >= frame).all()
    rows, columns = np.nonzero(mask)
    y, x = rows.mean(), columns.mean()
    distance = np.hypot(*(np.indices(frame.shape) - np.array([y, x])[:, None, None]))
    assert (result[distance > 31.5] == frame[distance > 31.5]).all()
    _, disc = add(frame, 2, bits=14, sun=10, sun_halo=0)
    assert disc.sum() == pytest.approx(np.pi * 10**2, rel=0.03)
    glare = result - frame.astype(int)
    assert glare[(distance > 12) & (distance < 14)].mean() > 1000


def test_telemetry_has_words_of_16_bits_and_zeros_after_them() -> None:
    result, mask = add(scene((122, 160)), 1, bits=14, telemetry=2, telemetry_fill=0.5)
    assert mask[-2:].all()
    assert not mask[:-2].any()
    assert result[-2:].max() > 16383
    assert (result[-2:, 80:] == 0).all()
    top, at_top = add(scene((122, 160)), 1, telemetry=2, telemetry_fill=0.5, telemetry_side="top")
    assert at_top[:2].all()
    np.testing.assert_array_equal(top[:2], result[-2:])
    octets, _ = add(scene((122, 160), "uint8"), 1, telemetry=2, telemetry_fill=0.5)
    columns, _ = add(scene((160, 122)), 1, telemetry=2, telemetry_fill=0.5, telemetry_side="left")
    np.testing.assert_array_equal(columns[:, :2].T, result[-2:])
    np.testing.assert_array_equal(octets[-2:].tobytes(), result[-2:, :80].astype(">u2").tobytes())


def test_nodata_in_temperatures() -> None:
    frame = scene((64, 64)) + 7000
    result, mask = add(frame, kelvin_per_count=0.04, nodata=0.1, nodata_value="nan")
    assert result.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(result), mask)
    np.testing.assert_allclose(result[~mask], frame[~mask] * 0.04, rtol=1e-6)
    result, mask = add(frame, kelvin_per_count=0.04, nodata=0.1, nodata_value=-9999, telemetry=1)
    assert (result[:-1][mask[:-1]] == -9999).all()
    assert 0 <= result[-1].min() <= result[-1].max() <= 65535 * 0.04


def test_frames_that_are_not_finite_stay_so_outside_the_mask() -> None:
    frame = scene((64, 64), "float32")
    frame[::7, ::5] = np.nan
    frame[3, 3] = np.inf
    for kind, values in REPLACING.items():
        result, mask = add(frame, 1, **values)
        np.testing.assert_array_equal(result[~mask], frame[~mask], err_msg=kind)


@pytest.mark.parametrize("size", ["text", "reticle"])
def test_an_outline_surrounds_the_ink(size: str) -> None:
    values: dict[str, Any] = {"text": 4} if size == "text" else {"reticle": "box,crosshair"}
    frame = np.full((100, 120), 90, np.uint8)
    result, mask = add(frame, 1, **values)
    assert set(np.unique(result)) == {0, 90, 255}
    plain, ink = add(frame, 1, overlay_outline=False, **values)
    assert set(np.unique(plain)) == {90, 255}
    np.testing.assert_array_equal(result == 255, ink)
    assert (mask & ~ink).sum() > 0.5 * ink.sum()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"border": -1}, "artefacts.border"),
        ({"border_sides": "left,up"}, "artefacts.border_sides"),
        ({"nodata": 2}, "artefacts.nodata"),
        ({"reticle": "cross"}, "artefacts.reticle"),
        ({"bordr": 1}, "artefacts.bordr: unknown name"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        Artefacts.checked(**values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [-9999, 256, "nan"])
def test_a_value_that_the_type_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"nodata_value: .* does not fit in uint8 frames"):
        add(scene((20, 20), "uint8"), nodata=0.1, nodata_value=value)


def test_other_arrays_are_refused() -> None:
    shapes = ((4, 4, 3), np.uint8), ((4, 4), complex), ((4, 4), bool), ((0, 4), np.uint8)
    for frame in (np.zeros(shape, dtype) for shape, dtype in shapes):
        with pytest.raises(SettingsError, match="give \\(H, W\\) integers or floats"):
            add(frame, border=1)
