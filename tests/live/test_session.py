"""A live session: newest frame, detection, tracking, settings, zones, recording."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from irpoint.errors import SettingsError
from irpoint.frames import read_frame
from irpoint.live import LiveSession
from irpoint.runtime import Region
from support.live import LiveRun, ScriptedSource, write_stack
from support.videos import POSITIONS, moving_blob
from support.waiting import wait_until


def paused(session: LiveSession) -> None:
    session.pause(True)


@pytest.fixture
def run(model: Path, tmp_path: Path) -> Any:
    """Starts a session on eight frames of a moving target, paused; closed at the end."""
    runs = []

    def start(**options: Any) -> LiveRun:
        options.setdefault("sources", None)
        sources = options.pop("sources") or write_stack(tmp_path / "clip.npy")
        started = LiveRun(
            options.pop("model", model), sources, tmp_path / "out",
            options.pop("before", paused), **options,
        )  # fmt: skip
        runs.append(started)
        return started

    yield start
    for one in runs:
        one.session.close()


def test_points_and_tracks_follow_the_target(run: Any) -> None:
    live = run()
    for index, xy in enumerate(POSITIONS):
        live.session.step()
        shown = live.next()
        assert shown.result.index == index
        np.testing.assert_allclose(shown.points.xy, [xy], atol=0.3)
    assert [track.number for track in shown.result.tracks] == [1]
    figures = live.session.state()["health"]
    assert (figures["frames"], figures["detected"], figures["dropped"]) == (8, 8, 0)


def test_the_threshold_acts_on_the_next_frame(run: Any) -> None:
    live = run()
    live.session.step()
    assert len(live.next().points) == 1
    live.session.set("threshold", 5.0)
    live.session.step()
    assert len(live.next().points) == 0
    (slider,) = [row for row in live.session.state()["sliders"] if row["name"] == "threshold"]
    assert slider["value"] == 5.0
    for name, value in (("threshold", 0.0), ("threshold", -1.0), ("coast", 3.0), ("x", 1.0)):
        with pytest.raises(SettingsError, match=r"threshold|not a setting"):
            live.session.set(name, value)


def test_painted_zones_hide_points_at_once_and_are_kept(run: Any, tmp_path: Path) -> None:
    live = run()
    live.session.step()
    live.next()
    live.session.paint([POSITIONS[1], POSITIONS[2]], 6, False)
    live.session.step()
    assert len(live.next().points) == 0
    live.session.paint([POSITIONS[2]], 5, True)
    live.session.step()
    assert len(live.next().points) == 1
    mask = np.asarray(Image.open(tmp_path / "out" / "ignore-128x96.png"))
    assert mask.shape == (96, 128)
    assert (mask[POSITIONS[1][::-1]], mask[POSITIONS[2][::-1]]) == (255, 0)
    again = run()
    again.session.step()
    again.next()
    assert any("ignore-128x96.png are used" in line for line in again.lines)
    again.session.clear_zones()
    assert not np.asarray(Image.open(tmp_path / "out" / "ignore-128x96.png")).any()


def test_frames_of_another_size_are_detected(run: Any) -> None:
    small = moving_blob()[0]
    large = np.pad(small, ((0, 32), (0, 64)), "reflect")
    mask = np.zeros(small.shape, np.uint8)
    mask[POSITIONS[0][1], POSITIONS[0][0]] = 1  # fits the small frames only
    gate = threading.Event()
    source = ScriptedSource([small, gate.wait, large, gate.wait])
    live = run(sources=[source], before=lambda _: None, detector={"region": Region(None, mask)})
    assert len(live.next().points) == 0
    gate.set()
    shown = live.next()
    assert shown.result.shape == large.shape
    assert len(shown.points) > 0
    assert "camera: frames are now 192x128, before 128x96" in live.lines
    assert "the ignore mask is 128x96, frames are 192x128: it is not used" in live.lines
    source.released.put(None)


def test_every_frame_is_recorded_in_full_depth_with_its_points(run: Any) -> None:
    live = run()
    live.session.record(True)
    for _ in POSITIONS:
        live.session.step()
        live.next()
    live.session.record(False)
    state = live.session.state()["recording"]
    assert (state["frames"], state["lost"], state["active"]) == (8, 0, False)
    folder = Path(state["folder"])
    records = [json.loads(line) for line in (folder / "points.jsonl").read_text().splitlines()]
    for record, frame in zip(records, moving_blob(16), strict=True):
        stored = read_frame(folder / record["file"])
        assert stored.dtype == np.uint16
        np.testing.assert_array_equal(stored, frame)
        assert record["shape"] == [96, 128]
    assert (records[-1]["points"][0]["x"], records[-1]["points"][0]["y"]) == pytest.approx(
        POSITIONS[-1], abs=0.3
    )
    assert records[-1]["tracks"][0]["number"] == 1


def test_a_full_disk_ends_the_recording_alone(run: Any) -> None:
    live = run(keep_free=2**62)
    live.session.record(True)
    live.session.step()
    live.next()
    wait_until(lambda: not live.session.state()["recording"]["active"])
    assert any("recording stopped after 0 frames" in line for line in live.lines)
    assert live.session.state()["recording"]["lost"] == 1
    live.session.step()
    assert len(live.next().points) == 1


def test_a_folder_that_vanishes_ends_the_recording_alone(run: Any) -> None:
    live = run()
    live.session.record(True)
    shutil.rmtree(live.session.state()["recording"]["folder"])
    live.session.step()
    live.next()
    wait_until(lambda: not live.session.state()["recording"]["active"])
    (line,) = [line for line in live.lines if "recording stopped" in line]
    assert "No such file" in line
    live.session.record(True)  # another one can start
    live.session.step()
    live.next()
    live.session.record(False)
    assert live.session.state()["recording"]["frames"] == 1


def test_a_snapshot_has_the_frame_its_points_and_a_picture(run: Any) -> None:
    live = run()
    with pytest.raises(SettingsError, match="no frame yet"):
        live.session.snapshot()
    live.session.step()
    live.next()
    folder = live.session.snapshot()
    np.testing.assert_array_equal(read_frame(folder / "frame.tif"), moving_blob(16)[0])
    assert len(json.loads((folder / "points.jsonl").read_text())["points"]) == 0  # no track yet
    assert Image.open(folder / "overlay" / "overlay.png").mode == "RGB"


def test_a_live_source_stands_alone(run: Any) -> None:
    with pytest.raises(SettingsError, match="camera: is live and never ends; give it alone"):
        run(sources=[ScriptedSource([]), ScriptedSource([])])
