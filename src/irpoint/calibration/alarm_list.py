"""The false alarms that remain at the chosen threshold, as CSV: to look at, and to mask."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from irpoint.calibration.events import find_events
from irpoint.calibration.searched import Searched
from irpoint.sinks.writer import save

FILE = "false_alarms.csv"


def write_alarms(folder: Path, searched: Searched, threshold: float) -> None:
    """Write ``source,frame,x,y,score,event``, highest score first.

    Raises:
        SettingsError: if the file cannot be written.
    """
    alarms = searched.alarms.above(threshold)
    event = find_events(alarms)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["source", "frame", "x", "y", "score", "event"])
    for k in np.argsort(-alarms.score, kind="stable").tolist():
        result, (x, y) = searched.results[int(alarms.frame[k])], alarms.xy[k]
        score = f"{alarms.score[k]:.4f}"
        writer.writerow([result.source, result.index, f"{x:.3f}", f"{y:.3f}", score, event[k]])
    save(folder / FILE, stream.getvalue().encode("utf-8", "surrogateescape"))
