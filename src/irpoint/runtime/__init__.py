"""Running models: the detector, its backends, its region of interest."""

import sys

from irpoint.runtime.backends.open import BACKENDS
from irpoint.runtime.detector import CANDIDATE_SCORE, Detector
from irpoint.runtime.region import Region

__all__ = ["BACKENDS", "CANDIDATE_SCORE", "Detector", "Region"]

# OpenVINO and NNCF report their use to Intel over the network when they are imported, unless the
# package that does so is missing. Users of irpoint have not agreed to that, so it is hidden here.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
