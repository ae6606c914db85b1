"""Find point-like targets in infrared frames, trained from one click per target."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from irpoint._version import __version__
from irpoint.errors import IrpointError

if TYPE_CHECKING:
    from irpoint.points import FrameResult, Points
    from irpoint.runtime import Detector

__all__ = ["Detector", "FrameResult", "IrpointError", "Points", "__version__"]

# Imported on first use, because the detector imports ONNX Runtime, and points import NumPy.
_MODULES = {
    "Detector": "irpoint.runtime",
    "FrameResult": "irpoint.points",
    "Points": "irpoint.points",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
