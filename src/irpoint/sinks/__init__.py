"""Where detections go: point files, standard output, pictures."""

from irpoint.sinks.formats import FILE_NAMES, FORMATS, Format, FoundFrame
from irpoint.sinks.journal import Journal
from irpoint.sinks.overlays import OverlayFolder
from irpoint.sinks.writer import PointsWriter

__all__ = [
    "FILE_NAMES",
    "FORMATS",
    "Format",
    "FoundFrame",
    "Journal",
    "OverlayFolder",
    "PointsWriter",
]
