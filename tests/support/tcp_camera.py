"""A camera that streams video over TCP, and can be unplugged. Needs PyAV."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from support.videos import write_video


class TcpCamera:
    """Serves a video to one client at a time.

    Attributes:
        address: for ``irpoint live``; the same after :meth:`unplug`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, 0
        self._sockets: list[socket.socket] = []
        self._count = 0
        self._listen()
        self.address = f"tcp://127.0.0.1:{self._port}"

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self._sockets.append(listener)

    def send(self, frames: Sequence[np.ndarray]) -> None:
        """Send frames to the next client, which then waits for more. Returns at once."""
        self._count += 1
        content = write_video(self._folder / f"{self._count}.nut", frames).read_bytes()
        listener = self._sockets[0]

        def work() -> None:
            client, _ = listener.accept()
            self._sockets.append(client)
            client.sendall(content)

        threading.Thread(target=work, daemon=True).start()

    def unplug(self) -> None:
        """Close everything; nobody can connect."""
        while self._sockets:
            self._sockets.pop().close()

    def plug(self) -> None:
        """Listen at the same address again."""
        self._listen()
