"""The running server: its address, its token, and its end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("prometheus_client", reason="needs the extra serve")

from irpoint.errors import SettingsError
from irpoint.runtime.detector import Detector
from irpoint.serve.run import serve
from support.detection import png
from support.models import draw_blobs
from support.waiting import wait_until

START = "from irpoint.cli import main; main()"


class Announced(Exception):
    """Ends the server when its address is known."""


def announce(address: str) -> None:
    raise Announced(address)


@pytest.mark.parametrize(
    ("host", "token", "reason"),
    [
        ("0.0.0.0", None, "other machines can reach it; set IRPOINT_TOKEN"),
        ("127.0.0.1", "short", "16 characters or more"),
        ("0.0.0.0", "ä" * 20, "not ASCII"),
    ],
)
def test_a_server_for_other_machines_needs_a_token(
    detector: Detector, host: str, token: str | None, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        serve(detector, announce, host=host, port=0, token=token)


def test_the_address_does_not_tell_the_token(detector: Detector) -> None:
    with pytest.raises(Announced, match=r"^http://\S+:\d+/$"):
        serve(detector, announce, host="0.0.0.0", port=0, token="x" * 16)
    assert signal.getsignal(signal.SIGTERM) is not signal.default_int_handler


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def in_progress(address: str) -> str:
    with urllib.request.urlopen(f"{address}metrics") as response:
        return re.findall(r"^irpoint_in_progress (\S+)", response.read().decode(), re.M)[0]


def test_sigterm_ends_the_server_after_the_requests_that_it_has_taken_on(model: Path) -> None:
    command = [sys.executable, "-c", START, "serve", "--port", "0", "--model", str(model)]
    command += ["--threads", "1"]
    frame = png(draw_blobs([(40, 30)]))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline().decode()
            address = re.findall(r"http://\S+:\d+/", line)[0]
            port = int(address.rpartition(":")[2].strip("/"))
            with socket.create_connection(("127.0.0.1", port)) as request:
                head = f"POST /detect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(frame)}"
                request.sendall(f"{head}\r\n\r\n".encode() + frame[:100])
                wait_until(lambda: in_progress(address) == "1.0")
                server.send_signal(signal.SIGTERM)
                wait_until(lambda: not accepts(port))
                request.sendall(frame[100:])
                answer = b"".join(iter(lambda: request.recv(65536), b""))
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert answer.count(b'"snr"') == 1
            out, err = server.communicate(timeout=60)
        finally:
            server.kill()
    assert (server.returncode, out, err) == (0, b"", b"")
