"""Points of successive frames → tracks. Start reading at :mod:`irpoint.tracking.sequence`."""

from irpoint.tracking.m_of_n import Tracker, TrackSettings
from irpoint.tracking.search import SearchSettings
from irpoint.tracking.sequence import LOWEST_SCORE, SequenceTracker

__all__ = ["LOWEST_SCORE", "SearchSettings", "SequenceTracker", "TrackSettings", "Tracker"]
