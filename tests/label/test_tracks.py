"""Actions on whole tracks: each is one step that undo reverts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.label import LabelSession
from irpoint.label.linking import Linking
from irpoint.label.track_edits import Place, ProposedTrack
from support.label_client import JSON, get_labels, point, put
from support.label_scenes import STACK

PAGES = [f"{STACK}#{k}" for k in range(5)]


def points_of(client: TestClient, k: int) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = get_labels(client, PAGES[k])["labels"]["points"]
    return points


def tracks_of(client: TestClient) -> list[list[int | None]]:
    return [[p["track"] for p in points_of(client, k)] for k in range(5)]


def act(client: TestClient, what: str, page: int = 0, **body: Any) -> Any:
    response = client.post(f"/api/tracks/{what}", json={"frame": PAGES[page], **body})
    assert response.status_code == 200, response.json()
    return response.json()


def two_tracks(client: TestClient) -> None:
    """Track 1 in all frames, 2 in the first two, 3 in the last three."""
    for k, name in enumerate(PAGES):
        points = [point(20 + 2 * k, 30, track=1), point(50, 10 + k, track=2 if k < 2 else 3)]
        put(client, name, state="done", points=points)


@pytest.fixture
def propose(session: LabelSession, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the linker propose tracks."""

    def proposing(*tracks: ProposedTrack) -> None:
        found = Linking("done", 5, 5, tracks)
        monkeypatch.setattr(session.linker, "tracks", lambda sequence: found)

    return proposing


def proposed(number: int, y: float, frames: range = range(5)) -> ProposedTrack:
    return ProposedTrack(number, {k: Place(20.0 + 2 * k, y, k != 2) for k in frames})


def test_the_timeline_lists_the_frames_and_points_of_the_sequence(client: TestClient) -> None:
    two_tracks(client)
    put(client, PAGES[4], version=1, state="unsure", points=[])
    clip = client.get("/api/clip", params={"frame": PAGES[2]}).json()
    assert clip["states"] == ["done"] * 4 + ["unsure"]
    frames = client.get("/api/session").json()["frames"]
    assert [frames[number] for number in clip["frames"]] == PAGES
    assert clip["points"][:2] == [[0, 20, 30, "click", 1], [0, 50, 10, "click", 2]]
    assert len(clip["points"]) == 8
    assert clip["linking"]["state"] == "off"
    put(client, PAGES[0], version=1, points=[])
    clip = client.get("/api/clip", params={"frame": PAGES[2]}).json()
    assert len(clip["points"]) == 6


def test_tracks_are_joined_renumbered_split_and_deleted(client: TestClient) -> None:
    two_tracks(client)
    act(client, "number", track=3, number=2)
    assert tracks_of(client) == [[1, 2]] * 5
    answer = act(client, "split", page=3, track=1)
    assert answer["number"] == 3
    assert tracks_of(client) == [[1, 2]] * 3 + [[3, 2]] * 2
    act(client, "number", track=2, number=9)
    assert tracks_of(client) == [[1, 9]] * 3 + [[3, 9]] * 2
    act(client, "remove", track=9)
    assert tracks_of(client) == [[1]] * 3 + [[3]] * 2
    assert get_labels(client, PAGES[0])["labels"]["state"] == "open"
    for _ in range(4):
        client.post("/api/undo", headers=JSON)
    assert tracks_of(client) == [[1, 2]] * 2 + [[1, 3]] * 3


def test_numbers_are_exchanged_after_a_crossing(client: TestClient) -> None:
    two_tracks(client)
    act(client, "swap", page=2, track=1, other=3)
    assert tracks_of(client) == [[1, 2]] * 2 + [[3, 1]] * 3


@pytest.mark.parametrize(
    ("what", "body", "message"),
    [
        ("number", {"track": 2, "number": 1}, "tracks 2 and 1 both have a point in sub/stack"),
        ("number", {"track": 7, "number": 8}, "there is no track 7 here"),
        ("split", {"track": 1}, "track 1 begins here"),
        ("swap", {"track": 7, "other": 8}, "neither track 7 nor track 8"),
        ("accept", {"numbers": [4]}, "no such proposed track any more"),
    ],
)
def test_what_cannot_be_done_is_refused_whole(
    client: TestClient, what: str, body: dict[str, Any], message: str
) -> None:
    two_tracks(client)
    response = client.post(f"/api/tracks/{what}", json={"frame": PAGES[0], **body})
    assert response.status_code == 422
    assert message in response.json()["error"]
    assert tracks_of(client) == [[1, 2]] * 2 + [[1, 3]] * 3


def test_all_frames_of_a_track_or_clip_are_decided_at_once(client: TestClient) -> None:
    put(client, PAGES[0], points=[point(20, 30, track=1)])
    put(client, PAGES[1], points=[point(22, 30, track=1)])
    put(client, PAGES[2], state="unsure", points=[point(24, 30, track=1)])
    put(client, PAGES[3], points=[point(5, 5)])
    answer = act(client, "decide", track=1)
    assert sorted(answer["frames"]) == PAGES[:2]
    assert (answer["unsure"], answer["proposed"]) == (1, 0)
    act(client, "decide")
    states = client.get("/api/clip", params={"frame": PAGES[0]}).json()["states"]
    assert states == ["done", "done", "unsure", "done", "empty"]
    client.post("/api/undo", headers=JSON)
    client.post("/api/undo", headers=JSON)
    states = client.get("/api/clip", params={"frame": PAGES[0]}).json()["states"]
    assert states == ["open", "open", "unsure", "open", "open"]


