"""Splits, names and files of any layout, and the public datasets if they are present."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets import LabelledFrame, convert, load_dataset
from irpoint.datasets.images import Images
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.lists import split_lists
from irpoint.datasets.load import LAYOUTS, Layout
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.frames import read_frame
from support.dataset_folders import save, split_list, spots, write, xy_of
from support.tool_exports import cvat_coco, cvat_images

FRAME = np.zeros((20, 30), np.uint8)
ONE_BOX = {"image_id": 1, "bbox": [3, 4, 3, 1]}


@pytest.mark.parametrize("folder", ["img_idx", "idx_427", "splits", "50_50"])
def test_split_lists_give_names_and_order(masked: Path, folder: str) -> None:
    split_list(masked, "train", "b", "a", folder=folder)
    split_list(masked, "night", "b.png\r", "", folder=folder)
    assert [frame.name for frame in load_dataset(masked, "train")] == ["b", "a"]
    assert [frame.name for frame in load_dataset(masked, "night")] == ["b"]
    assert len(load_dataset(masked, "all")) == 2


def test_a_list_named_all_replaces_every_image(masked: Path) -> None:
    split_list(masked, "all", "b")
    assert [frame.name for frame in load_dataset(masked, "all")] == ["b"]


def test_an_unknown_split_lists_the_known_ones(masked: Path) -> None:
    with pytest.raises(DatasetError, match=r"no split 'val'; choose one of: all$"):
        load_dataset(masked, "val")
    split_list(masked, "train", "a")
    with pytest.raises(DatasetError, match=r"no split 'val'; choose one of: train, all$"):
        load_dataset(masked, "val")


def test_a_name_listed_twice_counts_once_with_a_warning(masked: Path) -> None:
    split_list(masked, "train", "a", "b", "a")
    with pytest.warns(IrpointWarning, match="'train' names 1 images twice"):
        assert len(load_dataset(masked, "train")) == 2


def test_an_empty_list_is_an_error(masked: Path) -> None:
    split_list(masked, "train")
    with pytest.raises(DatasetError, match="'train' is empty"):
        load_dataset(masked, "train")


def test_subfolders_tell_equal_names_apart(tmp_path: Path) -> None:
    for number, sequence in enumerate(("s1", "s2")):
        save(tmp_path / f"images/{sequence}/0.png", FRAME)
        save(tmp_path / f"masks/{sequence}/0.png", spots(FRAME.shape, (number, 0)))
    assert xy_of(load_dataset(tmp_path, "all")) == {"s1/0": [[0, 0]], "s2/0": [[1, 0]]}
    split_list(tmp_path, "train", "0")
    with pytest.raises(DatasetError, match="several images"):
        load_dataset(tmp_path, "train")


def test_missing_files_are_named(masked: Path) -> None:
    split_list(masked, "train", "a", "c")
    with pytest.raises(DatasetError, match="images/c: no such image"):
        load_dataset(masked, "train")
    (masked / "masks/a.png").unlink()
    with pytest.raises(DatasetError, match="masks/a: no mask"):
        load_dataset(masked, "all")
    with pytest.raises(DatasetError, match="no such folder"):
        load_dataset(masked / "none", "all")
    with pytest.raises(DatasetError, match=r"not a known dataset layout; .*: sirst-v2, masks, "):
        load_dataset(masked / "images", "all")


def test_an_unknown_layout_lists_what_was_looked_for(tmp_path: Path) -> None:
    save(tmp_path / "a.png", FRAME)
    with pytest.raises(DatasetError, match="Looked for: ") as error:
        load_dataset(tmp_path, "all")
    assert all(f"({name})" in str(error.value) for name in LAYOUTS)
    with pytest.raises(DatasetError, match=r"a\.png: is a file; give the folder that it is in"):
        load_dataset(tmp_path / "a.png", "all")


def test_labels_of_two_tools_are_named(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", FRAME)
    write(tmp_path, "annotations.xml", cvat_images("a.png"))
    write(tmp_path, "annotations/instances_default.json", cvat_coco(["a.png"], [ONE_BOX]))
    with pytest.warns(IrpointWarning, match=r"of coco are read, not those of cvat \(annotations"):
        assert xy_of(load_dataset(tmp_path, "all")) == {"a": [[4, 4]]}


def open_brightest(root: Path, truth: str) -> OpenedLayout | None:
    """A layout of a folder ``bright/``: the target of each frame is its brightest pixel."""
    if not (root / "bright").is_dir():
        return None
    images = Images(root / "bright")

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        frames = []
        for name in names:
            image = images.find(name)
            frame = read_frame(image)
            row, column = np.unravel_index(frame.argmax(), frame.shape)
            shape = image_shape(image)
            frames.append(labelled_frame(name, image, shape, [(column, row)], "", root.name))
        return frames

    return OpenedLayout(root, images.names(), split_lists(root), images.find, read)


def test_a_layout_needs_its_function_and_a_row(cli, tmp_path: Path, monkeypatch) -> None:
    save(tmp_path / "new" / "bright" / "a.png", spots(FRAME.shape, (4, 7)))
    split_list(tmp_path / "new", "train", "a")
    monkeypatch.setitem(LAYOUTS, "brightest", Layout(open_brightest, "centroids"))
    loaded = load_dataset(tmp_path / "new", "train")
    assert (loaded.layout, xy_of(loaded)) == ("brightest", {"a": [[4, 7]]})
    code, out, _ = cli("convert", tmp_path / "new", tmp_path / "points", "--to", "csv")
    assert (code, "(brightest)" in out) == (0, True)
    _, _, error = cli("convert", tmp_path, tmp_path / "other", "--to", "csv")
    assert "csv, brightest" in error.replace("\n", " ")


@pytest.mark.parametrize(
    ("folder", "split", "images", "targets", "empty"),
    [
        ("NUDT-SIRST", "train", 530, 737, 0),
        ("NUDT-SIRST", "val", 133, 181, 0),
        ("IRSTD-1k", "all", 800, 1495 - 297, 0),
        ("SIRST-v1", "train", 207, 258, 0),
        ("SIRST-v1", "val", 46, 61, 0),
        ("SIRST-v2", "train", 561, 327, 306),
        ("SIRST-v2", "val_full", 140, 86, 73),
    ],
)
def test_public_datasets_have_the_known_counts(
    shared_data: Path, folder: str, split: str, images: int, targets: int, empty: int
) -> None:
    dataset = load_dataset(shared_data / folder, split)
    counts = [len(frame.points) for frame in dataset]
    assert (len(counts), sum(counts), counts.count(0)) == (images, targets, empty)


def test_an_image_with_two_suffixes_is_found(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        save(tmp_path / folder / "img_1.tif.png", FRAME)
    split_list(tmp_path, "val", "img_1.tif.png")
    for split in ("all", "val"):
        assert [frame.name for frame in load_dataset(tmp_path, split)] == ["img_1.tif"]


def test_linked_folders_are_followed_and_hidden_ones_are_not(masked: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-more"
    for folder in ("images", "masks"):
        save(elsewhere / folder / "c.png", FRAME)
        (masked / folder / "more").symlink_to(elsewhere / folder)
        (masked / folder / "more" / "round").symlink_to(elsewhere / folder)
    save(masked / "images/.ipynb_checkpoints/a-checkpoint.png", FRAME)
    assert set(xy_of(load_dataset(masked, "all"))) == {"a", "b", "c"}


def test_a_list_may_name_images_by_their_path(masked: Path) -> None:
    split_list(masked, "val", "images/a.png")
    (frame,) = load_dataset(masked, "val")
    assert frame.points.xy.tolist() == [[3, 4], [10, 7]]


def test_an_image_listed_by_two_names_counts_once(masked: Path) -> None:
    split_list(masked, "val", "a", "images/a.png", "b")
    with pytest.warns(IrpointWarning, match="names 1 images twice"):
        frames = load_dataset(masked, "val").frames
    assert [frame.image.name for frame in frames] == ["a.png", "b.png"]


def test_voc_lists_of_one_class_have_a_presence_column(masked: Path) -> None:
    split_list(masked, "drone_val", "a  1", "b -1", folder="ImageSets/Main")
    assert [frame.name for frame in load_dataset(masked, "drone_val")] == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_lists_of_any_encoding(masked: Path, encoding: str) -> None:
    (masked / "splits").mkdir()
    text = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (masked / "splits/val.txt").write_bytes(f"{text}b.png\r\n'a'\r\n".encode(encoding))
    assert [frame.name for frame in load_dataset(masked, "val")] == ["b", "a"]


def test_a_list_of_utf_16_needs_no_mark_and_other_encodings_are_named(masked: Path) -> None:
    (masked / "splits").mkdir()
    (masked / "splits/val.txt").write_bytes("b.png\r\n".encode("utf-16-le"))
    assert [frame.name for frame in load_dataset(masked, "val")] == ["b"]
    (masked / "splits/val.txt").write_bytes("für.png\n".encode("latin-1"))
    with pytest.raises(DatasetError, match=r"val.txt: cannot be read as a list .*byte 1.*UTF-8"):
        load_dataset(masked, "val")


@pytest.mark.parametrize(
    "listed",
    ["./images/a.png", "/home/me/mine/images/a.png", "C:\\mine\\images\\a.png", "mine/a.png"],
)
def test_lists_with_folders_of_another_machine(masked: Path, listed: str, tmp_path: Path) -> None:
    split_list(masked, "val", listed)
    (frame,) = load_dataset(masked, "val")
    assert frame.image == masked / "images/a.png"
    convert(masked, tmp_path / "out", "csv", split="val")
    assert [path.name for path in (tmp_path / "out/images").rglob("*.png")] == ["a.png"]


def test_a_list_with_the_wrong_folder_names_no_other_image(masked: Path) -> None:
    save(masked / "images/s1/0.png", FRAME)
    split_list(masked, "val", "s2/0.png")
    with pytest.raises(DatasetError, match="s2/0: no such image"):
        load_dataset(masked, "val")


def test_lists_in_the_dataset_folder(masked: Path) -> None:
    (masked / "val.txt").write_text("b\n")
    (masked / "readme.txt").write_text("nothing\n")
    assert [frame.name for frame in load_dataset(masked, "val")] == ["b"]
    split_list(masked, "val", "a")
    assert [frame.name for frame in load_dataset(masked, "val")] == ["a"]


def test_hidden_lists_of_macos_are_not_lists(masked: Path) -> None:
    split_list(masked, "val", "b")
    (masked / "img_idx/._val.txt").write_bytes(b"\x00\x05\x16\x07\xff\xff")
    assert [frame.name for frame in load_dataset(masked, "val")] == ["b"]
