"""Points and tracks as layers of napari.

napari's rows are y, x, or frame, y, x; its pixel centres are at integers, as irpoint's. A layer is
the tuple that readers of napari return: ``(data, settings, type)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.exchange.columns import (
    POLARITY,
    TRACK,
    Column,
    measured_columns,
    points_of,
    polarities,
    track_numbers,
)
from irpoint.points import FrameResult, Points

Floats = npt.NDArray[np.float64]
PointsLayer = tuple[Floats, dict[str, Any], Literal["points"]]
TracksLayer = tuple[Floats, dict[str, Any], Literal["tracks"]]

# A ring, because napari's usual disc covers the target.
_STYLE = {"symbol": "ring", "face_color": "red", "size": 9}


def to_napari(found: Points | FrameResult | Iterable[FrameResult]) -> PointsLayer:
    """Points as a layer of napari: ``viewer.add_layer(napari.layers.Layer.create(*layer))``.

    Args:
        found: points, the result of a frame, or the results of a sequence.

    Returns:
        The data, float64 (N, 2) with the columns y, x, or for a sequence (N, 3) with the columns
        frame, y, x; the settings, whose ``features`` have the score, polarity and track number of
        each point, and every measured column if all points were measured; and ``"points"``. The
        frame is :attr:`irpoint.FrameResult.index` if all results have one source, such as a video,
        else the place in the sequence, such as among the images of a folder.
    """
    if isinstance(found, Points | FrameResult):
        data = points_of(found).xy[:, ::-1].astype(float)
        return data, _settings([found]), "points"
    results = list(found)
    rows = [
        np.insert(result.points.xy[:, ::-1].astype(float), 0, frame, axis=1)
        for frame, result in zip(_frames(results), results, strict=True)
    ]
    return np.concatenate([np.empty((0, 3)), *rows]), _settings(results), "points"


def to_napari_tracks(results: Iterable[FrameResult]) -> TracksLayer:
    """The tracks of a sequence as a layer of napari.

    Args:
        results: of a sequence, with tracks.

    Returns:
        The data, float64 (N, 4) with the columns track, frame, y, x, sorted by track and frame, the
        place being the filtered one; the settings, whose ``features`` state whether a point was
        detected there, and the probability of the track if it is known; and ``"tracks"``. Frames
        count as in :func:`to_napari`.

    Raises:
        SettingsError: if the results have no tracks, which napari does not accept.
    """
    listed = list(results)
    numbered = zip(_frames(listed), listed, strict=True)
    states = [(state, frame) for frame, result in numbered for state in result.tracks]
    if not states:
        raise SettingsError(
            "no tracks: give results of irpoint.pipeline.track_results with a confirmed track"
        )
    states.sort(key=lambda pair: (pair[0].number, pair[1]))
    data = np.array([(state.number, frame, state.y, state.x) for state, frame in states], float)
    features: dict[str, Column] = {"detected": np.array([state.detected for state, _ in states])}
    judged = [state.probability for state, _ in states if state.probability is not None]
    if len(judged) == len(states):
        features["probability"] = np.array(judged)
    return data, {"name": "irpoint tracks", "features": features}, "tracks"


def _frames(results: list[FrameResult]) -> list[int]:
    """The frame number of each result."""
    if len({result.source for result in results}) <= 1:
        return [result.index for result in results]
    return list(range(len(results)))


def _settings(
    found: list[Points] | list[FrameResult] | list[Points | FrameResult],
) -> dict[str, Any]:
    parts = [_features(one) for one in found if len(points_of(one))]
    # A column that some points lack, such as that of a track, is left out.
    names = [name for name in parts[0] if all(name in part for part in parts)] if parts else []
    features = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return {"name": "irpoint", "features": features, **_STYLE}


def _features(found: Points | FrameResult) -> dict[str, Column]:
    points, numbers = points_of(found), track_numbers(found)
    tracks = {} if numbers is None else {TRACK: numbers}
    named = {"score": points.score, POLARITY: polarities(points)}
    return named | tracks | measured_columns(found)
