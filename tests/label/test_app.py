"""The server of the page: what it returns and what it stores."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.datasets import load_dataset
from irpoint.errors import IrpointWarning
from irpoint.frames import read_frame
from irpoint.label import LabelSession
from support.label_client import JSON, client_of, get_labels, point, put
from support.label_scenes import FRAMES, STACK, TRUTH, picture, write_dataset


def test_all_frames_are_listed_in_natural_order(client: TestClient) -> None:
    assert client.get("/api/session").json()["frames"] == FRAMES


@pytest.mark.parametrize("name", ["a.png", "deep.tif", f"{STACK}#3"])
def test_pixels_have_their_full_depth(client: TestClient, session: LabelSession, name: str) -> None:
    response = client.get("/api/pixels", params={"frame": name})
    head = json.loads(response.headers["x-frame"])
    stored = np.frombuffer(response.content, "<u2" if head["bits"] == 16 else np.uint8)
    frame = session.catalogue.read(session.entry(name))
    counts = head["offset"] + head["scale"] * stored.reshape(head["height"], head["width"])
    assert np.array_equal(counts, frame)
    assert head["low"] < head["high"]


def test_frames_of_floats_are_sent_in_sixteen_bits(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    frame = np.random.default_rng(0).normal(300, 2, (32, 40)).astype(np.float32)
    frame[3, 4] = np.nan
    np.save(tmp_path / "frames" / "kelvin.npy", frame)
    session = LabelSession(tmp_path / "frames", tmp_path / "out")
    response = client_of(session).get("/api/pixels", params={"frame": "kelvin.npy"})
    head = json.loads(response.headers["x-frame"])
    stored = np.frombuffer(response.content, "<u2").reshape(32, 40)
    error = np.abs(head["offset"] + head["scale"] * stored - frame)
    assert np.nanmax(error) <= head["scale"]
    session.close()


def test_a_damaged_frame_is_reported_and_the_others_work(client: TestClient) -> None:
    response = client.get("/api/pixels", params={"frame": "zz-damaged.png"})
    assert response.status_code == 422
    assert "zz-damaged.png: damaged" in response.json()["error"]
    assert client.get("/api/pixels", params={"frame": "a.png"}).status_code == 200


def test_two_tabs_do_not_overwrite_each_other(client: TestClient) -> None:
    assert put(client, "a.png", points=[point(1, 2)]).json()["version"] == 1
    late = put(client, "a.png", points=[point(8, 9)])
    assert late.status_code == 409
    assert late.json()["stored"]["labels"]["points"][0]["x"] == 1


def test_undo_and_redo_return_the_frames_that_changed(client: TestClient) -> None:
    put(client, "a.png", points=[point(1, 2)])
    put(client, "b.png", state="empty")
    assert list(client.post("/api/undo", headers=JSON).json()) == ["b.png"]
    assert list(client.post("/api/undo", headers=JSON).json()) == ["a.png"]
    assert client.post("/api/undo", headers=JSON).json() == {}
    again = client.post("/api/redo", headers=JSON).json()
    assert again["a.png"]["labels"]["points"][0]["y"] == 2


def test_undo_keeps_the_changes_of_other_open_tabs(client: TestClient) -> None:
    one, other = {**JSON, "X-Tab": "one"}, {**JSON, "X-Tab": "other"}
    client.headers["X-Tab"] = "one"
    put(client, "a.png", points=[point(1, 2)])
    assert client.post("/api/undo", headers=other).json() == {}
    client.delete("/api/tab", headers=one)
    assert list(client.post("/api/undo", headers=other).json()) == ["a.png"]


def test_a_full_disk_is_answered_with_a_status_to_retry(
    client: TestClient, session: LabelSession
) -> None:
    with sqlite3.connect(session.store.path) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON change BEGIN "
            "SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    response = put(client, "a.png", note="kept")
    assert response.status_code == 503
    assert "cannot be written (database or disk is full)" in response.json()["error"]


@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_a_click_is_snapped_to_the_target(client: TestClient, how: str) -> None:
    x, y = TRUTH["deep.tif"][0]
    click = {"frame": "deep.tif", "x": x + 1.4, "y": y - 1.1, "how": how}
    found = client.post("/api/snap", json=click).json()
    assert found["snapped"] is True
    assert np.hypot(found["x"] - x, found["y"] - y) < (0.1 if how == "peak" else 0.3)


@pytest.mark.parametrize("how", ["peak", "centroid", "off"])
def test_a_click_on_nothing_is_kept_and_the_answer_says_so(client: TestClient, how: str) -> None:
    click = {"frame": "deep.tif", "x": 20.4, "y": 11.3, "how": how}
    found = client.post("/api/snap", json=click).json()
    assert found == {"x": 20.4, "y": 11.3, "snapped": False}


def test_proposals_are_those_of_the_chosen_model_and_are_no_labels(client: TestClient) -> None:
    assert client.get("/api/proposals", params={"frame": "b.png"}).json()["points"] == []
    chosen = client.post("/api/model", json={"model": "p2p-lite"}).json()
    assert chosen["threshold"] > 0
    found = client.get("/api/proposals", params={"frame": "b.png"}).json()["points"]
    for x, y in TRUTH["b.png"]:
        assert min(np.hypot(px - x, py - y) for px, py, _ in found[:2]) < 0.05  # measured
    assert get_labels(client, "b.png")["labels"]["points"] == []
    assert client.post("/api/model", json={"model": "../../evil"}).status_code == 422


def test_dark_targets_are_proposed_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    truth = [(22.7, 41.2), (70.4, 20.1)]
    Image.fromarray(~picture(truth, 1)).save(tmp_path / "frames" / "a.png")
    session = LabelSession(tmp_path / "frames", tmp_path / "out")
    client = client_of(session)

    def proposed(**choice: str) -> list[list[float]]:
        assert client.post("/api/model", json={"model": "p2p-lite", **choice}).status_code == 200
        found = client.get("/api/proposals", params={"frame": "a.png"}).json()["points"]
        return [point for point in found if point[2] > session.proposer.threshold]

    assert proposed() == []
    for polarity in ("dark", "both"):
        points = proposed(polarity=polarity)
        assert len(points) == 2
        assert min(np.hypot(x - truth[0][0], y - truth[0][1]) for x, y, _ in points) < 0.5
    assert len(proposed()) == 2  # the polarity is kept
    assert client.get("/api/session").json()["polarity"] == "both"
    assert proposed(polarity="bright") == []
    assert client.post("/api/model", json={"model": None, "polarity": "cold"}).status_code == 422
    session.close()


def test_the_old_name_of_the_ambiguity_order_still_works(client: TestClient) -> None:
    expected = client.get("/api/queue", params={"by": "ambiguity"}).json()
    with pytest.warns(IrpointWarning, match="by=ambiguity"):
        response = client.get("/api/queue", params={"by": "doubt"})
    assert response.json() == expected


def test_files_that_cannot_be_shown_are_listed(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "set", ["a.png,20,thirty"])
    (root / "images" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    session = LabelSession(root, tmp_path / "out")
    overview = client_of(session).get("/api/session").json()
    assert overview["frames"] == [f"images/{k}.png" for k in "abcde"]
    assert "line 2: x '20' and y 'thirty'" in overview["skipped"][0]
    assert overview["skipped"][1].startswith("images/caf\\xe9.png: the file name is not UTF-8")
    session.close()


def test_frames_of_videos_are_labelled_like_images(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="needs PyAV")
    (tmp_path / "frames").mkdir()
    for name, count in (("clip", 6), ("one", 1)):
        with av.open(str(tmp_path / "frames" / f"{name}.mkv"), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "gray"
            for k in range(count):
                shot = av.VideoFrame.from_ndarray(picture([(20.0 + k, 30.0)], k), format="gray")
                container.mux(stream.encode(shot))
            container.mux(stream.encode())
    (tmp_path / "frames" / "cut.mp4").write_bytes(b"not a video" * 9)
    session = LabelSession(tmp_path / "frames", tmp_path / "out")
    client = client_of(session)
    overview = client.get("/api/session").json()
    assert overview["frames"] == [*(f"clip.mkv#{k}" for k in range(6)), "one.mkv#0"]
    assert "cut.mp4: cannot be read as video" in overview["skipped"][0]
    response = client.get("/api/pixels", params={"frame": "clip.mkv#4"})
    shown = np.frombuffer(response.content, np.uint8).reshape(64, 96)
    assert np.array_equal(shown, picture([(24.0, 30.0)], 4))
    put(client, "clip.mkv#4", state="done", points=[point(24, 30)])
    put(client, "one.mkv#0", state="done", points=[point(20, 30)])
    written = Path(client.post("/api/export", headers=JSON).json()["folder"])
    frame, one = load_dataset(written, "all")
    assert np.array_equal(read_frame(frame.image), shown)
    assert one.image.name == "one.mkv-000000.png"
    session.close()
