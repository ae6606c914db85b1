"""The queue before a receiver: it never delays its caller, keeps the order, and counts losses."""

from __future__ import annotations

import time
import warnings

import pytest

from irpoint.emit import channel as channel_module
from irpoint.emit.channel import Channel
from irpoint.emit.emitter import Emitter
from irpoint.emit.output import Closed, Message, Rejected
from irpoint.errors import IrpointWarning, SettingsError
from support.receivers import FACTS, Controlled, message, result
from support.waiting import wait_until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, so that the tests are."""
    monkeypatch.setattr(channel_module, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(channel_module, "_LONGEST_PAUSE_S", 0.02)
    monkeypatch.setattr(channel_module, "_STALLED_S", 0.3)


def ended(channel: Channel, wait_s: float = 10) -> None:
    channel.end()
    channel.join(time.monotonic() + wait_s)


def test_messages_arrive_in_order_and_nothing_is_said() -> None:
    output, said = Controlled(), []
    channel = Channel(output, said.append)
    for number in range(50):
        channel.put(message(number))
    ended(channel)
    assert output.got == list(range(50))
    assert (output.opened, channel.faults.sent, said) == (1, 50, [])


def test_a_receiver_that_blocks_costs_the_oldest_frames_and_no_time() -> None:
    output, said = Controlled(), []
    output.free.clear()
    channel = Channel(output, said.append)
    channel.put(message(0))
    wait_until(lambda: not channel._queue)  # the first one is on its way
    for number in range(1, 1501):
        channel.put(message(number))
    assert said == ["--emit test:: frames come faster than it takes them; the oldest are dropped"]
    assert channel.faults.dropped == 500
    output.free.set()
    ended(channel)
    assert output.got == [0, *range(501, 1501)]
    assert said[1:] == ["--emit test:: 1001 frames sent, 500 dropped"]


def test_the_queue_is_bounded_by_its_points_too() -> None:
    output = Controlled()
    output.free.clear()
    channel = Channel(output, [].append)
    for number in range(10):
        channel.put(message(number, points=4000))
    assert len(channel._queue) <= 5
    output.free.set()
    ended(channel)
    assert output.got[-1] == 9


def test_a_receiver_that_stays_blocked_does_not_hold_up_the_end() -> None:
    output, said = Controlled(), []
    output.free.clear()
    channel = Channel(output, said.append)
    for number in range(5):
        channel.put(message(number))
    ended(channel)
    assert said == ["--emit test:: 0 frames sent, 5 dropped (5 of them waited at the end)"]
    output.free.set()


def test_an_interruption_is_one_line_and_its_end_another() -> None:
    output, said = Controlled(failing=True), []
    channel = Channel(output, said.append)
    channel.put(message(0))
    wait_until(lambda: output.opened > 3)
    channel.put(message(1))
    output.failing = False
    ended(channel)
    assert output.got == [0, 1]
    first, second = said
    assert first == "--emit test:: Connection refused; retrying"
    assert second.startswith("--emit test:: works again after ")
    assert second.endswith(" s; 0 frames dropped")


def test_a_full_queue_during_an_interruption_is_said_once() -> None:
    output, said = Controlled(failing=True), []
    channel = Channel(output, said.append)
    channel.put(message(0))
    wait_until(lambda: len(said) == 1)
    for number in range(1, 1400):
        channel.put(message(number))
    assert said[1:] == [
        "--emit test:: its queue is full; the oldest frames are dropped until it works again"
    ]
    ended(channel)
    assert said[-1].startswith("--emit test:: 0 frames sent, 1400 dropped")


def test_many_short_interruptions_are_counted_not_listed() -> None:
    output, said = Controlled(), []
    channel = Channel(output, said.append)
    for number in range(5):
        output.failing = True
        channel.put(message(number))
        wait_until(lambda count=number + 1: channel.faults.interruptions == count)
        output.failing = False
        wait_until(lambda count=number + 1: channel.faults.sent == count)
    ended(channel)
    assert len(said) == 2
    assert channel.faults.interruptions == 5


def test_a_frame_that_never_arrives_is_given_up_for_the_next() -> None:
    class Poisoned(Controlled):
        def send(self, message: Message) -> None:
            if message.record["frame"] == 0:
                raise OSError("answers 500")
            super().send(message)

    output, said = Poisoned(), []
    channel = Channel(output, said.append)
    channel.put(message(0))
    channel.put(message(1))
    wait_until(lambda: output.got == [1])
    ended(channel)
    assert said[-1] == "--emit test:: 1 frame sent, 1 dropped"


def test_a_rejected_frame_is_dropped_at_once_and_said_once() -> None:
    class Strict(Controlled):
        def send(self, message: Message) -> None:
            raise Rejected("answers 404 Not Found")

    output, said = Strict(), []
    channel = Channel(output, said.append)
    for number in range(3):
        channel.put(message(number))
    ended(channel)
    assert output.opened == 1
    assert said == [
        "--emit test:: answers 404 Not Found; the frame is dropped",
        "--emit test:: 0 frames sent, 3 dropped",
    ]


def test_a_fault_of_an_output_does_not_end_its_thread() -> None:
    class Faulty(Controlled):
        def send(self, message: Message) -> None:
            if not self.got:
                self.got.append(-1)
                raise ZeroDivisionError("a mistake")
            super().send(message)

    output, said = Faulty(), []
    channel = Channel(output, said.append)
    channel.put(message(0))
    ended(channel)
    assert output.got == [-1, 0]
    assert said[0] == "--emit test:: a mistake; retrying"


def test_a_receiver_that_is_gone_gets_nothing_more() -> None:
    class Pipe(Controlled):
        def send(self, message: Message) -> None:
            raise Closed("Broken pipe")

    said: list[str] = []
    channel = Channel(Pipe(), said.append)
    channel.put(message(0))
    wait_until(lambda: channel.gone)
    channel.put(message(1))
    ended(channel)
    assert said == [
        "--emit test:: Broken pipe; it gets no more frames",
        "--emit test:: 0 frames sent, 2 dropped",
    ]


def test_an_output_may_want_only_frames_with_points() -> None:
    output = Controlled()
    output.only = "points"
    channel = Channel(output, [].append)
    for number in range(4):
        channel.put(message(number, points=number % 2))
    ended(channel)
    assert output.got == [1, 3]
    assert channel.faults.dropped == 0


def test_an_emitter_serves_all_its_receivers_and_warns(tmp_path) -> None:
    one, two = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    with Emitter([str(one), f"{two}#only=points"], FACTS) as emitter:
        emitter.add(result(0))
        emitter.add(result(1, points=0))
    assert len(one.read_text().splitlines()) == 2
    assert len(two.read_text().splitlines()) == 1
    with pytest.raises(SettingsError, match="is given twice"):
        Emitter(["-", "-"], FACTS)
    with pytest.warns(IrpointWarning) as said, Emitter(["http://127.0.0.1:9/"], FACTS) as emitter:
        emitter.add(result(0))
    assert [str(warning.message) for warning in said] == [
        "--emit http://127.0.0.1:9: Connection refused; retrying",
        "--emit http://127.0.0.1:9: 0 frames sent, 1 dropped",
    ]


def test_without_receivers_no_record_is_made() -> None:
    with warnings.catch_warnings(), Emitter([], FACTS) as emitter:
        emitter.add(None)  # type: ignore[arg-type]
        assert not emitter.gone
