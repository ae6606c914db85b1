"""Frames as 2-D arrays, from any source, without losing bits."""

from irpoint.frames.read import as_frame, frame_shape, read_frame
from irpoint.frames.sources import find_frames

__all__ = ["as_frame", "find_frames", "frame_shape", "read_frame"]
