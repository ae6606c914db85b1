"""Datagrams: to a real socket, split if they are too large, and with nobody there."""

from __future__ import annotations

import json
import socket

import pytest

from irpoint.emit.open import open_output
from irpoint.emit.output import Rejected
from irpoint.emit.outputs.udp import datagrams
from support.receivers import free_port, message


@pytest.fixture
def receiver():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
        receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
        receiving.bind(("127.0.0.1", 0))
        receiving.settimeout(10)
        yield receiving


def test_a_record_is_one_datagram(receiver) -> None:
    output = open_output(f"udp://localhost:{receiver.getsockname()[1]}")
    output.open()
    output.send(message(3, points=2))
    record = json.loads(receiver.recv(65_536))
    assert (record["frame"], record["part"], record["parts"]) == (3, 1, 1)
    assert len(record["points"]) == 2
    output.close()


@pytest.mark.parametrize(("option", "points"), [("#size=2048", 20), ("", 300)])
def test_a_large_record_is_split_into_complete_ones(receiver, option, points) -> None:
    output = open_output(f"udp://127.0.0.1:{receiver.getsockname()[1]}{option}")
    output.open()
    sent = message(3, points=points)
    output.send(sent)
    parts = [json.loads(receiver.recv(65_536))]
    while len(parts) < parts[0]["parts"]:
        parts.append(json.loads(receiver.recv(65_536)))
    assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
    assert len(parts) > 1
    whole = json.loads(sent.data)
    assert [point for part in parts for point in part["points"]] == whole["points"]
    assert all(part["model"] == whole["model"] and part["frame"] == 3 for part in parts)


def test_parts_fill_their_size(receiver) -> None:
    large = message(0, points=1000)
    parts = datagrams(large, 10_000)
    assert all(8_000 < len(part) <= 10_000 for part in parts[:-1])
    assert datagrams(message(0), 10_000) == [message(0).data]
    with pytest.raises(Rejected):
        datagrams(large, 700)


def test_the_size_is_lowered_if_the_system_sends_no_such_datagram(receiver) -> None:
    output = open_output(f"udp://127.0.0.1:{receiver.getsockname()[1]}")
    output.open()
    # A size that no system sends, as if this one allowed less than others.
    output._limit = 100_000
    output.send(message(0, points=300))
    assert json.loads(receiver.recv(65_536))["parts"] > 1
    assert output._limit == 50_000


def test_nobody_there_is_no_error() -> None:
    output = open_output(f"udp://127.0.0.1:{free_port()}")
    output.open()
    for number in range(3):
        output.send(message(number))
    output.close()
