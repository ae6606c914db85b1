"""Addresses of receivers: what each means, and one clear line for what it cannot mean."""

from __future__ import annotations

import pytest

from irpoint.emit.address import Address
from irpoint.emit.open import OUTPUTS, open_output, uses_stdout
from irpoint.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "scheme", "rest"),
    [
        ("-", "stdout", ""),
        ("stdout:", "stdout", ""),
        ("found.jsonl", "file", "found.jsonl"),
        ("C:/found.ndjson", "file", "C:/found.ndjson"),
        ("file:/var/log/points", "file", "/var/log/points"),
        ("file:a.jsonl", "file", "a.jsonl"),
        ("UDP://host:1", "udp", "//host:1"),
        ("https://h/hook.jsonl", "https", "//h/hook.jsonl"),
    ],
)
def test_the_scheme_of_an_address(text: str, scheme: str, rest: str) -> None:
    address = Address.parse(text)
    assert (address.scheme, address.rest) == (scheme, rest)


def test_options_stand_behind_a_hash() -> None:
    assert Address.parse("a.jsonl#size=1MB&count=2").options == {"size": "1MB", "count": "2"}
    assert Address.parse("https://h/x?token=1#only=points").rest == "//h/x?token=1"


@pytest.mark.parametrize("kind", OUTPUTS, ids=lambda kind: kind.__name__)
def test_the_example_of_every_kind_is_an_address_of_it(kind, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_output(kind.example), kind)
    assert open_output(f"{kind.example}#only=tracks").only == "tracks"


def test_which_addresses_use_standard_output() -> None:
    assert uses_stdout(["a.jsonl", "-#only=points"])
    assert not uses_stdout(["a.jsonl", "udp://host:1"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("carrier-pigeon", "is no address of a receiver; give one such as -, found.jsonl, udp:"),
        ("ftp://host/x", "is no address of a receiver"),
        ("udp://host", "names no port; add :PORT"),
        ("udp://:5005", "names no host"),
        ("udp://host:99999", "Port out of range"),
        ("udp://host:1/path", "give udp://HOST:PORT, with nothing behind the port"),
        ("udp://host:1#size=100", "option size=100: give a size from 2048 to 65507 bytes"),
        ("udp://host:1#seize=5KB", "option 'seize' is unknown; did you mean size?"),
        ("udp://host:1#size", "write options as #NAME=VALUE"),
        ("mqtt://host", "give a topic without + and #"),
        ("mqtt://host/a/+/b", "give a topic without + and #"),
        ("mqtt://host/a#qos=2", "option qos=2: give 0 or 1"),
        ("mqtt://me:secret@host/a", "put it into the environment"),
        ("https://me:secret@host/a", "put it into the environment"),
        ("https://host/a#ca=absent.pem", "option ca=absent.pem: no such file"),
        ("mqtts://host/a#ca=absent.pem", "option ca=absent.pem: no such file"),
        ("udp://host:1#size=1GB", "give a size from 2048 to 65507 bytes"),
        ("a.jsonl#size=1KB", "give a size from 10000 to"),
        ("a.jsonl#count=-1", "give a whole number from 0 to 10000"),
        ("a.jsonl#only=frames", "give points or tracks"),
        ("absent.txt/a.jsonl", "cannot be written"),
        ("file:", "give file:PATH"),
        ("stdout:x", "give - for standard output"),
    ],
)
def test_a_wrong_address_is_one_line(text, reason, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "absent.txt").write_text("a file, no folder")
    with pytest.raises(SettingsError) as caught:
        open_output(text)
    line = str(caught.value)
    assert line.startswith("--emit ")
    assert reason in line
    assert "secret" not in line


def test_a_password_without_a_user_is_an_error(monkeypatch) -> None:
    monkeypatch.setenv("IRPOINT_MQTT_PASSWORD", "secret")
    monkeypatch.delenv("IRPOINT_MQTT_USER", raising=False)
    with pytest.raises(SettingsError, match="is set without a user; set IRPOINT_MQTT_USER"):
        open_output("mqtt://host/topic")
    assert open_output("mqtt://me@host/topic").name == "mqtt://host:1883/topic"


def test_a_missing_library_is_named_with_its_extra(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "paho.mqtt.client", None)
    with pytest.raises(SettingsError, match=r"pip install 'irpoint\[mqtt\]'"):
        open_output("mqtt://host/topic")
