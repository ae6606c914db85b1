"""Simulated datasets on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

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


def read_stored(path: Path) -> np.ndarray:
    return tifffile.imread(path) if path.suffix == ".tiff" else np.asarray(Image.open(path))


def read_truth(out: Path) -> dict:
    return json.loads((out / "annotations" / "annotations.json").read_text())


@pytest.mark.parametrize(("bits", "kind"), [(8, "png"), (14, "png"), (12, "tiff")])
def test_dataset_is_valid_coco_and_frames_are_lossless(
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
        assert read_stored(path).dtype == scene.frame.dtype
        np.testing.assert_array_equal(read_stored(path), scene.frame)
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


def test_a_frame_depends_on_settings_seed_and_index_only(tmp_path: Path) -> None:
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


def test_appending_keeps_earlier_frames_and_overwrites_nothing(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(1, 1))
    simulate_dataset(tmp_path, chosen, frames=2, seed=1)
    before = read_truth(tmp_path)
    with pytest.raises(SettingsError, match="not empty"):
        simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new")
    with pytest.raises(SettingsError, match=r"frame_00000\.png: already exists"):
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


def test_an_interrupted_run_leaves_a_complete_dataset(tmp_path: Path) -> None:
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


def test_a_simulated_dataset_loads_with_its_exact_truth(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(0, 3))
    simulate_dataset(tmp_path, chosen, frames=5, seed=2)
    loaded = load_dataset(tmp_path, "all")
    pattern = draw_fixed_pattern(chosen, camera_rng(2))
    assert [frame.name for frame in loaded] == [f"frame_{k:05d}" for k in range(5)]
    for index, frame in enumerate(loaded):
        scene = simulate_scene(chosen, scene_rng(2, index), pattern)
        assert frame.shape == (48, 64)
        assert frame.points == scene.points


def test_appending_to_a_damaged_dataset_names_the_file(tmp_path: Path) -> None:
    simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1)
    (tmp_path / "annotations" / "annotations.json").write_text("{")
    with pytest.raises(DatasetError, match=r"annotations\.json.*not JSON"):
        simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1, name="b", append=True)


def test_appending_to_a_damaged_table_names_the_file(tmp_path: Path) -> None:
    simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1)
    (tmp_path / "targets.csv").write_bytes(b"frame,scene\n\xff\n")
    with pytest.raises(DatasetError, match=r"targets\.csv: cannot be read"):
        simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1, name="b", append=True)
    assert len(list((tmp_path / "images").iterdir())) == 1


def test_appending_to_a_damaged_list_of_runs_names_the_file(tmp_path: Path) -> None:
    simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1)
    (tmp_path / "simulation.json").write_text("[]")
    with pytest.raises(DatasetError, match=r"simulation\.json: not written by irpoint simulate"):
        simulate_dataset(tmp_path, SceneSettings(**SMALL), frames=1, seed=1, name="b", append=True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"frames": 0}, "frames 0, seed 1: give frames >= 1"),
        ({"seed": -1}, "frames 1, seed -1: give frames >= 1 and seed >= 0"),
        ({"name": "../frame"}, "give the start of a file name"),
        ({"name": ""}, "give the start of a file name"),
    ],
)
def test_an_invalid_request_writes_nothing(tmp_path: Path, wrong: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        simulate_dataset(tmp_path, SceneSettings(**SMALL), **{"frames": 1, "seed": 1} | wrong)
    assert not any(tmp_path.iterdir())


def test_appending_ignores_split_lists(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(1, 1))
    simulate_dataset(tmp_path, chosen, frames=2, seed=1)
    (tmp_path / "img_idx").mkdir()
    (tmp_path / "img_idx/all.txt").write_text("frame_00000\n")
    simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new", append=True)
    assert len(read_truth(tmp_path)["images"]) == 3


def test_appending_to_a_dataset_that_was_not_simulated_is_refused(tmp_path: Path) -> None:
    chosen = SceneSettings(**SMALL, targets=(1, 1))
    simulate_dataset(tmp_path, chosen, frames=1, seed=1)
    (tmp_path / "simulation.json").unlink()
    before = read_truth(tmp_path)
    with pytest.raises(DatasetError, match="not written by irpoint simulate"):
        simulate_dataset(tmp_path, chosen, frames=1, seed=1, name="new", append=True)
    assert read_truth(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        simulate_dataset(tmp_path / "file/x", SceneSettings(**SMALL), frames=1, seed=1)
