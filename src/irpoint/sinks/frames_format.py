"""A list of the frames as CSV, beside the points: which were searched, and whether with success."""

from __future__ import annotations

import csv
import io

from irpoint.points import FrameResult
from irpoint.sinks.format import CLOCK, STATUS, Columns


class FramesFormat:
    """``source,frame,width,height,points,status``, then ``time_s`` if it is asked for."""

    name, file_name = "frames", "frames.csv"

    def header(self, columns: Columns) -> str:
        """The first line."""
        names = ["source", "frame", "width", "height", "points", STATUS, *[CLOCK] * columns.clock]
        return ",".join(names) + "\n"

    def lines(self, result: FrameResult, columns: Columns) -> str:
        """The line of one frame; ``time_s`` is empty if its source has no clock."""
        stream = io.StringIO()
        height, width = result.shape
        time = "" if result.time_s is None else f"{result.time_s:.3f}"
        row = [result.source, result.index, width, height, len(result.points), result.status]
        csv.writer(stream, lineterminator="\n").writerow(row + [time] * columns.clock)
        return stream.getvalue()
