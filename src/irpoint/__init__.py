"""Find point-like targets in infrared frames, trained from one click per target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from irpoint._version import __version__
from irpoint.errors import IrpointError
from irpoint.points import FrameResult, Points

if TYPE_CHECKING:
    from irpoint.runtime import Detector

__all__ = ["Detector", "FrameResult", "IrpointError", "Points", "__version__"]


def __getattr__(name: str) -> Any:
    # The detector brings ONNX Runtime along; who only reads data sets need not wait for it.
    if name == "Detector":
        from irpoint.runtime import Detector

        return Detector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
