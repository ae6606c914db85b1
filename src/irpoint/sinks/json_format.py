"""Detections as JSON. Frames without points are listed too."""

from __future__ import annotations

from collections.abc import Sequence

from irpoint.points import FrameResult
from irpoint.sinks.format import (
    Columns,
    json_document,
    point_fields,
    rounded,
    status_field,
    time_field,
)


class JsonFormat:
    """``{"frames": [{"source", "frame", "status", "points": [{"x", "y", "score"}]}]}``.

    A frame of a source with a clock also has ``time_s``; a point of a track also has ``track``,
    and ``polarity`` if it is asked for. A measured point has the place that the network gave it,
    ``network_x, network_y``, and the fields :data:`irpoint.sinks.measured.MEASURED`. With a
    camera, a point has the fields :data:`irpoint.sinks.directions.DIRECTION`, and ``angles``,
    before the frames, states their unit and axes. If the card of the model knows what a score
    means, a point has ``probability``, and ``probability`` before the frames states the prior.
    """

    name, file_name = "json", "points.json"

    def text(self, results: Sequence[FrameResult], columns: Columns) -> str:
        """The content of the file."""
        listed = [
            {
                "source": result.source,
                "frame": result.index,
                **time_field(result),
                **status_field(result),
                "points": [
                    {"x": x, "y": y, "score": score, **fields}
                    for (x, y, score), fields in zip(
                        rounded(result.points), point_fields(result, columns), strict=True
                    )
                ],
            }
            for result in results
        ]
        return json_document({**columns.described(), "frames": listed})
