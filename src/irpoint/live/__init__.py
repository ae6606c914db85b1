"""The live page: detection on a camera, a stream or a file as it comes (extra ``live``)."""

from irpoint.live.session import LiveSession, LiveSettings

__all__ = ["LiveSession", "LiveSettings"]
