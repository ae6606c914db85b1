"""Sources → detector → tracker → sinks: a complete detection run, or its parts.

:func:`detect` does everything that the command does. Its parts can be combined freely:

>>> from irpoint import Detector
>>> from irpoint.pipeline import detect_frames, find_sources, track_results
>>> from irpoint.sinks import OverlayFolder
>>> sources, skipped = find_sources(["samples/images"])
>>> results = track_results(detect_frames(Detector("spire"), sources))
"""

from irpoint.frames.source import Skipped
from irpoint.pipeline.batches import detect_frames, find_sources
from irpoint.pipeline.detect import detect
from irpoint.pipeline.directions import add_angles
from irpoint.pipeline.results import Summary
from irpoint.pipeline.tracking import track_results
from irpoint.pipeline.tracks import TrackSummary
from irpoint.tracking import SearchSettings, Tracker, TrackSettings

__all__ = [
    "SearchSettings",
    "Skipped",
    "Summary",
    "TrackSettings",
    "TrackSummary",
    "Tracker",
    "add_angles",
    "detect",
    "detect_frames",
    "find_sources",
    "track_results",
]
