"""The web application: frames over a WebSocket, controls, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra live")
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from irpoint.live.app import create_app
from irpoint.measuring.camera.readout import Readout
from irpoint.web.security import LOCAL
from support.cameras import camera
from support.live import LiveRun, parse, write_stack
from support.videos import POSITIONS, moving_blob

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def live(model: Path, tmp_path: Path) -> Iterator[LiveRun]:
    """A session on eight frames of a moving target, paused at its first frame."""
    sources = write_stack(tmp_path / "clip.npy")
    with LiveRun(model, sources, tmp_path / "out", lambda session: session.pause(True)) as run:
        run.session.step()
        run.next()
        yield run


@pytest.fixture
def client(live: LiveRun) -> TestClient:
    return TestClient(create_app(live.session), base_url="http://127.0.0.1")


def next_frame(socket: Any, shown: int = 0) -> tuple[dict[str, Any], bytes]:
    """Ask for a frame; return it. States that come in between are left out."""
    socket.send_text(str(shown))
    while "bytes" not in (message := socket.receive()):
        pass
    return parse(message["bytes"])


def test_a_viewer_gets_the_newest_frame_with_points_tracks_and_picture(
    live: LiveRun, client: TestClient
) -> None:
    with client.websocket_connect("/api/frames") as socket:
        head, picture = next_frame(socket)
        assert head["number"] == 1
        assert head["frame"]["shape"] == [96, 128]
        ((x, y, _),) = head["others"]
        assert (x, y) == pytest.approx(POSITIONS[0], abs=0.3)
        assert Image.open(io.BytesIO(picture)).size == (128, 96)
        for _ in POSITIONS[1:]:
            client.post("/api/step", headers=JSON)
            live.next()
        head, _ = next_frame(socket, head["number"])
        assert head["number"] == 8  # those in between were never sent
        (card,) = head["cards"]
        assert card["number"] == 1
        assert card["snr"] > 5
        (track,) = head["frame"]["tracks"]
        assert (track["x"], track["y"]) == pytest.approx(POSITIONS[-1], abs=1)
        assert len(head["tails"]["1"]) >= 5
        assert head["others"] == []
    health = client.get("/api/state").json()["health"]
    assert health["latency_ms"] is not None
    assert health["viewers"] == 0


def test_a_viewer_that_asks_for_nothing_gets_states_alone(
    live: LiveRun, client: TestClient
) -> None:
    with client.websocket_connect("/api/frames") as socket:
        states = [socket.receive_json() for _ in range(2)]
    assert states[-1]["source"].endswith("clip.npy")
    assert states[-1]["health"]["viewers"] == 1
    assert live.session.hub.encoded == 0


def test_every_control_works(live: LiveRun, client: TestClient, tmp_path: Path) -> None:
    assert client.post("/api/settings", json={"name": "threshold", "value": 0.7}).is_success
    assert live.detector.threshold == 0.7
    assert client.post("/api/pause", json={"on": False}).json()["paused"] is False
    stroke = {"points": [[10, 10], [20, 10]], "radius": 4}
    version = client.get("/api/state").json()["zones"]
    assert client.post("/api/zones", json=stroke).json()["zones"] > version
    mask = np.asarray(Image.open(io.BytesIO(client.get("/api/zones").content)))
    assert (mask[10, 15], mask[30, 15]) == (255, 0)
    assert client.delete("/api/zones", headers=JSON).is_success
    assert live.detector.region.ignored is None
    assert client.post("/api/record", json={"on": True}).json()["recording"]["active"]
    assert not client.post("/api/record", json={"on": False}).json()["recording"]["active"]
    assert Path(client.post("/api/snapshot", headers=JSON).json()["folder"]).is_dir()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/settings", {"name": "threshold", "value": -1}),
        ("/api/settings", {"name": "nothing", "value": 1}),
        ("/api/settings", {"name": "threshold", "value": "nan"}),
        ("/api/zones", {"points": [], "radius": 3}),
        ("/api/zones", {"points": [[1e9, 0]], "radius": 3}),
        ("/api/zones", {"points": [[1, 0]], "radius": 0}),
        ("/api/record", {"on": "perhaps"}),
        ("/api/label", {}),
    ],
)
def test_invalid_requests_are_one_line(client: TestClient, path: str, body: Any) -> None:
    response = client.post(path, json=body)
    assert response.status_code == 422
    assert "\n" not in response.json()["error"]


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
def test_sockets_of_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/api/frames", headers=headers),
    ):
        pass


def test_sockets_need_the_token(live: LiveRun) -> None:
    app = create_app(live.session, LOCAL | {"10.0.0.7"}, token="sesame")
    client = TestClient(app, base_url="http://10.0.0.7:8322")
    path = "ws://10.0.0.7:8322/api/frames"
    for address in (path, f"{path}?token=sesame"):  # the page sets a cookie first
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(address):
            pass
    assert client.get("/", params={"token": "sesame"}).status_code == 200
    with client.websocket_connect(path) as socket:
        assert next_frame(socket)[0]["number"] == 1


def test_a_camera_gives_the_bearing_of_each_track(model: Path, tmp_path: Path) -> None:
    smooth = np.full((96, 128), 6000, np.uint16) + np.arange(128, dtype=np.uint16)
    sources = write_stack(tmp_path / "clip.npy", [*moving_blob(16), smooth])
    matrix = np.array([[800.0, 0, 64], [0, 800, 48], [0, 0, 1]])
    lens = camera(matrix=matrix, readout=Readout((128, 96)))
    with LiveRun(
        model, sources, tmp_path / "out", lambda session: session.pause(True), camera=lens
    ) as run:
        client = TestClient(create_app(run.session), base_url="http://127.0.0.1")
        for _ in (*POSITIONS, "the smooth frame"):
            run.session.step()
            run.next()
        with client.websocket_connect("/api/frames") as socket:
            head = next_frame(socket)[0]
    (card,), (track,) = head["cards"], head["frame"]["tracks"]
    assert not track["detected"]
    angles = lens.angles(np.array([(track["x"], track["y"])]))
    assert card["bearing"] == pytest.approx([angles.azimuth[0], angles.elevation[0]], abs=1e-3)
