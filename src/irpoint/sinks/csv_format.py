"""Detections as CSV: one line per point; no line for a frame without points."""

from __future__ import annotations

import csv
import io

from irpoint.points import FrameResult
from irpoint.sinks.directions import DIRECTION, direction_cells
from irpoint.sinks.format import CLOCK, POLARITY, TRACK, Columns, polarities, rounded, track_numbers
from irpoint.sinks.measured import MEASURED, measured_cells
from irpoint.sinks.probability import PROBABILITY, probability_cells

COLUMNS = ("source", "frame", "x", "y", "score")


class CsvFormat:
    """``source,frame,x,y,score``, then those of ``time_s,track,polarity`` that are asked for.

    The columns of measured points follow, see :data:`irpoint.sinks.measured.MEASURED`, then those
    of directions, see :data:`irpoint.sinks.directions.DIRECTION`, and ``probability``.
    """

    name, file_name = "csv", "points.csv"

    def header(self, columns: Columns) -> str:
        """The first line."""
        optional = {CLOCK: columns.clock, TRACK: columns.tracks, POLARITY: columns.polarity}
        names = [*COLUMNS, *(name for name, wanted in optional.items() if wanted)]
        names += [*(MEASURED if columns.measured else ()), *(DIRECTION if columns.angles else ())]
        names += [PROBABILITY] if columns.odds else []
        return ",".join(names) + "\n"

    def lines(self, result: FrameResult, columns: Columns) -> str:
        """The lines of one frame; ``time_s`` is empty if its source has no clock."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        time = "" if result.time_s is None else f"{result.time_s:.3f}"
        points = zip(
            rounded(result.points),
            track_numbers(result),
            polarities(result.points),
            measured_cells(result.points.measured, len(result.points)),
            direction_cells(result.angles, len(result.points)),
            probability_cells(result.points, columns.odds),
            strict=True,
        )
        for (x, y, score), number, kind, measured, direction, probability in points:
            row = [result.source, result.index, f"{x:.3f}", f"{y:.3f}", f"{score:.4f}"]
            row += [time] * columns.clock + [number] * columns.tracks + [kind] * columns.polarity
            row += measured if columns.measured else []
            row += direction if columns.angles else []
            writer.writerow(row + probability)
        return stream.getvalue()
