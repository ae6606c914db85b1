"""Detections as JSON. Frames without points are listed too."""

from __future__ import annotations

from collections.abc import Sequence

from irpoint.points import FrameResult
from irpoint.sinks.format import json_document, rounded, time_field, track_field, track_numbers


class JsonFormat:
    """``{"frames": [{"source", "frame", "points": [{"x", "y", "score"}]}]}``.

    A frame of a source with a clock also has ``time_s``; a point of a track also has ``track``.
    """

    name, file_name = "json", "points.json"

    def text(self, results: Sequence[FrameResult]) -> str:
        """The content of the file."""
        listed = [
            {
                "source": result.source,
                "frame": result.index,
                **time_field(result),
                "points": [
                    {"x": x, "y": y, "score": score, **track_field(number)}
                    for (x, y, score), number in zip(
                        rounded(result.points), track_numbers(result), strict=True
                    )
                ],
            }
            for result in results
        ]
        return json_document({"frames": listed})
