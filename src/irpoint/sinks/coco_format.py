"""Detections as a COCO dictionary of keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from irpoint._version import __version__
from irpoint.points import FrameResult
from irpoint.sinks.coco import CocoRecord
from irpoint.sinks.format import Columns, point_fields, rounded, status_field, time_field


class CocoFormat:
    """One image with ``status`` per frame, one keypoint annotation with ``score`` per point.

    A point of a track also has ``track``, and ``polarity`` if it is asked for. Measured points have
    the fields of :class:`irpoint.sinks.json_format.JsonFormat`; COCO allows fields of one's own.
    What holds for all points, such as the axes of directions, is in ``info``.
    """

    name, file_name = "coco", "points_coco.json"

    def text(self, results: Sequence[FrameResult], columns: Columns) -> str:
        """The content of the file."""
        record = CocoRecord()
        for result in results:
            height, width = result.shape
            frame: dict[str, Any] = {"height": height, "width": width, "frame": result.index}
            frame |= time_field(result) | status_field(result)
            record.add_image(file_name=result.source, **frame)
            points = zip(rounded(result.points), point_fields(result, columns), strict=True)
            for (x, y, score), fields in points:
                record.add_point(x, y, score=score, **fields)
        description = f"Points found by irpoint {__version__}; pixel centres at integers"
        return record.text(description=description, **columns.described())
