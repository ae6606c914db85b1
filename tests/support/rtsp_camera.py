"""An RTSP camera in a process of its own: GStreamer's server, in the Python of the system.

apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from support.process_source import ProcessSource

_PYTHON = shutil.which("python3", path="/usr/bin") or ""
_NEEDED = "import gi; gi.require_version('GstRtspServer', '1.0')"
# A white ball moves over snow; Motion JPEG, because each of its frames is a key frame.
_PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={1},height={0},"
    "framerate=25/1 ! jpegenc ! rtpjpegpay name=pay0 )"
)


def can_serve() -> bool:
    """Whether the server is installed."""
    call = [_PYTHON, "-c", _NEEDED]
    return bool(_PYTHON) and subprocess.run(call, capture_output=True, check=False).returncode == 0


class RtspCamera(ProcessSource):
    """Serves a moving ball at ``rtsp://127.0.0.1:PORT/camera``, until the block ends."""

    def __init__(self, port: int, shape: tuple[int, int] = (96, 128)) -> None:
        self.address = f"rtsp://127.0.0.1:{port}/camera"
        call = [_PYTHON, "-m", "support.rtsp_camera", str(port), *map(str, shape)]
        self._process = subprocess.Popen(
            call, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline()  # it listens


def serve(port: str, height: str, width: str) -> None:
    """Serve until the process is killed."""
    import gi

    for name in ("Gst", "GstRtspServer"):
        gi.require_version(name, "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    server, factory = GstRtspServer.RTSPServer(), GstRtspServer.RTSPMediaFactory()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory.set_launch(_PIPELINE.format(height, width))
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    serve(*sys.argv[1:])
