"""Frames as 2-D arrays, from any source, without losing bits."""

from irpoint.frames.read import as_frame, frame_shape, read_frame

__all__ = ["as_frame", "frame_shape", "read_frame"]
