"""Proposals that the tracker links into tracks, in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.label import LabelSession
from support.crossing import CLIP, write_crossing
from support.waiting import wait_until

COUNT = 50


def linked(session: LabelSession) -> Any:
    name = f"{CLIP}#0"
    wait_until(lambda: session.tracks.clip(name)["linking"]["state"] == "done")
    return session.tracks.clip(name)


def test_two_crossing_targets_become_two_tracks_that_are_kept(tmp_path: Path) -> None:
    truth = write_crossing(tmp_path / "frames", COUNT)
    session = LabelSession(tmp_path / "frames", tmp_path / "out")
    assert session.tracks.clip(f"{CLIP}#0")["linking"]["state"] == "off"
    session.proposer.choose("top-hat")
    clip = linked(session)
    assert len(clip["proposed"]) == 2
    for track in clip["proposed"]:
        places = np.array([place[:3] for place in track["places"]])
        assert track["open"]
        gaps = np.linalg.norm(truth[places[:, 0].astype(int)] - places[:, None, 1:], axis=2)
        assert len(set(gaps.argmin(axis=1).tolist())) == 1  # of one target from end to end
        assert gaps.min(axis=1).max() < 0.5
        assert len(places) > 0.9 * COUNT
    session.close()

    again = LabelSession(tmp_path / "frames", tmp_path / "out")
    again.proposer.choose("top-hat")
    first = again.tracks.clip(f"{CLIP}#9")
    assert first["linking"]["state"] == "done"  # at once
    assert first["proposed"] == clip["proposed"]
    again.close()


def test_another_model_or_none_ends_the_linking(tmp_path: Path) -> None:
    write_crossing(tmp_path / "frames", COUNT)
    session = LabelSession(tmp_path / "frames", tmp_path / "out")
    session.proposer.choose("top-hat")
    assert session.tracks.clip(f"{CLIP}#0")["linking"]["state"] == "running"
    session.proposer.choose(None)
    assert session.tracks.clip(f"{CLIP}#0")["linking"]["state"] == "off"
    session.proposer.choose("top-hat")
    assert len(linked(session)["proposed"]) == 2
    assert not session.proposer.paused.is_set()
    session.close()
