"""Running models: the detector, its runtime, its region."""

import sys

from irpoint.runtime.detector import CANDIDATE_SCORE, Detector
from irpoint.runtime.region import Region

__all__ = ["CANDIDATE_SCORE", "Detector", "Region"]

# Importing OpenVINO or NNCF reports their use to Intel over the network, unless the package that
# does so is missing. Whoever points this at a camera has not agreed to that, so here it is missing.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
