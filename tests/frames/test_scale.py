"""Frame pixels ↔ network pixels: the position of a target after resize, padding and letterbox."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import SettingsError
from irpoint.frames.scale import InputScale, Placement, fit, letterbox, pad, to_network
from support.blobs import blob, centroid

NATIVE = InputScale()
SIDES = st.integers(16, 200)
few = settings(max_examples=40, deadline=None)


# --- input scale


@pytest.mark.parametrize(
    ("text", "shape", "size"),
    [
        ("native", (480, 640), (480, 640)), ("fit:512", (480, 640), (384, 512)),
        ("fit:512", (640, 480), (512, 384)), ("fit:512", (256, 256), (512, 512)),
        ("fit:512", (1, 9000), (1, 512)), ("fit:100", (33, 100), (33, 100)),
        ("fit:512", (4320, 7680), (288, 512)), ("fit:16", (3, 7), (7, 16)),
    ],
)  # fmt: skip
def test_fit_sets_the_longest_side(
    text: str, shape: tuple[int, int], size: tuple[int, int]
) -> None:
    scale = InputScale.parse(text)
    assert str(scale) == text
    assert scale.size(shape) == size
    assert fit(np.zeros(shape, np.float32), scale)[0].shape == size


@pytest.mark.parametrize(
    "text",
    ["", "fit", "fit:", "fit:-5", "fit:0", "fit:15", "fit:16385", "fit:5e2", "fit:5.5", "fit: 512",
     "Native", "512", "fit:512:3", "fill:512", "fit:²", "fit:٥١٢"],
)  # fmt: skip
def test_another_text_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError, match="give 'native' or 'fit:N'") as error:
        InputScale.parse(text)
    assert "\n" not in str(error.value)


# --- coordinates


@given(
    shape=st.tuples(SIDES, SIDES),
    longest=SIDES,
    corner=st.booleans(),
    xy=st.tuples(st.floats(-50, 300), st.floats(-50, 300)),
)
@few
def test_the_two_conversions_are_inverse(
    shape: tuple[int, int], longest: int, corner: bool, xy: tuple[float, float]
) -> None:
    frame = np.zeros(shape, np.float32)
    place = letterbox(frame, longest)[1] if corner else fit(frame, InputScale(longest))[1]
    point = np.array([xy])
    assert place.to_frame(place.to_network(point)) == pytest.approx(point, abs=1e-9)
    assert place.to_network(place.to_frame(point)) == pytest.approx(point, abs=1e-9)


@given(shape=st.tuples(SIDES, SIDES), longest=SIDES, seed=st.integers(0, 99))
@few
def test_pixel_edges_stay_in_place(shape: tuple[int, int], longest: int, seed: int) -> None:
    """Network x = (frame x + ½)·s − ½, where s is the ratio of the actual sides."""
    image, place = fit(np.zeros(shape, np.float32), InputScale(longest))
    ratio = np.array(image.shape[::-1]) / shape[::-1]
    xy = np.random.default_rng(seed).uniform(-9, 300, (5, 2))
    assert place.to_network(xy) == pytest.approx((xy + 0.5) * ratio - 0.5, abs=1e-9)
    last = np.array([[-0.5, -0.5], np.array(shape[::-1]) - 0.5])
    assert place.to_network(last)[0] == pytest.approx([-0.5, -0.5])
    assert place.to_network(last)[1] == pytest.approx(np.array(image.shape[::-1]) - 0.5)


def test_no_points_are_converted_to_no_points() -> None:
    place = Placement((2.0, 2.0), (0.5, 0.5))
    assert place.to_network(np.empty((0, 2), np.float32)).shape == (0, 2)
    assert place.to_frame(np.empty((0, 2), np.float32)).shape == (0, 2)


# --- resize


@pytest.mark.parametrize("longest", [37, 64, 100, 150, 161, 320, 512])
@given(x=st.floats(45, 105), y=st.floats(40, 75))
@settings(max_examples=8, deadline=None)
def test_the_placement_gives_the_position_of_a_blob(longest: int, x: float, y: float) -> None:
    frame = blob((121, 150), (x, y), 4.0)
    image, place = fit(frame, InputScale(longest))
    assert centroid(image) == pytest.approx(place.to_network(np.array([x, y])), abs=0.05)


@pytest.mark.parametrize("shape", [(512, 640), (2048, 2560), (480, 640)])
def test_shrinking_keeps_the_flux_of_a_target_of_one_pixel(shape: tuple[int, int]) -> None:
    """At any position; the sum over network pixels falls with the area."""
    scale = InputScale(256)
    sums = []
    for x, y in np.random.default_rng(0).integers(20, np.array(shape[::-1]) - 20, (20, 2)):
        frame = np.zeros(shape, np.float32)
        frame[y, x] = 1000.0
        image, place = fit(frame, scale)
        sums.append(image.sum() * place.factor[0] * place.factor[1])
    assert sums == pytest.approx([1000.0] * 20, rel=0.04)


def test_shrinking_averages_and_enlarging_keeps_the_range() -> None:
    frame = np.random.default_rng(1).uniform(0.2, 0.9, (300, 400)).astype(np.float32)
    small, _ = fit(frame, InputScale(100))
    large, _ = fit(frame, InputScale(800))
    assert small.mean() == pytest.approx(frame.mean(), rel=2e-3)
    assert small.std() < 0.5 * frame.std()  # averaged, not picked
    assert large.mean() == pytest.approx(frame.mean(), rel=2e-3)
    assert 0.2 <= large.min() <= large.max() <= 0.9


def test_a_frame_at_its_own_scale_is_returned_as_it_is() -> None:
    frame = np.random.default_rng(2).normal(0, 1, (48, 64)).astype(np.float32)
    for scale in (NATIVE, InputScale(64)):
        image, place = fit(frame, scale)
        assert image is frame
        assert place == Placement((1.0, 1.0), (0.0, 0.0))


# --- padding


@pytest.mark.parametrize("shape", [(8, 8), (12, 24), (13, 25), (1, 1), (3, 14)])
@pytest.mark.parametrize("multiple", [1, 4, 32])
def test_padding_repeats_the_last_row_and_column(shape: tuple[int, int], multiple: int) -> None:
    frame = np.random.default_rng(3).normal(0, 1, shape).astype(np.float32)
    padded = pad(frame, multiple)
    height, width = shape
    assert all(
        side % multiple == 0 and 0 <= side - max(was, 3 * multiple) < multiple
        for side, was in zip(padded.shape, shape, strict=True)
    )
    assert np.array_equal(padded[:height, :width], frame)
    assert (padded[height:, :width] == frame[-1]).all()
    assert (padded[:, width:] == padded[:, width - 1 : width]).all()


@pytest.mark.parametrize(("text", "size"), [("native", (124, 152)), ("fit:64", (52, 64))])
def test_half_pixel_input_is_padded_at_the_far_edges_only(text: str, size: tuple[int, int]) -> None:
    frame = blob((121, 150), (70.3, 40.8), 4.0)
    image, place = to_network(frame, InputScale.parse(text), "half-pixel", 4)
    assert image.shape == size
    assert image.dtype == np.float32
    assert centroid(image) == pytest.approx(place.to_network(np.array([70.3, 40.8])), abs=0.05)


# --- published letterbox


@pytest.mark.parametrize("n", [256, 512, 300])
def test_cells_lie_on_the_published_lattice(n: int) -> None:
    """Cell i of a published map, network pixel 4i, is frame pixel 4i·(n − 1)/511."""
    place = letterbox(np.zeros((n, n), np.float32), 512)[1]
    cells = np.array([[0.0, 0.0], [17.0, 90.25], [127.75, 3.5]])
    assert place.to_frame(4 * cells) == pytest.approx(4 * cells * (n - 1) / 511)
    assert place.to_frame(np.array([511.0, 511.0])) == pytest.approx([n - 1, n - 1])


def test_corner_pixels_keep_their_values() -> None:
    frame = np.random.default_rng(4).uniform(1, 2, (100, 100)).astype(np.float32)
    image = letterbox(frame, 512)[0]
    for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert image[row, column] == pytest.approx(frame[row, column], abs=1e-3)
    same = letterbox(frame, 100)[0]
    assert same == pytest.approx(frame, abs=1e-5)


@pytest.mark.parametrize(
    ("shape", "side"), [((256, 256), 512), ((121, 150), 512), ((150, 121), 320), ((480, 640), 512)]
)
@given(part=st.tuples(st.floats(0.3, 0.7), st.floats(0.3, 0.7)))
@settings(max_examples=8, deadline=None)
def test_the_placement_gives_the_position_of_a_blob_in_the_letterbox(
    shape: tuple[int, int], side: int, part: tuple[float, float]
) -> None:
    xy = np.array(part) * np.array(shape[::-1])
    image, place = letterbox(blob(shape, xy, 4.0), side)
    assert image.shape == (side, side)
    assert centroid(image) == pytest.approx(place.to_network(xy), abs=0.05)


@pytest.mark.parametrize("shape", [(60, 100), (100, 60)])
def test_the_frame_is_centred_in_a_letterbox_of_zeros(
    shape: tuple[int, int],
) -> None:
    image, place = letterbox(np.full(shape, 2.0, np.float32), 512)
    middle = (np.array(shape[::-1]) - 1) / 2
    assert place.to_network(middle) == pytest.approx([255.5, 255.5])
    across = image if shape[0] < shape[1] else image.T
    low = 255.5 - 59 / 2 * 511 / 99
    rows = across[:, 256]
    assert (rows[: int(low) - 4] == 0).all()
    assert rows[int(low) + 4 : 507 - int(low)] == pytest.approx(2.0)
    assert rows == pytest.approx(rows[::-1], abs=1e-5)


def test_corner_input_is_the_letterbox_and_needs_a_size() -> None:
    frame = blob((121, 150), (70.3, 40.8), 4.0)
    image, place = to_network(frame, InputScale(512), "corner", 4)
    wanted, wanted_place = letterbox(frame, 512)
    assert np.array_equal(image, wanted)
    assert place == wanted_place
    with pytest.raises(SettingsError, match="corner"):
        to_network(frame, NATIVE, "corner", 4)
