"""Simulated data sets on disk, and the command that writes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from irpoint.cli import app
from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, SettingsError
from irpoint.simulate import (
    SceneSettings,
    camera_rng,
    draw_fixed_pattern,
    scene_rng,
    simulate_scene,
)
from irpoint.simulate.dataset import simulate_dataset

SMALL = {"width": 64, "height": 48}
SAMPLES = Path(__file__).parents[2] / "samples"


def stored(path: Path) -> np.ndarray:
    return tifffile.imread(path) if path.suffix == ".tiff" else np.asarray(Image.open(path))


def read_truth(out: Path) -> dict:
    return json.loads((out / "annotations" / "annotations.json").read_text())


@pytest.mark.parametrize(("bits", "kind"), [(8, "png"), (14, "png"), (12, "tiff")])
def test_data_set_is_valid_coco_and_frames_keep_their_bits(
    tmp_path: Path, bits: int, kind: str
) -> None:
    chosen = SceneSettings(**SMALL, bits=bits, targets=(0, 2))
    simulate_dataset(tmp_path, chosen, frames=6, seed=4, file_format=kind)
    truth = read_truth(tmp_path)
    pattern = draw_fixed_pattern(chosen, camera_rng(4))
    assert truth["categories"][0]["keypoints"] == ["point"]
    assert len({note["id"] for note in truth["annotations"]}) == len(truth["annotations"])
    counts = set()
    for index, image in enumerate(truth["images"]):
        assert (image["width"], image["height"]) == (64, 48)
        scene = simulate_scene(chosen, scene_rng(4, index), pattern)
        path = tmp_path / "images" / image["file_name"]
        assert stored(path).dtype == scene.frame.dtype
        np.testing.assert_array_equal(stored(path), scene.frame)
        notes = [note for note in truth["annotations"] if note["image_id"] == image["id"]]
        counts.add(len(notes))
        xy = np.array([note["keypoints"][:2] for note in notes]).reshape(-1, 2)
        np.testing.assert_allclose(xy, scene.points.xy, atol=1e-4)
        for note in notes:
            x, y, width, height = note["bbox"]
            assert note["keypoints"][2] == 2
            assert note["num_keypoints"] == 1
            # A box counts from the pixel's corner, half a pixel before its centre.
            assert x <= note["keypoints"][0] + 0.5 <= x + width
            assert y <= note["keypoints"][1] + 0.5 <= y + height
            assert note["area"] == pytest.approx(width * height, abs=0.1)
    assert 0 in counts
    assert len(counts) > 1


def test_a_frame_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, bad_pixels=0.01)
    simulate_dataset(tmp_path / "few", chosen, frames=2, seed=1)
    simulate_dataset(tmp_path / "many", chosen, frames=4, seed=1)
    simulate_dataset(tmp_path / "other", chosen, frames=2, seed=2)
    for index in range(2):
        name = f"images/frame_{index:05d}.png"
        same, again, other = ((tmp_path / d / name).read_bytes() for d in ("few", "many", "other"))
        assert same == again
        assert same != other
    first, second = ((tmp_path / "few/images" / f"frame_0000{k}.png").read_bytes() for k in (0, 1))
    assert first != second


def test_appending_keeps_what_is_there_and_never_overwrites(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(1, 1))
    simulate_dataset(tmp_path, chosen, frames=2, seed=1)
    before = read_truth(tmp_path)
    with pytest.raises(SettingsError, match="not empty"):
        simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new")
    with pytest.raises(SettingsError, match=r"frame_00000\.png: exists"):
        simulate_dataset(tmp_path, chosen, frames=1, seed=1, append=True)
    assert read_truth(tmp_path) == before
    simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new", append=True)
    truth = read_truth(tmp_path)
    assert truth["images"][:2] == before["images"]
    assert [image["id"] for image in truth["images"]] == [1, 2, 3]
    assert [note["id"] for note in truth["annotations"]] == [1, 2, 3]
    runs = json.loads((tmp_path / "simulation.json").read_text())["runs"]
    assert [run["name"] for run in runs] == ["frame", "new"]
    assert len((tmp_path / "targets.csv").read_text().splitlines()) == 4


def test_stopping_leaves_a_whole_data_set_of_the_frames_made(tmp_path: Path) -> None:
    made = []

    def stop() -> None:
        made.append(1)
        if len(made) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=5, seed=1, on_frame=stop)
    listed = [image["file_name"] for image in read_truth(tmp_path)["images"]]
    assert listed == sorted(path.name for path in (tmp_path / "images").iterdir())
    assert len(listed) == 2


def test_simulated_data_set_loads_as_one(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(0, 3))
    simulate_dataset(tmp_path, chosen, frames=5, seed=2)
    loaded = load_dataset(tmp_path, "all")
    pattern = draw_fixed_pattern(chosen, camera_rng(2))
    assert [frame.name for frame in loaded] == [f"frame_{k:05d}" for k in range(5)]
    for index, frame in enumerate(loaded):
        scene = simulate_scene(chosen, scene_rng(2, index), pattern)
        assert frame.shape == (48, 64)
        assert frame.points == scene.points


def test_samples_are_what_their_commands_make(tmp_path: Path) -> None:
    text = (SAMPLES / "README.md").read_text()
    commands = [line for line in text.splitlines() if line.startswith("irpoint simulate")]
    for command in commands:
        options = command.replace("--out samples", f"--out {tmp_path}").split()[1:]
        result = CliRunner().invoke(app, options)
        assert result.exit_code == 0, result.output
    shipped, made = load_dataset(SAMPLES, "all"), load_dataset(tmp_path, "all")
    assert [frame.image.name for frame in shipped] == [frame.image.name for frame in made]
    # Noise may differ between machines, because the last bit of a Fourier transform does.
    for frame, again in zip(shipped, made, strict=True):
        assert frame.shape == again.shape
        np.testing.assert_allclose(frame.points.xy, again.points.xy, atol=1e-4)
        bits = [stored(one.image).dtype for one in (frame, again)]
        assert bits[0] == bits[1]
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*")) < 1.5e6


def test_damaged_truth_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1)
    (tmp_path / "annotations" / "annotations.json").write_text("{")
    with pytest.raises(DatasetError, match=r"annotations\.json.*not JSON"):
        simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1, name="b", append=True)


# --- command line


def test_command_defaults_are_those_of_the_settings(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "o"), "--frames", "1"])
    assert result.exit_code == 0, result.output
    run = json.loads((tmp_path / "o" / "simulation.json").read_text())["runs"][0]
    assert SceneSettings(**run["settings"]) == SceneSettings()
    assert run["frames"] == 1


def test_command_passes_every_option_on(tmp_path: Path) -> None:
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
        ("--format", "bmp", "png or tiff"),
    ],
)
def test_command_refuses_nonsense_and_writes_nothing(
    tmp_path: Path, option: str, value: str, message: str
) -> None:
    out = tmp_path / "o"
    result = CliRunner().invoke(app, ["simulate", "--out", str(out), option, value])
    assert isinstance(result.exception, SettingsError)
    assert message in str(result.exception)
    assert not out.exists()


def test_appending_reads_every_frame_whatever_lists_there_are(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(1, 1))
    simulate_dataset(tmp_path, chosen, frames=2, seed=1)
    (tmp_path / "img_idx").mkdir()
    (tmp_path / "img_idx/all.txt").write_text("frame_00000\n")
    simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new", append=True)
    assert len(read_truth(tmp_path)["images"]) == 3


def test_labels_that_were_not_simulated_are_left_alone(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(1, 1))
    simulate_dataset(tmp_path, chosen, frames=1, seed=1)
    (tmp_path / "simulation.json").unlink()
    before = read_truth(tmp_path)
    with pytest.raises(DatasetError, match="not simulated"):
        simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new", append=True)
    assert read_truth(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        simulate_dataset(tmp_path / "file/x", SceneSettings(**SMALL), frames=1, seed=1)
