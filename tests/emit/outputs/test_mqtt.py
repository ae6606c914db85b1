"""MQTT: a real mosquitto, restarted and stopped while frames are sent."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from irpoint.emit import channel as channel_module
from irpoint.emit.channel import Channel
from irpoint.emit.open import open_output
from irpoint.emit.outputs import mqtt
from support.receivers import (
    MOSQUITTO,
    Broker,
    certificate,
    free_port,
    message,
    needs_mosquitto,
    needs_openssl,
    subscriber,
)
from support.waiting import wait_until

pytest.importorskip("paho.mqtt.client", reason="needs paho-mqtt")
pytestmark = needs_mosquitto


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(channel_module, "_LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(channel_module, "_IDLE_S", 0.05)


@pytest.fixture
def broker(tmp_path):
    started = []

    def start(settings: str = "allow_anonymous true") -> Broker:
        started.append(Broker(tmp_path, settings))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def refuse() -> None:
    raise ConnectionRefusedError(111, "Connection refused")


def ended(channel: Channel) -> None:
    channel.end()
    channel.join(time.monotonic() + 10)


@pytest.mark.parametrize("qos", [0, 1])
def test_frames_arrive_in_order(broker, qos) -> None:
    port, said = broker().port, []
    with subscriber(port) as got:
        channel = Channel(
            open_output(f"mqtt://127.0.0.1:{port}/site/cam%201#qos={qos}"), said.append
        )
        for number in range(200):
            channel.put(message(number))
        ended(channel)
        wait_until(lambda: len(got) == 200, 10)
    assert [record["frame"] for record in got] == list(range(200))
    assert got[0]["topic"] == "site/cam 1"
    assert said == []


def test_a_broker_that_is_restarted_costs_no_frame(broker) -> None:
    mosquitto, said = broker(), []
    channel = Channel(open_output(f"mqtt://127.0.0.1:{mosquitto.port}/x"), said.append)
    with subscriber(mosquitto.port) as got:
        channel.put(message(0))
        wait_until(lambda: len(got) == 1, 10)
        mosquitto.stop()
        for number in range(1, 20):  # some before the loss of the connection is noticed
            channel.put(message(number))
        wait_until(lambda: len(said) == 1, 10)
        mosquitto.start()
        wait_until(lambda: len(said) == 2, 10)
        channel.put(message(20))
        ended(channel)
    assert channel.faults.sent == 21
    first, second = said
    assert first.startswith(f"--emit mqtt://127.0.0.1:{mosquitto.port}/x: ")
    assert first.endswith("; retrying")
    assert second.endswith("; 0 frames dropped")


def test_frames_that_a_killed_broker_has_not_confirmed_are_sent_again(broker) -> None:
    mosquitto, said = broker(), []
    channel = Channel(open_output(f"mqtt://127.0.0.1:{mosquitto.port}/x"), said.append)
    channel.put(message(0))
    wait_until(lambda: channel.faults.sent == 1, 10)
    mosquitto.process.send_signal(signal.SIGSTOP)
    for number in range(1, 20):
        channel.put(message(number))
    wait_until(lambda: channel.faults.sent == 20, 10)
    mosquitto.stop()
    wait_until(lambda: len(said) == 1, 10)
    # Before the channel connects again, the subscriber does.
    reopen, channel._output.open = channel._output.open, refuse
    mosquitto.start()
    with subscriber(mosquitto.port) as got:
        channel._output.open = reopen
        wait_until(lambda: len(got) >= 19, 10)
        ended(channel)
    assert {record["frame"] for record in got} >= set(range(1, 20))
    assert channel.faults.dropped == 0


def test_a_broker_that_stops_answering_delays_nothing_and_what_it_lacks_is_counted(
    broker, monkeypatch
) -> None:
    monkeypatch.setattr(mqtt, "_TIMEOUT_S", 0.3)
    monkeypatch.setattr(mqtt, "_GOODBYE_S", 0.1)
    monkeypatch.setattr(channel_module, "_STALLED_S", 1.0)
    monkeypatch.setattr(channel_module, "_CONFIRMED_S", 0.3)
    mosquitto, said = broker(), []
    channel = Channel(open_output(f"mqtt://127.0.0.1:{mosquitto.port}/x"), said.append)
    channel.put(message(0))
    wait_until(lambda: channel.faults.sent == 1)
    mosquitto.process.send_signal(signal.SIGSTOP)
    try:
        for number in range(1, 300):
            channel.put(message(number))
        wait_until(lambda: bool(said), 30)
        ended(channel)
    finally:
        mosquitto.process.send_signal(signal.SIGCONT)
    assert "the broker does not a" in said[0]  # acknowledge, or answer
    sent, dropped = channel.faults.sent, channel.faults.dropped
    assert sent + dropped == 300
    assert sent <= 2
    assert f"{dropped} dropped" in said[-1]


def test_user_and_password_come_from_the_environment(broker, tmp_path, monkeypatch) -> None:
    passwords = tmp_path / "passwords"
    tool = MOSQUITTO.replace("/sbin/mosquitto", "/bin/mosquitto_passwd")
    passwords.touch(0o600)
    subprocess.run([tool, "-b", passwords, "cam", "s3cret"], check=True, capture_output=True)
    port = broker(f"password_file {passwords}\nuser root").port
    said: list[str] = []
    monkeypatch.setenv("IRPOINT_MQTT_USER", "cam")
    monkeypatch.setenv("IRPOINT_MQTT_PASSWORD", "wrong")
    refused = Channel(open_output(f"mqtt://127.0.0.1:{port}/x"), said.append)
    refused.put(message(0))
    wait_until(lambda: bool(said), 10)
    assert "the broker refuses: " in said[0]
    monkeypatch.setenv("IRPOINT_MQTT_PASSWORD", "s3cret")
    wait_until(lambda: refused.faults.sent == 1, 10)
    ended(refused)


@needs_openssl
def test_a_certificate_is_checked(broker, tmp_path) -> None:
    cert, key = certificate(tmp_path)
    port = broker(f"allow_anonymous true\nuser root\ncertfile {cert}\nkeyfile {key}").port
    address, said = f"mqtts://127.0.0.1:{port}/x", []
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        open_output(address).open()
    channel = Channel(open_output(f"{address}#ca={cert}"), said.append)
    channel.put(message(0))
    ended(channel)
    assert (channel.faults.sent, said) == (1, [])


def test_no_broker_at_all() -> None:
    output = open_output(f"mqtt://127.0.0.1:{free_port()}/x")
    with pytest.raises(OSError, match="refused"):
        output.open()
    output.close()
