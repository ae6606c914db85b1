"""A webhook: a real server that fails, vanishes, comes back, and wants a token."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from irpoint.emit import channel as channel_module
from irpoint.emit.channel import Channel
from irpoint.emit.open import open_output
from support.receivers import WebServer, certificate, message, needs_openssl
from support.waiting import wait_until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_FIRST_PAUSE_S", 0.02)


@pytest.fixture
def server():
    started = []

    def start(*answers: int, **options) -> WebServer:
        started.append(WebServer(*answers, **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def ended(channel: Channel) -> None:
    channel.end()
    channel.join(time.monotonic() + 10)


def test_every_frame_is_posted_over_one_connection(server, monkeypatch) -> None:
    monkeypatch.setenv("IRPOINT_WEBHOOK_TOKEN", "s3cret")
    web, said = server(), []
    channel = Channel(open_output(f"http://127.0.0.1:{web.port}/hook?key=1"), said.append)
    for number in range(20):
        channel.put(message(number))
    ended(channel)
    assert web.frames == list(range(20))
    assert (web.connections, said) == (1, [])
    assert web.headers[0]["path"] == "/hook?key=1"
    assert web.headers[0]["Authorization"] == "Bearer s3cret"
    assert web.headers[0]["Content-Type"] == "application/json"


def test_a_server_that_fails_twice_gets_the_frame_the_third_time(server) -> None:
    web, said = server(500, 503), []
    channel = Channel(open_output(f"http://127.0.0.1:{web.port}/secret-path"), said.append)
    channel.put(message(0))
    channel.put(message(1))
    ended(channel)
    assert web.frames == [0, 1]
    first, second = said
    assert first == (
        f"--emit http://127.0.0.1:{web.port}/…: answers 500 Internal Server Error; retrying"
    )
    assert "works again after" in second


def test_a_frame_that_the_server_rejects_is_not_repeated(server) -> None:
    web, said = server(404), []
    channel = Channel(open_output(f"http://127.0.0.1:{web.port}/"), said.append)
    channel.put(message(0))
    channel.put(message(1))
    ended(channel)
    assert web.frames == [1]
    assert said[0].endswith("answers 404 Not Found; the frame is dropped")
    assert said[1].endswith("1 frame sent, 1 dropped")


def test_a_kept_connection_that_the_server_has_closed_is_no_fault(server) -> None:
    web, said = server(), []
    output = open_output(f"http://127.0.0.1:{web.port}/")
    channel = Channel(output, said.append)
    channel.put(message(0))
    wait_until(lambda: channel.faults.sent == 1)
    output._connection.sock.shutdown(2)
    channel.put(message(1))
    ended(channel)
    assert web.frames == [0, 1]
    assert said == []


@needs_openssl
def test_a_certificate_is_checked(server, tmp_path) -> None:
    pair = certificate(tmp_path)
    web, said = server(tls=pair), []
    address = f"https://127.0.0.1:{web.port}/"
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        open_output(address).open()
    channel = Channel(open_output(f"{address}#ca={pair[0]}"), said.append)
    channel.put(message(0))
    ended(channel)
    assert (web.frames, said) == ([0], [])


def test_what_is_no_web_server_is_an_interruption(server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(65_536)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        output = open_output(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        output.open()
        with pytest.raises(OSError, match="no valid answer"):
            output.send(message(0))
        output.close()
