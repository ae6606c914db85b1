"""A process that sends video to an address, frame by frame in real time. Needs PyAV."""

from __future__ import annotations

import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from support.process_source import ProcessSource

_RATE = 25
_KEY_FRAMES = "3"  # distance of key frames, so that a receiver starts at once


class NetworkSender(ProcessSource):
    """Sends a moving blob as MPEG-2 video in MPEG-TS, until the block ends.

    Args:
        address: such as ``udp://127.0.0.1:5004``.
        shape: (height, width) of the frames.
        start_s: time stamp of the first frame.
    """

    def __init__(
        self, address: str, shape: tuple[int, int] = (96, 128), start_s: float = 0.0
    ) -> None:
        call = [sys.executable, "-m", "support.network_sender", address, *map(str, shape)]
        self._process = subprocess.Popen([*call, str(start_s)], cwd=Path(__file__).parents[1])


def send(address: str, shape: tuple[int, int], start_s: float) -> None:
    """Send until the process is killed."""
    import av

    from support.models import draw_blobs

    blob = draw_blobs([(shape[1] / 2, shape[0] / 2)], shape)
    with av.open(address, "w", format="mpegts") as container:
        stream = container.add_stream(
            "mpeg2video", rate=Fraction(_RATE), options={"g": _KEY_FRAMES, "bf": "0"}
        )
        stream.height, stream.width, stream.pix_fmt = *shape, "yuv420p"
        stream.bit_rate = 4_000_000
        began, number = time.monotonic(), 0
        while True:
            frame = np.roll(blob, number % 20 - 10, axis=1)
            image = av.VideoFrame.from_ndarray(frame, "gray").reformat(format="yuv420p")
            image.pts = number + round(start_s * _RATE)
            image.time_base = Fraction(1, _RATE)
            container.mux(stream.encode(image))
            number += 1
            # A process that was stopped goes on at the present time, as a camera does.
            late = time.monotonic() - began - number / _RATE
            if late > 1:
                number += int(late * _RATE)
            time.sleep(max(0.0, -late))


if __name__ == "__main__":
    send(sys.argv[1], (int(sys.argv[2]), int(sys.argv[3])), float(sys.argv[4]))
