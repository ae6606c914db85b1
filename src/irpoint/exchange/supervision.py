"""Points as detections and key points of supervision, and detections as points.

supervision counts from the outer corner of the top-left pixel, so that pixel i covers i to i + 1
and ``frame[y1:y2, x1:x2]`` is the content of a box. irpoint counts from the centre of that pixel:
half a pixel less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from irpoint.errors import SettingsError
from irpoint.exchange.columns import (
    measured_columns,
    measurement_of,
    points_of,
    polarities,
    track_numbers,
)
from irpoint.points import FrameResult, Points
from irpoint.system.extras import import_library

if TYPE_CHECKING:
    import supervision

_NEEDED = "supervision>=0.29"  # key points with a confidence of their own
_CLASS_NAME = "class_name"  # the name that supervision's annotators look for


def to_supervision(found: Points | FrameResult, side: float = 5.0) -> supervision.Detections:
    """Points as detections: a square box around each point.

    Args:
        found: points, or the result of a frame.
        side: width and height of the boxes in pixels, > 0. Give a larger one to trackers that
            match boxes by their overlap: a target that moves by more than ``side`` per frame is
            lost.

    Returns:
        Detections in the order of the points. ``confidence`` is the score, ``class_id`` 0 for
        bright and 1 for dark, ``tracker_id`` the track number, ``data["class_name"]`` the polarity.
        If the points were measured, ``data`` has every column of ``irpoint detect``'s CSV: ``snr``,
        ``x_std``, ``flags`` and so on. The boxes may extend beyond the frame.

    Raises:
        SettingsError: if supervision is not installed, or ``side`` is not > 0.
    """
    if not (side > 0 and np.isfinite(side)):
        raise SettingsError(f"side {side}: give the size of the boxes in pixels, above 0")
    centre = points_of(found).xy.astype(float) + 0.5
    boxes = np.concatenate([centre - side / 2, centre + side / 2], axis=1)
    detections: supervision.Detections = _library().Detections(
        xyxy=boxes,
        confidence=points_of(found).score.copy(),
        tracker_id=track_numbers(found),
        **_classes(found),
    )
    return detections


def to_supervision_keypoints(found: Points | FrameResult) -> supervision.KeyPoints:
    """Points as objects of one key point each.

    Returns:
        Key points, ``xy`` of the shape (N, 1, 2), in the order of the points; scores, classes and
        ``data`` as in :func:`to_supervision`. Track numbers are in ``data["tracker_id"]``, because
        key points have no field for them.

    Raises:
        SettingsError: if supervision is not installed.
    """
    points, numbers = points_of(found), track_numbers(found)
    fields = _classes(found)
    if numbers is not None:
        fields["data"]["tracker_id"] = numbers
    library = _library()
    try:
        key_points: supervision.KeyPoints = library.KeyPoints(
            xy=points.xy[:, None] + np.float32(0.5),
            keypoint_confidence=points.score[:, None].copy(),
            detection_confidence=points.score.copy(),
            **fields,
        )
    except TypeError as error:
        found_version = getattr(library, "__version__", "an older one")
        raise SettingsError(
            f"supervision {found_version}: too old; run pip install '{_NEEDED}'"
        ) from error
    return key_points


def from_supervision(detections: supervision.Detections) -> Points:
    """The centres of detections as points, such as those that a zone or a tracker has kept.

    Args:
        detections: of :func:`to_supervision`, or of any detector.

    Returns:
        Points in the order of the detections. The score is ``confidence``, or 1 if there is none. A
        detection is dark if its ``class_name`` says so. The measurements are those of
        :func:`to_supervision`; None if the detections have no such columns. Track numbers are
        ``detections.tracker_id``.
    """
    boxes = np.asarray(detections.xyxy, float).reshape(-1, 4)
    score = np.ones(len(boxes)) if detections.confidence is None else detections.confidence
    names = detections.data.get(_CLASS_NAME)
    dark = None if names is None else np.asarray(names) == "dark"
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 - 0.5
    return Points(centre, score, dark, measurement_of(detections.data))  # type: ignore[arg-type]


def _classes(found: Points | FrameResult) -> dict[str, Any]:
    points = points_of(found)
    data = {_CLASS_NAME: polarities(points), **measured_columns(found)}
    return {"class_id": points.dark.astype(int), "data": data}


def _library() -> Any:
    return import_library("supervision", "this conversion", _NEEDED, SettingsError)
