"""``irpoint simulate``, and the sample frames that it made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from irpoint.cli import app
from irpoint.datasets import load_dataset
from irpoint.errors import SettingsError
from irpoint.simulate import SceneSettings

SAMPLES = Path(__file__).parents[2] / "samples"


def test_defaults_are_those_of_the_settings(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "o"), "--frames", "1"])
    assert result.exit_code == 0, result.output
    run = json.loads((tmp_path / "o" / "simulation.json").read_text())["runs"][0]
    assert SceneSettings(**run["settings"]) == SceneSettings()
    assert run["frames"] == 1


def test_every_option_reaches_the_settings(tmp_path: Path) -> None:
    wanted = SceneSettings(
        width=80,
        height=40,
        scene="sea",
        beta=2.5,
        clutter_to_noise=9,
        targets=(2, 3),
        snr=(4, 4),
        dark_fraction=0.5,
        psf_sigma=(0.7, 0.9),
        min_separation=6,
        well_electrons=5e6,
        well_fill=0.4,
        read_noise=300,
        column_noise=0.1,
        pixel_noise=0.2,
        bad_pixels=0.001,
        bits=14,
    )
    options = (
        "--frames 2 --size 80x40 --scene sea --beta 2.5 --clutter-to-noise 9 --targets 2-3 "
        "--snr 4 --dark-fraction 0.5 --psf-sigma 0.7-0.9 --min-separation 6 --well-electrons 5e6 "
        "--well-fill 0.4 --read-noise 300 --column-noise 0.1 --pixel-noise 0.2 "
        "--bad-pixels 0.001 --bits 14 --seed 3 --name boat --format tiff"
    )
    result = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "o"), *options.split()])
    assert result.exit_code == 0, result.output
    run = json.loads((tmp_path / "o" / "simulation.json").read_text())["runs"][0]
    assert SceneSettings(**run["settings"]) == wanted
    assert run["seed"] == 3
    assert sorted(p.name for p in (tmp_path / "o" / "images").iterdir()) == [
        "boat_00000.tiff",
        "boat_00001.tiff",
    ]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--size", "640", "WIDTHxHEIGHT"),
        ("--snr", "a-b", "LOW-HIGH"),
        ("--targets", "1.5-3", "targets"),
        ("--bits", "9", "bits"),
        ("--format", "bmp", "give png or tiff"),
    ],
)
def test_an_invalid_value_is_an_error_and_writes_nothing(
    tmp_path: Path, option: str, value: str, message: str
) -> None:
    out = tmp_path / "o"
    result = CliRunner().invoke(app, ["simulate", "--out", str(out), option, value])
    assert isinstance(result.exception, SettingsError)
    assert message in str(result.exception)
    assert not out.exists()


def read_stored(path: Path) -> np.ndarray:
    return tifffile.imread(path) if path.suffix == ".tiff" else np.asarray(Image.open(path))


def test_the_samples_are_reproduced_by_the_commands_in_their_readme(tmp_path: Path) -> None:
    text = (SAMPLES / "README.md").read_text()
    commands = [line for line in text.splitlines() if line.startswith("irpoint simulate")]
    for command in commands:
        options = command.replace("--out samples", f"--out {tmp_path}").split()[1:]
        result = CliRunner().invoke(app, options)
        assert result.exit_code == 0, result.output
    shipped, made = load_dataset(SAMPLES, "all"), load_dataset(tmp_path, "all")
    assert [frame.image.name for frame in shipped] == [frame.image.name for frame in made]
    for frame, again in zip(shipped, made, strict=True):
        assert frame.shape == again.shape
        np.testing.assert_allclose(frame.points.xy, again.points.xy, atol=1e-4)
        pixels, pixels_again = read_stored(frame.image), read_stored(again.image)
        assert pixels.dtype == pixels_again.dtype
        # Equal bit for bit on the machine that made them. Elsewhere the last bit of a Fourier
        # transform may differ, and with it the noise, so only the scene is compared.
        assert np.corrcoef(pixels.ravel(), pixels_again.ravel())[0, 1] > 0.98
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*")) < 1.5e6


def test_a_sequence_takes_the_options_of_scenes_and_its_own(tmp_path: Path) -> None:
    options = "--sequence 3 --pan 1.5,-0.5 --jitter 0.2 --motions turn,cross --size 64x48 --bits 14"
    options += " --targets 3 --format stack --set wave_period=30 --set artefacts.border=2"
    out = tmp_path / "o"
    result = CliRunner().invoke(app, ["simulate", "--out", str(out), *options.split()])
    assert result.exit_code == 0, result.output
    assert result.output == f"3 frames in {out}\n"
    settings = json.loads((out / "simulation.json").read_text())["sequence"]["settings"]
    assert settings["pan"] == [1.5, -0.5]
    assert settings["jitter"] == 0.2
    assert settings["motions"] == ["turn", "cross"]
    assert settings["wave_period"] == 30
    assert settings["artefacts"]["border"] == 2
    assert settings["targets"] == [3, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--pan 2", "--pan: is for sequences; give --sequence N, too"),
        ("--jitter 2 --frames 3", "--jitter: is for sequences"),
        ("--sequence 3 --frames 3", "--frames: does not go with --sequence N"),
        ("--sequence 3 --append", "--append: does not go with --sequence N"),
        ("--sequence 3 --pan fast", "--pan fast: give pixels per frame"),
        ("--sequence 3 --set wave_perod=3", "did you mean wave_period"),
    ],
)
def test_options_that_do_not_fit_a_sequence(tmp_path: Path, options: str, message: str) -> None:
    out = ["simulate", "--out", str(tmp_path / "o"), *options.split()]
    with pytest.raises(SettingsError, match=re.escape(message)):
        CliRunner().invoke(app, out, catch_exceptions=False)
