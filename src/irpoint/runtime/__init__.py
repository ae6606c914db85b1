"""Running models: the detector, its backends, its region of interest."""

import sys

from irpoint.runtime.backends.open import BACKENDS
from irpoint.runtime.detector import CANDIDATE_SCORE, Detector
from irpoint.runtime.region import Region

__all__ = ["BACKENDS", "CANDIDATE_SCORE", "Detector", "Region"]

# OpenVINO and NNCF send usage data to Intel when they are imported, unless the package that sends
# them is missing. Users of irpoint have not agreed to that, so this package is hidden.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