def test_a_proposed_track_is_accepted_whole(
    client: TestClient, propose: Callable[..., None]
) -> None:
    put(client, PAGES[0], points=[point(20.6, 30), point(5, 5, track=1)])
    put(client, PAGES[1], state="done", refused=[[22, 30.5], [60, 60]])
    propose(proposed(1, 30), proposed(4, 50, range(3)))
    act(client, "accept", numbers=[1])
    assert tracks_of(client) == [[2, 1], [2], [2], [2], [2]]  # 1 is in use
    assert (points_of(client, 0)[0]["x"], points_of(client, 0)[0]["origin"]) == (20.6, "click")
    origins = [points_of(client, k)[0]["origin"] for k in range(1, 5)]
    assert origins == ["proposal", "track", "proposal", "proposal"]
    first = get_labels(client, PAGES[1])["labels"]
    assert (first["state"], first["refused"]) == ("open", [[60, 60]])
    clip = client.get("/api/clip", params={"frame": PAGES[0]}).json()
    assert [track["open"] for track in clip["proposed"]] == [False, True]
    act(client, "accept")  # the one that is open
    assert tracks_of(client) == [[2, 1, 4], [2, 4], [2, 4], [2], [2]]
    client.post("/api/undo", headers=JSON)
    client.post("/api/undo", headers=JSON)
    assert tracks_of(client) == [[None, 1], [], [], [], []]


def test_a_rejected_track_is_not_proposed_again(
    client: TestClient, propose: Callable[..., None]
) -> None:
    propose(proposed(1, 30))
    assert act(client, "decide")["proposed"] == 1
    client.post("/api/undo", headers=JSON)
    act(client, "reject")
    assert get_labels(client, PAGES[3])["labels"]["refused"] == [[26, 30]]
    clip = client.get("/api/clip", params={"frame": PAGES[0]}).json()
    assert [track["open"] for track in clip["proposed"]] == [False]
    assert act(client, "decide")["proposed"] == 0


def move(client: TestClient, k: int, y: float, **refill: Any) -> Any:
    stored = get_labels(client, PAGES[k])
    points = [p | {"y": y, "origin": "click"} for p in stored["labels"]["points"]]
    body = {"labels": stored["labels"] | {"points": points}, "version": stored["version"]}
    response = client.put("/api/labels", params={"frame": PAGES[k]}, json=body | {"refill": refill})
    assert response.status_code == 200, response.json()
    return response.json()


def test_a_moved_point_takes_the_interpolated_ones_along_in_one_step(client: TestClient) -> None:
    for k in (0, 4):
        put(client, PAGES[k], points=[point(20 + 2 * k, 30, track=3)])
    client.post("/api/interpolate", json={"frame": PAGES[0], "track": 3})
    answer = move(client, 2, 34, track=3)
    assert sorted(answer["others"]) == [PAGES[1], PAGES[3]]
    assert 30 < points_of(client, 1)[0]["y"] < 34
    client.post("/api/undo", headers=JSON)
    assert [points_of(client, k)[0]["y"] for k in range(5)] == [30] * 5


def test_accepted_proposals_follow_within_reach_if_one_is_corrected(
    client: TestClient, propose: Callable[..., None]
) -> None:
    propose(ProposedTrack(1, {k: Place(20.0 + 2 * k, 30.0, True) for k in range(5)}))
    act(client, "accept")
    move(client, 2, 34, track=1)
    assert [points_of(client, k)[0]["y"] for k in range(5)] == [30, 30, 34, 30, 30]
    client.post("/api/undo", headers=JSON)
    move(client, 2, 34, track=1, reach=2)
    ys = [points_of(client, k)[0]["y"] for k in range(5)]
    assert ys[::2] == [30, 34, 30]
    assert 30 < ys[1] < 34
    client.post("/api/undo", headers=JSON)
    move(client, 2, 34, track=1, reach=3)  # nothing is fixed beyond, so nothing follows
    assert [points_of(client, k)[0]["y"] for k in range(5)] == [30, 30, 34, 30, 30]


def test_frames_in_which_the_target_is_hidden_stay_empty(client: TestClient) -> None:
    for k in (0, 4):
        put(client, PAGES[k], points=[point(20 + 2 * k, 30, track=3)])
    move(client, 4, 31, track=3)
    assert [len(points_of(client, k)) for k in range(5)] == [1, 0, 0, 0, 1]
    move(client, 4, 30, track=3, gaps=True)  # as for a new point
    assert [len(points_of(client, k)) for k in range(5)] == [1] * 5


def test_a_lost_answer_to_a_move_is_repeated_without_another_step(client: TestClient) -> None:
    for k in (0, 4):
        put(client, PAGES[k], points=[point(20 + 2 * k, 30, track=3)])
    body = {"labels": {"points": [point(28, 31, track=3)]}, "version": 1}
    body |= {"refill": {"track": 3, "gaps": True}}
    for _ in range(2):
        response = client.put("/api/labels", params={"frame": PAGES[4]}, json=body)
        assert response.status_code == 200
        assert response.json()["version"] == 2
    client.post("/api/undo", headers=JSON)
    assert [len(points_of(client, k)) for k in range(5)] == [1, 0, 0, 0, 1]


def test_a_move_that_is_based_on_old_labels_is_refused(client: TestClient) -> None:
    put(client, PAGES[0], points=[point(20, 30, track=3)])
    body = {"labels": {"points": [point(28, 31, track=3)]}, "version": 0, "refill": {"track": 3}}
    response = client.put("/api/labels", params={"frame": PAGES[0]}, json=body)
    assert response.status_code == 409
    assert response.json()["stored"]["labels"]["points"][0]["x"] == 20
