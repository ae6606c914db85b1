"""Video files to read, and the frames in them. Needs PyAV."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from support.models import draw_blobs

# (x, y) of the blob in each of the frames of :func:`moving_blob`.
POSITIONS = [(20 + 6 * index, 30 + 3 * index) for index in range(8)]


def moving_blob(bits: int = 8) -> list[np.ndarray]:
    """Eight frames of 96 × 128 pixels with one blob, at :data:`POSITIONS`."""
    frames = [draw_blobs([xy], seed=index) for index, xy in enumerate(POSITIONS)]
    return frames if bits == 8 else [frame.astype(np.uint16) * 20 + 4000 for frame in frames]


def write_video(
    path: Path,
    frames: Sequence[np.ndarray],
    codec: str = "ffv1",
    pixels: str = "gray",
    **options: str,
) -> Path:
    """Write frames (uint8 or uint16) at 25 per second; ``options`` are those of the codec."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25), options=options)
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = pixels
        for frame in frames:
            grey = "gray16le" if frame.dtype == np.uint16 else "gray"
            image = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), grey)
            container.mux(stream.encode(image.reformat(format=pixels)))
        container.mux(stream.encode(None))
    return path
