"""Write results: point files, standard output, pictures and videos."""

from irpoint.sinks.formats import FORMATS, find_format
from irpoint.sinks.frames_format import FramesFormat
from irpoint.sinks.journal import Journal
from irpoint.sinks.overlays import OverlayFolder
from irpoint.sinks.writer import PointsWriter

__all__ = ["FORMATS", "FramesFormat", "Journal", "OverlayFolder", "PointsWriter", "find_format"]
