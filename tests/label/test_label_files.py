"""The dataset that a session writes, and a dataset that is labelled."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError
from irpoint.frames import read_frame
from irpoint.label import LabelSession
from support.label_client import JSON, client_of, get_labels, label_all, point, put
from support.label_scenes import STACK, TRUTH, picture, write_dataset, write_folder


def test_a_written_dataset_is_loaded_as_it_was_labelled(
    client: TestClient, session: LabelSession
) -> None:
    label_all(client)
    put(client, f"{STACK}#1", state="done", points=[point(22, 30)])
    put(client, f"{STACK}#2", state="unsure", points=[point(24, 30)])
    written = client.post("/api/export", headers=JSON).json()
    assert (written["frames"], written["targets"]) == (5, 5)
    loaded = {frame.name: frame for frame in load_dataset(Path(written["folder"]), "all")}
    assert set(loaded) == {"a", "b", "c", "deep", "stack.tif-000001"}
    for name, targets in TRUTH.items():
        frame = loaded[name.partition(".")[0]]
        assert np.allclose(frame.points.xy, np.array(targets).reshape(-1, 2), atol=1e-4)
        assert np.array_equal(read_frame(frame.image), read_frame(session.catalogue.root / name))
    page = read_frame(loaded["stack.tif-000001"].image)
    assert np.array_equal(page, tifffile.imread(session.catalogue.root / STACK)[1])
    lists = [load_dataset(Path(written["folder"]), split) for split in ("train", "val")]
    listed = [frame.image for split in lists for frame in split]
    assert sorted(listed) == sorted(frame.image for frame in loaded.values())
    assert min(map(len, lists)) >= 1


def test_track_numbers_are_exported_and_read_back_in_their_sequence(
    client: TestClient, session: LabelSession, tmp_path: Path
) -> None:
    for number in range(2):
        points = [point(20, 30, track=7), point(5, 5)]
        put(client, f"{STACK}#{number}", state="done", points=points)
    put(client, "a.png", state="done", points=[point(3, 3)])
    folder = session.write_dataset().folder
    tracks = {frame.name: frame.tracks for frame in load_dataset(folder, "all")}
    pages = ["stack.tif-000000", "stack.tif-000001"]
    assert tracks == {"a": None} | dict.fromkeys(pages, (7, None))
    again = LabelSession(folder, tmp_path / "again")
    entries = {Path(entry.name).name: entry for entry in again.catalogue.entries}
    sequences = {name: entry.sequence for name, entry in entries.items()}
    assert sequences["stack.tif-000000.png"] == sequences["stack.tif-000001.png"]
    assert sequences["stack.tif-000000.png"] != sequences["a.png"]
    points = again.labels(entries["stack.tif-000000.png"].name).labels.points
    assert [p.track for p in points] == [7, None]
    again.close()


def test_frames_stay_in_their_list_when_more_are_labelled(client: TestClient) -> None:
    lists = []
    for number in range(5):
        put(client, f"{STACK}#{number}", state="done", points=[point(20, 30)])
        for name in TRUTH if number == 0 else ():
            put(client, name, state="done", points=[point(20, 30)])
        written = client.post("/api/export", headers=JSON).json()
        lists.append({s: {f.name for f in load_dataset(Path(written["folder"]), s)}
                      for s in ("train", "val")})  # fmt: skip
    for earlier, later in itertools.pairwise(lists):
        assert earlier["train"] <= later["train"]


def test_a_dataset_starts_with_its_labels_and_is_not_changed(tmp_path: Path) -> None:
    source = tmp_path / "set"
    (source / "images").mkdir(parents=True)
    write_folder(tmp_path / "frames")
    for name in ("a.png", "b.png", "c.png"):
        (source / "images" / name).write_bytes((tmp_path / "frames" / name).read_bytes())
    rows = [f"{n},{x},{y}" for n in ("a.png", "b.png") for x, y in TRUTH[n]]
    (source / "points.csv").write_text("\n".join(["image,x,y", *rows, "c.png,,"]) + "\n")
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    session = LabelSession(source, tmp_path / "out")
    client = client_of(session)
    initial = get_labels(client, "images/b.png")["labels"]
    assert [p["origin"] for p in initial["points"]] == ["source", "source"]
    assert initial["state"] == "imported"
    put(client, "images/b.png", state="done", points=initial["points"][:1])
    assert client.post("/api/export", headers=JSON).json()["targets"] == 2
    client.post("/api/undo", headers=JSON)
    assert get_labels(client, "images/b.png")["labels"] == initial
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before
    session.close()


def test_frames_keep_the_lists_of_their_dataset(tmp_path: Path) -> None:
    rows = [f"{name}.png,20,30" for name in "abcd"]
    root = write_dataset(tmp_path / "set", rows, train="a", test="bc", trainval="ad")
    session = LabelSession(root, tmp_path / "out")
    client = client_of(session)
    assert client.get("/api/session").json()["frames"] == [f"images/{k}.png" for k in "abcde"]
    put(client, "images/e.png", state="done", points=[point(20, 30)])
    written = client.post("/api/export", headers=JSON).json()
    folder = Path(written["folder"])
    lists = {path.stem: path.read_text().split() for path in (folder / "img_idx").iterdir()}
    assert lists["test"] == ["b", "c"]
    assert lists["trainval"] == ["a", "d"]
    assert sorted(lists["train"] + lists["val"]) == ["a", "d", "e"]
    assert written["lists"] == {split: len(names) for split, names in lists.items()}
    session.close()
    for name in "abd":
        (root / "images" / f"{name}.png").unlink()
    session = LabelSession(root, tmp_path / "out")
    put(client_of(session), "images/e.png", 1)
    with pytest.raises(DatasetError, match=r"other lists of the dataset \(test\)"):
        session.train("spire")
    session.close()


def test_a_dataset_replaces_the_one_before(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", picture([], 0))
    for pages in (2, 3):
        shots = np.stack([picture([], pages)] * pages)
        tifffile.imwrite(folder / "stack.tif", shots, photometric="minisblack")
        os.utime(folder / "stack.tif", (pages, pages))
        session = LabelSession(folder, tmp_path / "out")
        client = client_of(session)
        for name in ("a.tif", "a.png", "stack.tif#1"):
            put(client, name, state="done", points=[point(20, 30)])
        written = session.write_dataset().folder
        session.close()
        Image.fromarray(picture([], 5)).save(folder / "a.png")
    loaded = {frame.name: frame for frame in load_dataset(written, "all")}
    assert sorted(loaded) == ["a", "a-tif", "stack.tif-000001"]
    shown = read_frame(loaded["stack.tif-000001"].image)
    assert np.array_equal(shown, picture([], 3))
    assert len(list((written / "images").iterdir())) == 3


def test_a_dataset_needs_a_decided_frame(client: TestClient) -> None:
    response = client.post("/api/export", headers=JSON)
    assert response.status_code == 422
    assert "no frame is decided yet" in response.json()["error"]
