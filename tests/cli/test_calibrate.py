"""``irpoint calibrate``: what it prints, its JSON, its exit codes, and the model it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.footage import clutter_frame, write_footage

RUN = ("--backend", "onnxruntime", "--threads", 1)
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_footage(tmp_path_factory.mktemp("footage") / "empty", 40)


def test_the_model_that_is_written_detects_at_its_threshold(
    cli: Cli, model: Path, footage: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    code, out, err = cli(
        "calibrate", footage, "--model", model, "--false-alarms-per-mpx", 40, "--out", site,
        "--json", tmp_path / "found.json", *RUN,
    )  # fmt: skip
    assert (code, err) == (0, "")
    content = json.loads((tmp_path / "found.json").read_text())
    assert content["wanted"] == 40
    assert content["rate_per_mpx"] <= 40
    assert f"threshold    {content['threshold']:.4g} (before: 0.4," in out
    assert f"counted      {content['false_alarms']} false alarms in {content['events']} ind" in out
    assert f"irpoint detect SOURCE --model {site}" in out
    code, out, err = cli("detect", footage, "--model", site, *RUN)
    assert code == 0
    assert len(out.splitlines()) - 1 == content["false_alarms"]


def test_json_to_standard_output_is_alone_there(
    cli: Cli, model: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(
        "calibrate", footage, "--model", model, "--false-alarms-per-frame", 0.5, "--json", "-", *RUN
    )
    assert code == 0
    assert json.loads(out)["model"] == "model-calibrated"
    assert "per million pixels" in err
    assert (tmp_path / "model-calibrated" / "model.onnx").is_file()


def test_too_little_footage_is_one_line_and_exit_code_1(
    cli: Cli, model: Path, footage: Path, tmp_path: Path
) -> None:
    options = ("calibrate", footage, "--model", model, "--false-alarms-per-mpx", 0.01, *RUN)
    code, out, err = cli(*options, "--out", tmp_path / "site")
    assert (code, out) == (1, "")
    assert err.startswith("irpoint: error: too little footage for 0.01 false alarms per million")
    assert err.count("\n") == 1
    assert not (tmp_path / "site" / "model.json").exists()
    code, out, err = cli(*options, "--out", tmp_path / "site", "--force")
    assert code == 0
    assert "counted      0 false alarms" in out


@pytest.mark.parametrize(
    "rates", [(), ("--false-alarms-per-mpx", 1, "--false-alarms-per-frame", 1)]
)
def test_exactly_one_rate_is_given(cli: Cli, footage: Path, rates: tuple[object, ...]) -> None:
    code, _, err = cli("calibrate", footage, "--model", "top-hat", *rates)
    assert code == 1
    assert "the wanted rate: give one of --false-alarms-per-mpx, --false-alarms-per-frame" in err


def test_files_that_cannot_be_read_are_listed_and_the_exit_code_is_1(
    cli: Cli, model: Path, footage: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no frame")
    code, out, err = cli(
        "calibrate", footage, bad, "--model", model, "--false-alarms-per-mpx", 40,
        "--out", tmp_path / "site", *RUN,
    )  # fmt: skip
    assert code == 1
    assert f"irpoint: skipped: {bad}: " in err
    assert "40 frames" in out
    card = json.loads((tmp_path / "site" / "model.json").read_text())
    assert card["footage"]["unreadable"] == 1


def test_headerless_frames_with_telemetry(cli: Cli, model: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frames = [np.vstack([clutter_frame(random), np.full((2, 128), 9, np.uint8)]) for _ in range(40)]
    (tmp_path / "dump.raw").write_bytes(np.stack(frames).tobytes())
    code, out, _ = cli(
        "calibrate", tmp_path / "dump.raw", "--raw", "128x98:uint8", "--cut", "0,2", "--model",
        model, "--false-alarms-per-hour", 3000, "--fps", 2, "--out", tmp_path / "site", *RUN,
    )  # fmt: skip
    assert code == 0
    assert "footage      40 frames, 0.4915 Mpx" in out
    assert "per hour (95 % interval" in out


def test_a_video_has_its_own_clock(cli: Cli, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("av")
    from support.videos import write_video

    random = np.random.default_rng(0)
    clip = write_video(tmp_path / "clip.mkv", [clutter_frame(random) for _ in range(40)])
    code, out, _ = cli(
        "calibrate", clip, "--model", model, "--false-alarms-per-hour", 18000, "--json", "-",
        "--out", tmp_path / "site", *RUN,
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["fps"] == pytest.approx(25, rel=1e-3)


def test_an_ignore_mask_and_a_region_leave_pixels_out(
    cli: Cli, model: Path, footage: Path, tmp_path: Path
) -> None:
    mask = np.zeros((96, 128), np.uint8)
    mask[:48] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    code, out, _ = cli(
        "calibrate", footage, "--model", model, "--false-alarms-per-mpx", 60, "--roi", "0,0,99,95",
        "--ignore-mask", tmp_path / "mask.png", "--json", "-", "--out", tmp_path / "site", *RUN,
    )  # fmt: skip
    content: dict[str, Any] = json.loads(out)
    assert code == 0
    assert content["megapixels"] == pytest.approx(40 * 48 * 100 / 1e6)
    with_mask = ("--roi", "0,0,99,95", "--ignore-mask", tmp_path / "mask.png", *RUN)
    code, out, _ = cli("detect", footage, "--model", tmp_path / "site", *with_mask)
    assert len(out.splitlines()) - 1 == content["false_alarms"]
