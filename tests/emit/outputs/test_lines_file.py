"""The rotating file: whole lines, bounded size, and a disk that is full for a while."""

from __future__ import annotations

import errno
import json

from irpoint.emit.channel import Channel
from irpoint.emit.open import open_output
from irpoint.emit.outputs import lines_file
from support.receivers import message
from support.waiting import wait_until


def frames(path) -> list[int]:
    return [json.loads(line)["frame"] for line in path.read_text().splitlines()]


def test_lines_are_appended_in_a_new_folder(tmp_path) -> None:
    path = tmp_path / "new" / "found.jsonl"
    for number in range(2):
        output = open_output(str(path))
        output.send(message(number))
        output.close()
    assert frames(path) == [0, 1]


def test_a_file_rotates_before_it_is_too_large(tmp_path) -> None:
    path = tmp_path / "found.jsonl"
    output = open_output(f"{path}#size=10KB&count=2")
    for number in range(100):
        output.send(message(number))
    output.close()
    kept = [tmp_path / name for name in ("found.jsonl.2", "found.jsonl.1", "found.jsonl")]
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    assert all(file.stat().st_size <= 10_000 for file in kept)
    numbers = [number for file in kept for number in frames(file)]
    assert numbers == list(range(numbers[0], 100))
    assert 20 < len(numbers) < 60


def test_a_line_longer_than_the_limit_has_a_file_of_its_own(tmp_path) -> None:
    path = tmp_path / "found.jsonl"
    output = open_output(f"{path}#size=10KB&count=0")
    output.send(message(0))
    output.send(message(1, points=60))
    output.close()
    assert frames(path) == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["found.jsonl"]


def test_a_full_disk_is_one_line_and_leaves_no_part_of_one(tmp_path, monkeypatch) -> None:
    path, said, room = tmp_path / "found.jsonl", [], [900]
    write = lines_file.write_all

    def write_as_if_almost_full(stream, data) -> None:
        write(stream, data[: room[0]])
        if len(data) > room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")

    channel = Channel(open_output(str(path)), said.append)
    channel.put(message(0))
    wait_until(lambda: channel.faults.sent == 1)
    monkeypatch.setattr(lines_file, "write_all", write_as_if_almost_full)
    room[0] = 100
    channel.put(message(1))
    wait_until(lambda: len(said) == 1)
    assert said == [f"--emit {path}: No space left on device; retrying"]
    wait_until(lambda: frames(path) == [0])
    room[0] = 10_000
    wait_until(lambda: channel.faults.sent == 2)
    assert frames(path) == [0, 1]
    assert said[1].startswith(f"--emit {path}: works again after")
