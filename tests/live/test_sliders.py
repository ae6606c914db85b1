"""Settings of the tracker on the page: any of them can have a slider."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.errors import SettingsError
from support.live import LiveRun, write_stack


def test_a_setting_of_the_tracker_acts_while_tracks_continue(model: Path, tmp_path: Path) -> None:
    """A track is confirmed; then, its evidence is no longer enough."""
    sources = write_stack(tmp_path / "clip.npy")
    with LiveRun(model, sources, tmp_path / "out", lambda session: session.pause(True)) as live:
        tracks = []
        for number in range(8):
            if number == 6:
                live.session.set("false_tracks_per_hour", 1e-30)
            live.session.step()
            tracks.append(len(live.next().result.tracks))
        names = {row["name"]: row["value"] for row in live.session.state()["sliders"]}
        with pytest.raises(SettingsError, match="false_tracks_per_hour"):
            live.session.set("false_tracks_per_hour", -1)
    assert tracks == [0, 0, 1, 1, 1, 1, 0, 0]
    assert names["false_tracks_per_hour"] == 1e-30
