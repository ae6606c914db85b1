"""The files for containers are true of the package. No container is built here."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
import typer

from irpoint.cli import app
from irpoint.emit.open import open_output
from support.doc_pages import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="needs the extra camera")
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def parse(words: list[str]) -> typer.Context:
    return typer.main.get_command(app).commands[words[0]].make_context(words[0], words[1:])


def instruction(name: str) -> list[str]:
    """The words of the instruction, a JSON list at the start of a line."""
    [words] = re.findall(rf"^{name} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    return json.loads(words)


def test_the_image_installs_extras_that_exist_and_no_pytorch() -> None:
    [names] = re.findall(r"pip install '\.\[(.*)\]'", DOCKERFILE)
    extras = PROJECT["optional-dependencies"]
    assert set(names.split(",")) <= extras.keys()
    assert not any("torch" in need for name in names.split(",") for need in extras[name])


def test_the_build_sees_what_the_package_is_built_from() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    needed = {"pyproject.toml", "src", PROJECT["readme"], *PROJECT["license-files"]}
    assert {word for line in copied for word in line.split()} == needed
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == needed


def test_the_image_serves_as_another_user_on_the_port_that_it_exposes() -> None:
    assert instruction("ENTRYPOINT") == ["irpoint"]
    context = parse(instruction("CMD"))
    assert context.params["host"] == "0.0.0.0"
    assert f"EXPOSE {context.params['port']}\n" in DOCKERFILE
    assert f"http://127.0.0.1:{context.params['port']}/health" in instruction("    CMD")[2]
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_the_commands_of_the_services_parse(services: dict[str, Any]) -> None:
    context = parse([word.replace("${CAMERA:-}", "a") for word in services["camera"]["command"]])
    assert open_output(context.params["emit"][0]).name == "mqtt://mosquitto:1883/irpoint/camera"
    port = context.params["port"]
    assert services["camera"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    port = parse(instruction("CMD")).params["port"]
    assert services["serve"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_services_are_for_this_machine_alone(services: dict[str, Any]) -> None:
    assert "IRPOINT_TOKEN:?" in services["serve"]["environment"]["IRPOINT_TOKEN"]
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"]
