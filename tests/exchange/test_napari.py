"""Points and tracks as layers of napari."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from irpoint.errors import SettingsError
from irpoint.exchange import to_napari, to_napari_tracks
from irpoint.points import FrameResult, Points, TrackState
from support.measured import COLUMNS, measured_points


def result(index: int, xy: list[tuple[float, float]], source: str = "a.tif") -> FrameResult:
    points = measured_points(xy, snr=float(index + 1))
    return FrameResult(source, index, None, (20, 30), points, track_ids=list(range(1, len(xy) + 1)))


def state(number: int, x: float, y: float, probability: float | None = None) -> TrackState:
    return TrackState(number, x, y, None, None, 0, 0, 3, number == 1, False, probability)


SEQUENCE = [
    replace(result(4, [(3, 4)]), tracks=(state(1, 3.5, 4.5, 0.75),)),
    result(5, []),
    replace(
        result(6, [(1, 2), (5, 6.5)]),
        tracks=(state(1, 1.25, 2.25, 0.5), state(2, 5.5, 6.75, 0.25)),
    ),
]


def test_rows_are_y_x_without_an_offset() -> None:
    data, settings, kind = to_napari(SEQUENCE[2])
    assert (data.tolist(), kind) == ([[2, 1], [6.5, 5]], "points")
    features = settings["features"]
    assert features["polarity"].tolist() == ["bright", "bright"]
    assert features["track"].tolist() == [1, 2]
    assert features["snr"].tolist() == [7, 7]
    assert {"score", *COLUMNS} <= features.keys()


def test_rows_of_a_sequence_are_frame_y_x() -> None:
    data, settings, _ = to_napari(iter(SEQUENCE))
    assert data.tolist() == [[4, 4, 3], [6, 2, 1], [6, 6.5, 5]]
    assert settings["features"]["snr"].tolist() == [5, 7, 7]


def test_images_of_a_folder_are_numbered_by_their_place() -> None:
    data, _, _ = to_napari([result(0, [(1, 2)], "a.png"), result(0, [(3, 4)], "b.png")])
    assert data.tolist() == [[0, 2, 1], [1, 4, 3]]


def test_no_points() -> None:
    data, settings, _ = to_napari(Points.empty())
    assert (data.shape, settings["features"]) == ((0, 2), {})
    assert to_napari([])[0].shape == (0, 3)


def test_a_column_that_some_points_lack_is_left_out() -> None:
    plain = replace(SEQUENCE[0], points=Points.labels([(3, 4)]))
    features = to_napari([plain, SEQUENCE[2]])[1]["features"]
    assert features.keys() == {"score", "polarity", "track"}
    assert all(len(column) == 3 for column in features.values())


def test_tracks_are_sorted_by_number_and_frame() -> None:
    data, settings, kind = to_napari_tracks(SEQUENCE)
    assert data.tolist() == [[1, 4, 4.5, 3.5], [1, 6, 2.25, 1.25], [2, 6, 6.75, 5.5]]
    assert settings["features"]["detected"].tolist() == [True, True, False]
    assert settings["features"]["probability"].tolist() == [0.75, 0.5, 0.25]
    assert kind == "tracks"


def test_no_tracks_are_an_error() -> None:
    with pytest.raises(SettingsError, match=r"no tracks: give results of irpoint\.pipeline"):
        to_napari_tracks([result(0, [(1, 2)])])


def test_napari_makes_the_layers() -> None:
    layers = pytest.importorskip("napari.layers", reason="napari is not installed")
    points = layers.Layer.create(*to_napari(SEQUENCE))
    np.testing.assert_array_equal(points.data, to_napari(SEQUENCE)[0])
    assert points.features["snr"].tolist() == [5, 7, 7]
    tracks = layers.Layer.create(*to_napari_tracks(SEQUENCE))
    np.testing.assert_array_equal(tracks.data, to_napari_tracks(SEQUENCE)[0])
    assert len(layers.Layer.create(*to_napari(Points.empty())).data) == 0
