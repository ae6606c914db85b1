"""Read frames of any source as 2-D arrays at full bit depth."""

from irpoint.frames.find import find_frames
from irpoint.frames.open import open_source
from irpoint.frames.read import as_frame, frame_shape, read_frame

__all__ = ["as_frame", "find_frames", "frame_shape", "open_source", "read_frame"]
