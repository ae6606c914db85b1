"""Write results: point files, standard output, pictures and videos."""

from irpoint.sinks.formats import FORMATS, find_format
from irpoint.sinks.journal import Journal
from irpoint.sinks.overlays import OverlayFolder
from irpoint.sinks.writer import PointsWriter

__all__ = ["FORMATS", "Journal", "OverlayFolder", "PointsWriter", "find_format"]
