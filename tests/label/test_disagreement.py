"""Where labels and the proposals of a model disagree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")

from irpoint.label import LabelSession
from irpoint.label.disagreement import Disagreement, disagreement
from support.label_client import client_of, point, put
from support.label_scenes import TRUTH, write_dataset, write_folder


def compared(
    labels: list[tuple[float, float]],
    candidates: list[tuple[float, float, float]],
    refused: list[tuple[float, float]] | None = None,
) -> Disagreement | None:
    def pairs(xy: list[tuple[float, float]]) -> np.ndarray:
        return np.array(xy, float).reshape(-1, 2)

    rows = np.array(candidates, float).reshape(-1, 3)
    return disagreement(pairs(labels), pairs(refused or []), rows, threshold=0.5)


def test_labels_beside_proposals_agree() -> None:
    assert compared([], []) is None
    assert compared([(10, 10)], [(12, 10, 0.9)]) is None
    assert compared([], [(12, 10, 0.4)]) is None  # below the threshold


def test_a_proposal_without_a_label_weighs_by_its_score() -> None:
    assert compared([], [(12, 10, 0.6)]) == pytest.approx((0.2, 1, 0.6, 0, 0, 0))
    assert compared([(12, 14)], [(12, 10, 0.6), (12, 14, 0.8), (40, 10, 0.9)]) == pytest.approx(
        (0.2 + 0.8, 2, 0.9, 0, 0, 0)
    )
    assert compared([], [(12, 10, 0.6)], refused=[(12, 10)]) is None


def test_a_label_without_a_proposal_weighs_by_the_candidate_beside_it() -> None:
    assert compared([(10, 10)], []) == pytest.approx((1, 0, 0, 1, 0, 0))
    assert compared([(10, 10)], [(10, 11, 0.4), (10, 12, 0.3)]) == pytest.approx(
        (0.2, 0, 0, 1, 0, 0)
    )
    assert compared([(10, 10)], [(10, 23, 0.6)]) == pytest.approx((0.2 + 1, 1, 0.6, 1, 0, 0))


def test_a_label_and_a_proposal_nearby_are_one_target() -> None:
    assert compared([(10, 10)], [(10, 16, 0.9)]) == pytest.approx((3 / 9, 0, 0, 0, 1, 6))
    candidates = [(10, 16, 0.9), (10, 20, 0.9), (30, 30, 0.4)]
    assert compared([(10, 10), (10, 25)], candidates) == pytest.approx(
        (3 / 9 + 2 / 9, 0, 0, 0, 2, 6)  # the nearest ones belong together
    )
    assert compared([(10, 10), (10, 8)], candidates[:1]) == pytest.approx(
        (3 / 9 + 1, 0, 0, 1, 1, 6)
    )


def test_labelled_frames_are_compared_worst_first_and_again_after_a_change(
    tmp_path: Path,
) -> None:
    session = LabelSession(write_folder(tmp_path / "frames"), tmp_path / "out")
    client = client_of(session)

    def differing(threshold: float) -> dict[str, list[float]]:
        answer = client.get("/api/disagreements", params={"threshold": threshold}).json()
        assert answer["compared"] == min(3, len(answer["frames"]) + agreeing)
        return {name: [found[1], found[3]] for name, found in answer["frames"].items()}

    agreeing = 0
    assert client.get("/api/disagreements?threshold=0.5").json() == {"compared": 0, "frames": {}}
    client.post("/api/model", json={"model": "p2p-lite"})
    threshold = session.proposer.threshold
    for name in ("a.png", "b.png", "deep.tif", "c.png"):
        session.proposals(name)
    put(client, "a.png", state="done", points=[point(x, y) for x, y in TRUTH["a.png"]])
    put(client, "b.png", state="empty")  # two targets without a label
    put(client, "c.png", state="open", points=[point(5, 5)])  # not decided
    put(client, "deep.tif", state="done", points=[point(*TRUTH["deep.tif"][0]), point(80, 8)])
    agreeing = 1
    assert differing(threshold) == {"b.png": [2, 0], "deep.tif": [0, 1]}
    put(client, "b.png", 1, state="done", points=[point(x, y) for x, y in TRUTH["b.png"]])
    agreeing = 2
    assert differing(threshold) == {"deep.tif": [0, 1]}
    agreeing = 0
    assert set(differing(50)) == {"a.png", "b.png", "deep.tif"}  # another threshold
    assert client.get("/api/disagreements?threshold=0").status_code == 422
    session.close()


def test_labels_of_a_dataset_are_compared(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "set", ["a.png,20,30", "b.png,,"])
    session = LabelSession(root, tmp_path / "out")
    session.proposer.choose("p2p-lite")
    assert session.summaries()["images/a.png"].usable
    for name in ("images/a.png", "images/b.png"):
        session.proposals(name)
    number, found = session.disagreements(session.proposer.threshold or 1)
    assert (number, list(found), found["images/a.png"].missed) == (2, ["images/a.png"], 1)
    session.close()
