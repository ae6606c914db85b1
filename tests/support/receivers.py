"""Receivers of emitted records: real servers and processes here, and a controlled one."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.emit.output import Message, Output
from irpoint.emit.record import Facts, frame_record
from irpoint.points import FrameResult, Points
from support.waiting import wait_until

FACTS = Facts(
    {"name": "tiny", "sha256": "ab" * 32, "threshold": 0.5, "scale": "native",
     "polarity": "bright", "prior": None, "irpoint": "0"},
    None,
)  # fmt: skip
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


def result(number: int, points: int = 1) -> FrameResult:
    """Frame ``number`` of a source, with points on a line."""
    xy = np.stack([np.arange(points), np.full(points, 7.0)], axis=1)
    return FrameResult("a.npy", number, None, (40, 60), Points(xy, np.full(points, 0.75)))


def message(number: int, points: int = 1) -> Message:
    """The record of :func:`result`."""
    return Message(frame_record(result(number, points), FACTS))


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def certificate(folder: Path) -> tuple[Path, Path]:
    """A new self-signed certificate for 127.0.0.1, and its key."""
    assert OPENSSL is not None
    pair = folder / "cert.pem", folder / "key.pem"
    command = """req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2
        -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"""
    files = ["-out", *pair[:1], "-keyout", *pair[1:]]
    subprocess.run([OPENSSL, *command.split(), *files], check=True, capture_output=True)
    return pair


class Controlled(Output):
    """An output that fails as it is told, and keeps what it gets."""

    schemes = ("test",)
    example = "test:"
    name = "test:"

    def __init__(self, failing: bool = False) -> None:
        self.failing = failing
        self.opened = 0
        self.got: list[int] = []
        self.free = threading.Event()  # while it is clear, the output blocks
        self.free.set()

    def open(self) -> None:
        self.opened += 1

    def send(self, message: Message) -> None:
        self.free.wait()
        if self.failing:
            raise ConnectionRefusedError(111, "Connection refused")
        self.got.append(message.record["frame"])


class WebServer:
    """A webhook's server. Each request takes the next of ``answers``; afterwards 200."""

    def __init__(self, *answers: int, tls: tuple[Path, Path] | None = None) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []  # of the requests that were accepted
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                owner.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = owner.answers.pop(0) if owner.answers else 200
                owner.headers.append(dict(self.headers) | {"path": self.path})
                if status == 200:
                    owner.bodies.append(body)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    @property
    def frames(self) -> list[int]:
        """The numbers of the frames in the accepted requests."""
        return [body["frame"] for body in self.bodies]

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class Broker:
    """A mosquitto process, with a subscriber to everything."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true") -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\n{settings}\n")
        self.start()

    def start(self) -> None:
        """Start the process, and wait until it listens."""
        assert MOSQUITTO is not None
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._listens, 30)

    def stop(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()

    def _listens(self) -> bool:
        assert self.process.poll() is None, "mosquitto does not start"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@contextmanager
def subscriber(port: int, **login: str) -> Iterator[list[dict[str, Any]]]:
    """The records that a broker passes on, with their topics, as they arrive."""
    paho = pytest.importorskip("paho.mqtt.client", reason="needs paho-mqtt")
    got: list[dict[str, Any]] = []
    ready = threading.Event()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.reconnect_delay_set(0.05, 0.2)
    if login:
        client.username_pw_set(**login)
    client.on_connect = lambda *_: client.subscribe("#", 1)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _c, _d, m: got.append(json.loads(m.payload) | {"topic": m.topic})
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert ready.wait(30)
    try:
        yield got
    finally:
        client.disconnect()
        client.loop_stop()
