"""Lists for datasets that have none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.datasets.auto_split import automatic_lists, save_lists, saved_lists, sequence_of
from irpoint.datasets.load import open_dataset
from irpoint.errors import DatasetError
from support.dataset_folders import split_list, write


def points(root: Path, names: list[str], without: tuple[str, ...] = ()) -> Path:
    """A CSV dataset with one target in each frame, except in those named ``without``."""
    for name in names:
        (root / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8)).save(root / f"images/{name}.png")
    rows = [f"{name}.png,," if name in without else f"{name}.png,3,4" for name in names]
    write(root, "points.csv", "image,x,y\n" + "\n".join(rows) + "\n")
    return root


@pytest.mark.parametrize(
    ("names", "sequence"),
    [
        (["clip7_0001", "clip7_0002"], "clip7"),
        (["clip7 (1)", "clip7 (12)"], "clip7"),
        (["img1", "img20"], "img"),
        (["0001", "0002"], ""),
        (["night/0001", "night/0002"], "night/"),
        (["hangar.tif#3", "hangar.tif#12"], "hangar.tif"),
        (["f10_png.rf.0a1", "f11_png.rf.2c"], "f"),
        (["f10.rf.0a1", "f10.rf.9"], "f"),
    ],
)
def test_frames_of_a_sequence_share_a_stem(names: list[str], sequence: str) -> None:
    assert {sequence_of(name) for name in names} == {sequence}


NAMES = [f"{clip}_{number:03d}" for clip in "abcdefghij" for number in range(4)]


def test_sequences_stay_together_and_the_seed_decides(tmp_path: Path) -> None:
    opened = open_dataset(points(tmp_path, NAMES))
    first, same, other = (automatic_lists(opened, seed) for seed in (0, 0, 1))
    assert first == same
    assert first != other
    for lists in (first, other):
        assert sorted(lists["train"] + lists["val"]) == NAMES
        assert len(lists["val"]) == 8
        assert not {n[0] for n in lists["train"]} & {n[0] for n in lists["val"]}


@pytest.mark.parametrize("seed", range(5))
def test_two_short_sequences_with_targets_are_on_both_sides(tmp_path: Path, seed: int) -> None:
    empty = tuple(f"c_{number:02d}" for number in range(20))
    lists = automatic_lists(open_dataset(points(tmp_path, ["a_0", "b_0", *empty], empty)), seed)
    assert all({"a_0", "b_0"} & set(names) for names in lists.values())


def test_one_sequence_is_cut_at_its_end(tmp_path: Path) -> None:
    names = [f"frame_{number:03d}" for number in range(20)]
    lists = automatic_lists(open_dataset(points(tmp_path, names)), 0)
    assert lists["val"] == tuple(names[-4:])


@pytest.mark.parametrize(("targets", "val"), [((0, 3), 17), ((18, 19), 1), ((2, 17), 4)])
def test_both_parts_of_a_cut_sequence_have_a_target(tmp_path: Path, targets, val: int) -> None:
    names = [f"frame_{number:03d}" for number in range(20)]
    without = tuple(name for k, name in enumerate(names) if k not in targets)
    lists = automatic_lists(open_dataset(points(tmp_path, names, without)), 0)
    assert len(lists["val"]) == val
    assert all({names[k] for k in targets} & set(listed) for listed in lists.values())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=7),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_both_lists_have_a_target_whenever_two_frames_do(
    tmp_path_factory, lengths: list[int], seed: int, data
) -> None:
    names = [f"s{chr(97 + k)}_{i}" for k, length in enumerate(lengths) for i in range(length)]
    empty = data.draw(st.sets(st.sampled_from(names)))
    opened = open_dataset(points(tmp_path_factory.mktemp("set"), names, tuple(empty)))
    if len(names) - len(empty) < 2:
        with pytest.raises(DatasetError, match=r"of its frames have a target; two are needed"):
            automatic_lists(opened, seed)
        return
    lists = automatic_lists(opened, seed)
    assert sorted(lists["train"] + lists["val"]) == sorted(names)
    assert all(set(listed) - empty for listed in lists.values())
    shared = {sequence_of(n) for n in lists["train"]} & {sequence_of(n) for n in lists["val"]}
    with_targets = {sequence_of(name) for name in set(names) - empty}
    assert len(shared) == (1 if len(with_targets) == 1 else 0)


def test_saved_lists_serve_datasets_without_lists(tmp_path: Path) -> None:
    root = points(tmp_path / "mine", ["a_1", "b_1", "c.tif"])
    save_lists(tmp_path / "run", {"mine": {"train": ("a_1",), "val": ("b_1", "c.tif")}})
    lists = saved_lists(tmp_path / "run")
    assert [f.name for f in load_dataset(root, "val", lists=lists)] == ["b_1", "c.tif"]
    split_list(root, "val", "a_1")
    assert [f.name for f in load_dataset(root, "val", lists=lists)] == ["a_1"]
    assert saved_lists(tmp_path / "none") == {}


def test_a_name_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    lists = {"sky": {"train": ("a", os.fsdecode(b"b\xff"))}}
    with pytest.raises(DatasetError, match=r"sky: a file name near .* is not UTF-8; rename it"):
        save_lists(tmp_path, lists)
