"""The live page of a session, served from a thread."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra live")
pytest.importorskip("websockets", reason="needs the extra live")
import uvicorn

from irpoint.live.app import create_app
from support.live import LiveRun


class LiveServer(LiveRun):
    """A session and its page.

    Attributes:
        address: of the page; the same after a restart.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._port = 0
        self.serve()

    def serve(self) -> None:
        """Start the server, at the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}/"
        app = create_app(self.session)
        config = uvicorn.Config(app, log_level="error", ws="auto", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()

    def stop_serving(self) -> None:
        """Stop the server, but not the session."""
        self._server.should_exit = True
        self._thread.join()

    def stop(self) -> None:
        """Stop everything."""
        self.stop_serving()
        self.session.close()
