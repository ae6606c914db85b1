"""Running models: the detector, its runtime, its region."""

from irpoint.runtime.detector import CANDIDATE_SCORE, Detector
from irpoint.runtime.region import Region

__all__ = ["CANDIDATE_SCORE", "Detector", "Region"]
