"""Interpolation of a track between its clicks."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from support.label_client import JSON, get_labels, point, put
from support.label_scenes import STACK


def test_a_track_is_interpolated_and_corrections_are_kept(client: TestClient) -> None:
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
    assert get_labels(client, f"{STACK}#1")["labels"]["points"][0]["y"] == 30


def test_changed_frames_are_open_and_points_without_a_later_click_are_removed(
    client: TestClient,
) -> None:
    for k in (0, 4):
        put(client, f"{STACK}#{k}", state="done", points=[point(20 + k, 30, track=3)])
    put(client, f"{STACK}#1", state="done", points=[point(5, 5)])
    wanted = {"frame": f"{STACK}#0", "track": 3}
    changed = client.post("/api/interpolate", json=wanted).json()
    assert {stored["labels"]["state"] for stored in changed.values()} == {"open"}
    put(client, f"{STACK}#4", version=1)  # deletes the last click
    changed = client.post("/api/interpolate", json=wanted).json()
    assert sorted(changed) == [f"{STACK}#{k}" for k in (1, 2, 3)]
    assert [len(stored["labels"]["points"]) for stored in changed.values()] == [1, 0, 0]


def test_a_track_with_one_click_cannot_be_interpolated(client: TestClient) -> None:
    put(client, f"{STACK}#0", points=[point(20, 30, track=3)])
    response = client.post("/api/interpolate", json={"frame": f"{STACK}#0", "track": 3})
    assert response.status_code == 422
    assert "track 3 has 1 click;" in response.json()["error"]


def test_a_point_without_a_number_on_the_path_is_the_target_itself(client: TestClient) -> None:
    for k in (0, 4):
        put(client, f"{STACK}#{k}", points=[point(20 + 2 * k, 30, track=3)])
    put(client, f"{STACK}#2", points=[point(24.5, 30.3, origin="proposal"), point(60, 5)])
    client.post("/api/interpolate", json={"frame": f"{STACK}#0", "track": 3})
    points = get_labels(client, f"{STACK}#2")["labels"]["points"]
    assert points == [
        point(24.5, 30.3, origin="proposal", track=3),
        point(60, 5, origin="click", track=None),
    ]
