"""Choose a threshold for a wanted false-alarm rate from target-free footage.

::

    from irpoint import Detector
    from irpoint.calibration import Rate, calibrate

    found = calibrate("empty", Detector("spire"), "spire-site", Rate(0.1, "mpx"))
    print(found.card.thresholds.default, found.card.footage.interval_95)
    detector = Detector("spire-site")
"""

from irpoint.calibration.calibrate import Calibrated, calibrate
from irpoint.calibration.collect import Watch
from irpoint.calibration.rate import Rate

__all__ = ["Calibrated", "Rate", "Watch", "calibrate"]
