"""Find point-like targets in infrared frames, trained from one click per target."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from irpoint._version import __version__
from irpoint.errors import IrpointError

if TYPE_CHECKING:
    from irpoint.angles import Angles
    from irpoint.measurement import Flag, Measurement
    from irpoint.measuring.camera import Camera
    from irpoint.points import FrameResult, Points
    from irpoint.runtime import Detector

__all__ = [
    "Angles",
    "Camera",
    "Detector",
    "Flag",
    "FrameResult",
    "IrpointError",
    "Measurement",
    "Points",
    "__version__",
]

# Imported on first use, because the detector imports ONNX Runtime, and points import NumPy.
_MODULES = {
    "Angles": "irpoint.angles",
    "Camera": "irpoint.measuring.camera",
    "Detector": "irpoint.runtime",
    "Flag": "irpoint.measurement",
    "FrameResult": "irpoint.points",
    "Measurement": "irpoint.measurement",
    "Points": "irpoint.points",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
