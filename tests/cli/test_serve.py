"""``irpoint serve``: options and the token; tests/serve has the service itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("prometheus_client", reason="needs the extra serve")

from support.detection import one_error

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the server is started with, in place of starting it."""
    import irpoint.serve.run

    got: dict[str, Any] = {}

    def start(detector: Any, ready: Callable[[str], None], **options: Any) -> None:
        got.update(options, detector=detector)
        ready("http://127.0.0.1:8323/")

    monkeypatch.setattr(irpoint.serve.run, "serve", start)
    monkeypatch.delenv("IRPOINT_TOKEN", raising=False)
    return got


def test_options_reach_the_detector_and_the_limits(
    cli: Cli, model: Path, started: dict[str, Any]
) -> None:
    code, out, err = cli(
        "serve", "--model", model, "--threshold", "0.7", "--polarity", "dark", "--roi",
        "1,2,30,40", "--cut", "3,0", "--queue", "5", "--batch", "2", "--max-body", "7",
        "--max-mpx", "2", "--port", "9000",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert out.startswith("Detect at  http://127.0.0.1:8323/detect  ")
    detector, limits = started["detector"], started["limits"]
    assert (detector.threshold, detector.polarity) == (0.7, "dark")
    assert detector.region.roi == (1, 2, 30, 40)
    assert (limits.requests, limits.batch) == (5, 2)
    assert (limits.body_bytes, limits.pixels) == (7 * 2**20, 2_000_000)
    assert (started["host"], started["port"], started["token"]) == ("127.0.0.1", 9000, None)
    assert started["cut"].top == 3


def test_the_token_comes_from_the_environment_or_a_file(
    cli: Cli, model: Path, started: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRPOINT_TOKEN", "from the environment")
    assert cli("serve", "--model", model)[0] == 0
    assert started["token"] == "from the environment"
    file = tmp_path / "token"
    file.write_text("that of the file, 24 long\n")
    assert cli("serve", "--model", model, "--token-file", file, "--host", "0.0.0.0")[0] == 0
    assert started["token"] == "that of the file, 24 long"


def test_a_settings_file_gives_options(
    cli: Cli, model: Path, started: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "irpoint.toml"
    file.write_text(f'model = "{model}"\npolarity = "both"\n[serve]\nqueue = 3\nport = 9001\n')
    code, _, err = cli("serve", "--config", file, "--port", "9002")
    assert (code, err) == (0, "")
    assert started["detector"].polarity == "both"
    assert (started["limits"].requests, started["port"]) == (3, 9002)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--host", "0.0.0.0"], "set IRPOINT_TOKEN"),
        (["--token-file", "missing"], "missing: cannot be read"),
        (["--token-file", "/dev/null"], "empty; write the token into it"),
        (["--threads", "-1"], "--threads -1: give 1 or more"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    cli: Cli, started: dict[str, Any], options: list[str], reason: str
) -> None:
    code, out, err = cli("serve", *options)
    assert (code, out) == (1, "")
    assert reason in one_error(err)
    assert not started


def test_missing_libraries_name_the_extra(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    command = sys.modules["irpoint.cli.serve"]  # the package has the function under this name
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert "pip install 'irpoint[serve]'" in one_error(cli("serve")[2])
