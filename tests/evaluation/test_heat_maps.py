"""Folders of heat maps, from Python and from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import EvaluationError, IrpointWarning
from irpoint.evaluation.heat_maps import Maps, evaluate_maps, truth_mask
from support.masks import box_mask


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    """A dataset of two frames, one empty, and a folder of heat maps."""
    root, maps = tmp_path / "Sky", tmp_path / "maps"
    for folder in (root / "images", root / "masks", maps):
        folder.mkdir(parents=True)
    for name, truth, predicted in (
        ("a", box_mask((5, 5, 3, 3), (30, 30, 2, 2)), box_mask((5, 6, 3, 3), (20, 40, 1, 5))),
        ("b", box_mask(), box_mask((1, 1, 2, 2))),
    ):
        Image.fromarray(np.zeros(truth.shape, np.uint8)).save(root / "images" / f"{name}.png")
        Image.fromarray(truth.astype(np.uint8) * 255).save(root / "masks" / f"{name}.png")
        Image.fromarray(predicted.astype(np.uint8) * 200).save(maps / f"{name}.png")
    return root, maps


def test_maps_of_a_folder(made: tuple[Path, Path]) -> None:
    root, maps = made
    evaluation = evaluate_maps(load_dataset(root, "all").frames, Maps(maps))
    assert (evaluation.tp, evaluation.fp, evaluation.fn, evaluation.images) == (1, 2, 1, 2)
    assert evaluation.false_pixels_per_mpx == pytest.approx(9 / 4000 * 1e6)
    np.save(maps / "a.npy", np.zeros((40, 50), np.float32))
    (maps / "a.png").unlink()
    assert evaluate_maps(load_dataset(root, "all").frames, Maps(maps)).tp == 0


def test_the_command_prints_both_kinds_of_false_alarms(cli, made: tuple[Path, Path]) -> None:
    root, maps = made
    arguments = ("evaluate", "--data", root, "--split", "all", "--predictions", maps)
    code, out, err = cli(*arguments, "--protocol", "mask", "--json", "-")
    content = json.loads(out)
    assert code == 0
    assert content["protocol"] == "mask"
    assert content["radius_px"] == 3
    assert content["false_alarms_per_image"] == 1
    assert content["false_pixels_per_mpx"] == pytest.approx(2250)
    assert "Pixels of false blobs: 2250.00" in err


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda maps: (maps / "b.png").unlink(), "no map for b.png"),
        (lambda maps: Image.new("L", (9, 9)).save(maps / "b.png"), "'b' is 9x9"),
        (lambda maps: (maps / "b.png").write_bytes(b"junk"), "b.png"),
        (lambda maps: [file.unlink() for file in maps.iterdir()], "no heat maps"),
    ],
    ids=["missing", "size", "damaged", "empty"],
)
def test_bad_maps_are_refused_on_one_line(
    cli, made: tuple[Path, Path], break_it, message: str
) -> None:
    root, maps = made
    break_it(maps)
    code, _, err = cli(
        "evaluate", "--data", root, "--split", "all", "--predictions", maps, "--protocol", "mask"
    )
    assert code != 0
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_mask_protocols_need_maps_and_masks(cli, made: tuple[Path, Path], tmp_path: Path) -> None:
    root, maps = made
    code, _, err = cli(
        "evaluate", "--data", root, "--split", "all", "--model", "spire", "--protocol", "mask"
    )
    assert code != 0
    assert "heat maps" in err
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "points.csv").write_text("image,x,y\na,5,5\n")
    Image.new("L", (50, 40)).save(tmp_path / "points" / "a.png")
    code, _, err = cli(
        "evaluate", "--data", tmp_path / "points", "--split", "all", "--predictions", maps,
        "--protocol", "mask",
    )  # fmt: skip
    assert code != 0
    assert "no masks" in err


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_a_mask_of_ones_is_a_map(made: tuple[Path, Path], suffix: str) -> None:
    root, maps = made
    for name in ("a", "b"):
        truth = np.asarray(Image.open(root / "masks" / f"{name}.png")) > 0
        (maps / f"{name}.png").unlink()
        if suffix == "png":
            Image.fromarray(truth).save(maps / f"{name}.png")  # one bit a pixel
        else:
            np.save(maps / f"{name}.npy", truth)
    evaluation = evaluate_maps(load_dataset(root, "all").frames, Maps(maps))
    assert (evaluation.tp, evaluation.fp, evaluation.fn) == (2, 0, 0)


def test_a_smaller_mask_has_as_many_targets_as_the_frame(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    small = box_mask((5, 5, 3, 4), shape=(20, 30))
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(tmp_path / "images" / "a.png")
    Image.fromarray(small.astype(np.uint8)).save(tmp_path / "masks" / "a.png")
    with pytest.warns(IrpointWarning, match="scaled to fit"):
        (frame,) = load_dataset(tmp_path, "all")
    np.testing.assert_array_equal(truth_mask(frame), np.kron(small, np.ones((2, 2), bool)))


def test_maps_of_datasets_with_equal_names_lie_in_subfolders(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    root, maps = made
    other = tmp_path / "Sea"
    shutil.copytree(root, other)
    frames = [frame for path in (root, other) for frame in load_dataset(path, "all")]
    with pytest.raises(EvaluationError, match=r"a\.png: matches .*Sky.* and .*Sea"):
        evaluate_maps(frames, Maps(maps))
    for name in ("Sky", "Sea"):
        (maps / name).mkdir()
        for file in maps.glob("*.png"):
            shutil.copy(file, maps / name / file.name)
    for file in maps.glob("*.png"):
        file.unlink()
    assert evaluate_maps(frames, Maps(maps)).tp == 2


def test_a_threshold_of_nan_is_refused_on_one_line(cli, made: tuple[Path, Path]) -> None:
    root, maps = made
    code, _, err = cli(
        "evaluate", "--data", root, "--split", "all", "--predictions", maps, "--protocol", "mask",
        "--threshold", "nan",
    )  # fmt: skip
    assert (code, len(err.strip().splitlines())) == (1, 1)
    assert "finite" in err
