"""The page's server: what it gives and what it stores."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.label_client import JSON, STACK, client, data_set, point, put, session
from support.label_scenes import TRUTH, picture, write_folder

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.frames import read_frame
from irpoint.label import LabelSession
from irpoint.label.app import create_app

__all__ = ["client", "session"]  # fixtures


def test_every_frame_of_the_folder_is_listed_in_natural_order(client: TestClient) -> None:
    names = client.get("/api/session").json()["frames"]
    assert names == [*TRUTH, *(f"{STACK}#{k}" for k in range(5)), "zz-damaged.png"]


@pytest.mark.parametrize("name", ["a.png", "deep.tif", f"{STACK}#3"])
def test_pixels_come_at_their_full_depth(
    client: TestClient, session: LabelSession, name: str
) -> None:
    answer = client.get("/api/pixels", params={"frame": name})
    head = json.loads(answer.headers["x-frame"])
    stored = np.frombuffer(answer.content, "<u2" if head["bits"] == 16 else np.uint8)
    frame = session.catalogue.read(session.entry(name))
    counts = head["offset"] + head["scale"] * stored.reshape(head["height"], head["width"])
    assert np.array_equal(counts, frame)
    assert head["low"] < head["high"]


def test_frames_of_floats_come_in_sixteen_bits(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    frame = np.random.default_rng(0).normal(300, 2, (32, 40)).astype(np.float32)
    frame[3, 4] = np.nan
    np.save(tmp_path / "frames" / "kelvin.npy", frame)
    session = LabelSession(tmp_path / "frames", tmp_path / "out")
    client = TestClient(create_app(session), base_url="http://127.0.0.1")
    answer = client.get("/api/pixels", params={"frame": "kelvin.npy"})
    head = json.loads(answer.headers["x-frame"])
    stored = np.frombuffer(answer.content, "<u2").reshape(32, 40)
    error = np.abs(head["offset"] + head["scale"] * stored - frame)
    assert np.nanmax(error) <= head["scale"]
    session.close()


def test_a_damaged_frame_says_so_and_the_rest_goes_on(client: TestClient) -> None:
    answer = client.get("/api/pixels", params={"frame": "zz-damaged.png"})
    assert answer.status_code == 422
    assert "zz-damaged.png: damaged" in answer.json()["error"]
    assert client.get("/api/pixels", params={"frame": "a.png"}).status_code == 200


def test_two_tabs_do_not_overwrite_each_other(client: TestClient) -> None:
    assert put(client, "a.png", points=[point(1, 2)]).json()["version"] == 1
    late = put(client, "a.png", points=[point(8, 9)])
    assert late.status_code == 409
    assert late.json()["stored"]["labels"]["points"][0]["x"] == 1


def test_undo_and_redo_tell_what_they_changed(client: TestClient) -> None:
    put(client, "a.png", points=[point(1, 2)])
    put(client, "b.png", state="empty")
    assert list(client.post("/api/undo", headers=JSON).json()) == ["b.png"]
    assert list(client.post("/api/undo", headers=JSON).json()) == ["a.png"]
    assert client.post("/api/undo", headers=JSON).json() == {}
    again = client.post("/api/redo", headers=JSON).json()
    assert again["a.png"]["labels"]["points"][0]["y"] == 2


def test_undo_is_of_the_tab_that_asks_while_the_other_is_open(client: TestClient) -> None:
    one, other = {**JSON, "X-Tab": "one"}, {**JSON, "X-Tab": "other"}
    client.headers["X-Tab"] = "one"
    put(client, "a.png", points=[point(1, 2)])
    assert client.post("/api/undo", headers=other).json() == {}
    client.delete("/api/tab", headers=one)
    assert list(client.post("/api/undo", headers=other).json()) == ["a.png"]


def test_a_full_disk_is_worth_another_try(client: TestClient, session: LabelSession) -> None:
    session.store._base.execute("PRAGMA max_page_count=1")  # as many as there are
    answers = [put(client, "a.png", k, note=f"{k}" * 2000) for k in range(9)]
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert refused.status_code == 503
    assert "full" in refused.json()["error"]


@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_a_click_snaps_to_the_target(client: TestClient, how: str) -> None:
    x, y = TRUTH["deep.tif"][0]
    click = {"frame": "deep.tif", "x": x + 1.4, "y": y - 1.1, "how": how}
    found = client.post("/api/snap", json=click).json()
    assert np.hypot(found["x"] - x, found["y"] - y) < 0.1


def test_a_track_is_filled_in_between_its_clicks_and_corrections_stay(client: TestClient) -> None:
    put(client, f"{STACK}#0", points=[point(20, 30, track=3), point(5, 5)])
    put(client, f"{STACK}#4", points=[point(28, 30, track=3)])
    wanted = {"frame": f"{STACK}#2", "track": 3}
    changed = client.post("/api/interpolate", json=wanted).json()
    assert sorted(changed) == [f"{STACK}#{k}" for k in (1, 2, 3)]
    middle = changed[f"{STACK}#2"]["labels"]["points"]
    assert middle == [point(24.0, 30.0, origin="track", track=3)]

    put(client, f"{STACK}#2", version=1, points=[point(24, 34, track=3)])  # moved by hand
    changed = client.post("/api/interpolate", json=wanted).json()
    assert sorted(changed) == [f"{STACK}#1", f"{STACK}#3"]
    assert 30 < changed[f"{STACK}#1"]["labels"]["points"][0]["y"] < 34
    client.post("/api/undo", headers=JSON)
    back = client.get("/api/labels", params={"frame": f"{STACK}#1"}).json()["labels"]["points"]
    assert back[0]["y"] == 30


def test_frames_that_a_track_touches_are_open_and_what_it_leaves_is_taken_away(
    client: TestClient,
) -> None:
    for k in (0, 4):
        put(client, f"{STACK}#{k}", state="done", points=[point(20 + k, 30, track=3)])
    put(client, f"{STACK}#1", state="done", points=[point(5, 5)])
    wanted = {"frame": f"{STACK}#0", "track": 3}
    changed = client.post("/api/interpolate", json=wanted).json()
    assert {stored["labels"]["state"] for stored in changed.values()} == {"open"}
    put(client, f"{STACK}#4", version=1)  # the last click goes
    changed = client.post("/api/interpolate", json=wanted).json()
    assert sorted(changed) == [f"{STACK}#{k}" for k in (1, 2, 3)]
    assert [len(stored["labels"]["points"]) for stored in changed.values()] == [1, 0, 0]


def test_a_track_of_one_click_cannot_be_filled_in(client: TestClient) -> None:
    put(client, f"{STACK}#0", points=[point(20, 30, track=3)])
    answer = client.post("/api/interpolate", json={"frame": f"{STACK}#0", "track": 3})
    assert answer.status_code == 422
    assert "1 clicks: set it in two frames" in answer.json()["error"]


def test_proposals_come_from_the_chosen_model_and_label_nothing(client: TestClient) -> None:
    assert client.get("/api/proposals", params={"frame": "b.png"}).json()["points"] == []
    chosen = client.post("/api/model", json={"model": "p2p-lite"}).json()
    assert chosen["threshold"] > 0
    found = client.get("/api/proposals", params={"frame": "b.png"}).json()["points"]
    for x, y in TRUTH["b.png"]:
        assert min(np.hypot(px - x, py - y) for px, py, _ in found[:2]) < 0.5
    assert client.get("/api/labels", params={"frame": "b.png"}).json()["labels"]["points"] == []
    assert client.post("/api/model", json={"model": "../../evil"}).status_code == 422


def test_the_least_sure_frame_comes_first(session: LabelSession) -> None:
    from irpoint.label.queue import ambiguity, queue
    from irpoint.points import Points

    def at(*scores: float) -> Points:
        return Points(np.zeros((len(scores), 2), np.float32), np.array(scores, np.float32))

    assert ambiguity(at(0.5), 0.5) == 1
    assert ambiguity(at(0.9, 0.45), 0.5) == pytest.approx(0.9)
    assert ambiguity(at(2.0), 0.5) == ambiguity(at(), 0.5) == 0
    names = ["a", "b", "c", "d"]
    assert queue(names, "ambiguity", {"a": 0.1, "c": 0.9, "d": 0.0}) == [2, 0, 3, 1]
    assert queue(names, "ambiguity", {"a": 0.1, "c": 0.9, "d": 0.0}, {"c"}) == [0, 3, 1, 2]
    shuffled = queue(names, "random", {})
    assert sorted(shuffled) == [0, 1, 2, 3]
    assert queue(names, "random", {"a": 1}) == shuffled


def test_the_old_name_of_the_ambiguity_order_still_works(client: TestClient) -> None:
    expected = client.get("/api/queue", params={"by": "ambiguity"}).json()
    with pytest.warns(IrpointWarning, match="by=ambiguity"):
        answer = client.get("/api/queue", params={"by": "doubt"})
    assert answer.json() == expected


def test_labels_of_another_folder_are_refused_unless_it_was_moved(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "frames"), tmp_path / "out"
    LabelSession(folder, out).close()
    other = write_folder(tmp_path / "other")
    with pytest.raises(DatasetError, match=r"labels of .*frames, not of .*other"):
        LabelSession(other, out)
    session = LabelSession(folder, out)
    put(TestClient(create_app(session), base_url="http://127.0.0.1"), "a.png", note="kept")
    session.close()
    folder.rename(tmp_path / "moved")
    strange = tmp_path / "strange"
    strange.mkdir()
    Image.fromarray(picture([], 0)).save(strange / "strange.png")
    with pytest.raises(DatasetError, match="none of its frames"):
        LabelSession(strange, out)
    with pytest.warns(IrpointWarning, match="which is gone"):
        session = LabelSession(tmp_path / "moved", out)
    assert session.labels("a.png").labels.note == "kept"
    session.close()
    (tmp_path / "mine" / "dataset" / "images").mkdir(parents=True)
    with pytest.raises(DatasetError, match="that no labelling has made"):
        LabelSession(other, tmp_path / "mine")


def test_what_cannot_be_shown_is_said(tmp_path: Path) -> None:
    root = data_set(tmp_path / "set", ["a.png,20,thirty"])
    (root / "images" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    session = LabelSession(root, tmp_path / "out")
    client = TestClient(create_app(session), base_url="http://127.0.0.1")
    said = client.get("/api/session").json()
    assert said["frames"] == [f"images/{k}.png" for k in "abcde"]
    assert "line 2: x '20' and y 'thirty'" in said["skipped"][0]
    assert said["skipped"][1] == "images/caf\\xe9.png: its name is not UTF-8; rename it"
    session.close()


def test_frames_of_videos_are_labelled_like_others(tmp_path: Path) -> None:
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
    client = TestClient(create_app(session), base_url="http://127.0.0.1")
    overview = client.get("/api/session").json()
    assert overview["frames"] == [*(f"clip.mkv#{k}" for k in range(6)), "one.mkv#0"]
    assert "cut.mp4: cannot be read as video" in overview["skipped"][0]
    answer = client.get("/api/pixels", params={"frame": "clip.mkv#4"})
    shown = np.frombuffer(answer.content, np.uint8).reshape(64, 96)
    assert np.array_equal(shown, picture([(24.0, 30.0)], 4))
    put(client, "clip.mkv#4", state="done", points=[point(24, 30)])
    put(client, "one.mkv#0", state="done", points=[point(20, 30)])
    written = Path(client.post("/api/export", headers=JSON).json()["folder"])
    frame, one = load_dataset(written, "all")
    assert np.array_equal(read_frame(frame.image), shown)
    assert one.image.name == "one.mkv-000000.png"
    session.close()


def test_a_session_goes_on_where_it_was_left(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "frames"), tmp_path / "out"
    for expected in (0, 1):
        session = LabelSession(folder, out)
        client = TestClient(create_app(session), base_url="http://127.0.0.1")
        assert client.get("/api/labels", params={"frame": "a.png"}).json()["version"] == expected
        put(client, "a.png", points=[point(1, 2)])
        session.close()


def test_a_folder_without_frames_and_an_out_inside_it_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds no frame"):
        LabelSession(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(DatasetError, match="no such folder"):
        LabelSession(tmp_path / "nowhere", tmp_path / "out")
    folder = write_folder(tmp_path / "frames")
    with pytest.raises(DatasetError, match="lies in the folder"):
        LabelSession(folder, folder / "labels")
