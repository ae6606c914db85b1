"""Settings of the tracker on the page: any of them can have a slider."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.errors import SettingsError
from irpoint.live import sliders
from irpoint.live.sliders import Slider
from support.live import LiveRun, write_stack


def test_a_setting_of_the_tracker_acts_while_tracks_continue(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four frames make a track; none continues once the threshold hides the target and the
    tracker gives up at once."""
    rows = (*sliders.OF_TRACKER, Slider("coast", "Coast", "", 0, 30))
    monkeypatch.setattr(sliders, "OF_TRACKER", rows)
    sources = write_stack(tmp_path / "clip.npy")
    with LiveRun(model, sources, tmp_path / "out", lambda session: session.pause(True)) as live:
        tracks = []
        for number in range(8):
            if number == 5:
                live.session.set("threshold", 9)
            if number == 6:
                live.session.set("coast", 0)
            live.session.step()
            tracks.append(len(live.next().result.tracks))
        names = {row["name"]: row["value"] for row in live.session.state()["sliders"]}
        with pytest.raises(SettingsError, match="coast"):
            live.session.set("coast", -1)
    assert tracks == [0, 0, 1, 1, 1, 1, 0, 0]
    assert names["coast"] == 0
