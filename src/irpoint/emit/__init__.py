"""Where results go while detection runs: the record of a frame, and its receivers.

>>> from irpoint import Detector
>>> from irpoint.emit import Emitter, Facts
>>> from irpoint.pipeline import detect_frames
>>> detector = Detector("spire")
>>> with Emitter(["mqtt://broker/site/points"], Facts.of(detector)) as emitter:  # doctest: +SKIP
...     for result in detect_frames(detector, ["rtsp://camera/lwir"]):
...         emitter.add(result)
"""

from irpoint.emit.emitter import Emitter
from irpoint.emit.open import OUTPUTS
from irpoint.emit.output import Output
from irpoint.emit.record import Facts, frame_record
from irpoint.emit.schema import SCHEMA_VERSION, json_schema

__all__ = [
    "OUTPUTS",
    "SCHEMA_VERSION",
    "Emitter",
    "Facts",
    "Output",
    "frame_record",
    "json_schema",
]
