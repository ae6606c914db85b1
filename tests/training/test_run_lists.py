"""Data without split lists are split by the run, which keeps the lists."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from irpoint.datasets.auto_split import save_lists, saved_lists
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.runtime import Detector
from irpoint.training.card_figures import measure_figures
from irpoint.training.run import fit
from irpoint.training.run_lists import find_lists
from support.runs import short_run

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_method")


@pytest.fixture
def unsplit(scenes: Path, tmp_path: Path) -> Path:
    """The scenes without their lists, as they are simulated."""
    return Path(
        shutil.copytree(scenes, tmp_path / "unsplit", ignore=shutil.ignore_patterns("img_idx"))
    )


def plain_run(data: Path, **changes: object) -> Any:
    return short_run(data, split="train", val_split="val", epochs=1, val_every=1, **changes)


def test_a_simulated_set_without_lists_trains_at_once(unsplit: Path, tmp_path: Path) -> None:
    before = sorted(unsplit.rglob("*"))
    with pytest.warns(IrpointWarning, match=r"no split lists; 5 frames train and the last 1 of"):
        fit(plain_run(unsplit), tmp_path / "run")
    assert sorted(unsplit.rglob("*")) == before
    lists = saved_lists(tmp_path / "run")["unsplit"]
    assert {name: len(names) for name, names in lists.items()} == {"train": 5, "val": 1}


def test_the_lists_of_a_run_serve_its_model_later(
    unsplit: Path, tmp_path: Path, write_model: Callable[..., Path], cli: Callable[..., Any]
) -> None:
    model = write_model(tmp_path / "run/model.onnx")
    save_lists(tmp_path / "run", {"unsplit": {"val": ("frame_00002",)}})
    lists = saved_lists(tmp_path / "run")
    figures = measure_figures(Detector(model), [unsplit], "val", lists).metrics
    assert figures["images"] == 1
    file = tmp_path / "result.json"
    evaluate = ("evaluate", "--data", unsplit, "--split", "val", "--json", file)
    for name in (model, model.parent):
        code, _, error = cli(*evaluate, "--model", name)
        assert (code, json.loads(file.read_text())["images"]) == (0, 1), error
    code, _, error = cli(*evaluate, "--model", "mpcm")
    assert (code, "no split 'val'" in error) == (1, True)


def test_a_resumed_run_keeps_its_lists(unsplit: Path, tmp_path: Path, recwarn) -> None:
    settings = plain_run(unsplit)
    fit(settings, tmp_path / "run")
    file = tmp_path / "run/splits/unsplit/val.txt"
    file.write_text("frame_00000\n")
    assert find_lists(settings, tmp_path / "run")["unsplit"]["val"] == ("frame_00000",)


def test_the_same_seed_gives_the_same_lists(unsplit: Path, tmp_path: Path) -> None:
    settings = plain_run(unsplit, seed=3)
    with pytest.warns(IrpointWarning, match="no split lists"):
        one, two = (find_lists(settings, tmp_path / name) for name in ("one", "two"))
    assert one == two


def test_the_sequences_of_both_parts_are_counted(scenes: Path, tmp_path: Path) -> None:
    root = tmp_path / "clips"
    (root / "images").mkdir(parents=True)
    names = [f"{clip}_{number}.png" for clip in "abcde" for number in range(2)]
    for name in names:
        shutil.copy(scenes / "images/frame_00000.png", root / "images" / name)
    rows = "".join(f"{name},3,4\n" for name in names)
    (root / "points.csv").write_text(f"image,x,y\n{rows}")
    match = r"8 frames train \(4 sequences\) and 2 validate \(1\)"
    with pytest.warns(IrpointWarning, match=match):
        find_lists(plain_run(root), tmp_path / "run")


def test_named_splits_and_existing_lists_are_kept(scenes: Path, unsplit: Path, tmp_path) -> None:
    assert find_lists(plain_run(scenes), tmp_path) == {}
    with pytest.raises(DatasetError, match="no split 'mine'; choose one of: all"):
        fit(short_run(unsplit, split="mine"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_command_chooses_the_validation_split(
    unsplit: Path, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    command = ("train", "--method", "tiny", "--data", unsplit, "--out", tmp_path / "run")
    code, _, error = cli(*command, "--split", "all", "--val-split", "mine")
    assert (code, "no split 'mine'" in error) == (1, True)
