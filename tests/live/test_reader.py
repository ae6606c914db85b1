"""The thread that reads: faults of a source, each one line, and what the counters say."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from irpoint.frames.source import Skipped
from irpoint.live import reader as module
from irpoint.live.events import EventLog
from irpoint.live.newest import Newest
from irpoint.live.pace import Pace
from irpoint.live.reader import Reader
from irpoint.points import Instant
from support.live import ScriptedSource
from support.waiting import wait_until

FRAME = np.zeros((8, 8), np.uint16)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads a source; returns the reader, what it delivers, and the lines that it reports."""
    monkeypatch.setattr(module, "_PAUSES_S", (0.0,))
    readers = []

    def start(source: ScriptedSource, **settings: Any) -> tuple[Reader, Newest, list[str]]:
        lines: list[str] = []
        newest = Newest()
        reader = Reader(
            [source], newest, EventLog(lines.append), settings.pop("pace", Pace()),
            settings.pop("loop", False),
        )  # fmt: skip
        readers.append((reader, source))
        reader.start()
        return reader, newest, lines

    yield start
    for reader, source in readers:
        reader.stop()
        source.released.put(None)


def test_a_camera_that_is_unplugged_is_opened_until_it_is_back(read: Any) -> None:
    gone = [Skipped("camera", "camera: cannot be read as video (No such device)")]
    reader, newest, lines = read(ScriptedSource([FRAME, FRAME], gone, gone, [FRAME]))
    wait_until(lambda: reader.reading.frames == 3)
    assert newest.take() is not None
    wait_until(lambda: reader.reading.lost == 2)  # the last round has ended, too
    assert set(lines) == {"camera: no more frames; trying again until it is back"}
    assert reader.reading.skipped == 2


def test_frames_are_numbered_on_after_a_camera_is_back(read: Any) -> None:
    taken = threading.Event()
    source = ScriptedSource([FRAME, FRAME, taken.wait], [FRAME, FRAME])
    reader, newest, _ = read(source)
    wait_until(lambda: reader.reading.frames == 2)
    first = newest.take()
    taken.set()
    wait_until(lambda: reader.reading.frames == 4)
    last = newest.take()
    assert first is not None
    assert last is not None
    assert (first.index, last.index) == (1, 3)
    assert last.time_s > first.time_s
    assert newest.dropped == 2


def test_a_stall_is_one_line_until_frames_come_again(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, end = threading.Event(), threading.Event()
    reader, _, lines = read(ScriptedSource([FRAME, go_on.wait, *[FRAME] * 200, end.wait]))
    wait_until(lambda: reader.reading.frames == 1)
    reader.watch()
    assert lines == []
    monkeypatch.setattr(module, "_STALLED_S", 0.05)
    wait_until(lambda: reader.watch() or reader.down)
    reader.watch()
    assert lines == ["camera: no frame for 0.05 s"]
    go_on.set()
    wait_until(lambda: reader.reading.frames == 201)
    assert lines[1].startswith("camera: frames again after")
    assert (reader.reading.stalls, reader.down) == (1, False)
    end.set()


def test_what_a_decoder_held_back_is_no_return(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder whose stream has ended gives its last frames, long after they came."""
    monkeypatch.setattr(module, "_STALLED_S", 0.05)
    ended, gone = threading.Event(), Skipped("camera", "camera: breaks off")
    reader, _, lines = read(ScriptedSource([FRAME, ended.wait, FRAME, FRAME, gone, ended.wait]))
    wait_until(lambda: reader.watch() or reader.down)
    ended.set()
    wait_until(lambda: reader.reading.lost == 1)
    assert lines[0] == "camera: no frame for 0.05 s"
    assert lines[1:] == ["camera: no more frames; trying again until it is back"]


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ([FRAME, np.zeros((4, 6), np.uint16)], "camera: frames are now 6x4, before 8x8"),
        ([(0.0, FRAME), (3600.04, FRAME)], "camera: its clock jumped by +3600.0 s"),
        ([(99.0, FRAME), (9.0, FRAME)], "camera: its clock jumped by -90.0 s"),
        (
            [FRAME, Skipped("camera", "camera: damaged"), FRAME],
            "camera: damaged",
        ),
    ],
)
def test_what_changes_is_one_line(read: Any, items: list[Any], line: str) -> None:
    reader, _, lines = read(ScriptedSource(items))
    wait_until(lambda: reader.reading.lost == 1)
    assert lines[:-1] == [line]
    assert lines[-1:] == ["camera: no more frames; trying again until it is back"]
    assert reader.reading.jumps == ("clock" in line)


def test_a_clock_of_the_machine_that_is_set_is_reported(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([Instant(1000.0, 5.0), Instant(4600.1, 5.1)])
    monkeypatch.setattr(Instant, "now", lambda: next(moments))
    reader, _, lines = read(ScriptedSource([FRAME, FRAME]))
    wait_until(lambda: reader.reading.frames == 2)
    assert lines[0] == "the clock of this machine jumped by +3600.0 s"
    assert reader.reading.jumps == 1


def test_a_file_ends_and_a_loop_starts_again(read: Any) -> None:
    reader, _, lines = read(ScriptedSource([FRAME] * 3, live=False), pace=Pace(1000))
    wait_until(lambda: reader.reading.finished)
    assert lines == ["camera: ended; frames read: 3"]
    rounds = [[FRAME] * 3] * 3
    reader, newest, _ = read(ScriptedSource(*rounds, live=False), pace=Pace(1000), loop=True)
    wait_until(lambda: reader.reading.frames == 9)
    last = newest.take()
    assert last is not None
    assert last.index == 2
    assert last.time_s > 0.2  # times go on


def test_a_paused_file_advances_by_steps(read: Any) -> None:
    pace = Pace(1000)
    pace.pause(True)
    reader, newest, _ = read(ScriptedSource([FRAME] * 5, live=False), pace=pace)
    for index in range(3):
        pace.step()
        frame = newest.take()
        assert frame is not None
        assert frame.index == index
        assert reader.reading.frames == index + 1
    pace.pause(False)
    wait_until(lambda: reader.reading.frames == 5)


def test_a_jump_in_the_times_of_a_file_is_not_waited_for(read: Any) -> None:
    frames = [(0.0, FRAME), (7200.0, FRAME), (7200.01, FRAME)]
    reader, _, lines = read(ScriptedSource(frames, live=False))
    wait_until(lambda: reader.reading.frames == 3)
    assert "its clock jumped by +" in lines[0]


def test_standard_input_ends(read: Any) -> None:
    source = ScriptedSource([FRAME])
    source.name = "-"
    reader, _, lines = read(source)
    wait_until(lambda: reader.reading.finished)
    assert lines == ["-: ended; frames read: 1"]
