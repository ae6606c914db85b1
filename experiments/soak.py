"""Run the live page, or the service, for a long time, and watch its memory.

    python -m experiments.soak live --minutes 30
    python -m experiments.soak serve --minutes 30

``live`` plays a simulated 14-bit sequence of 640 × 512 pixels in a loop, faster than it can be
detected, with one viewer, a rotating file and a UDP receiver. ``serve`` answers four clients that
send simulated frames as fast as answers come. Prints for each minute the frames per second, and
the median memory of the process and its children: PSS (pages that processes share are counted
once), and the part of it that the program has allocated. The rest are pages of libraries and of the
played file, which the system drops and reads again as it likes. The exit code is 1 if the allocated
memory of two minutes after the warm-up differs by more than 5 %, or if an answer of the service was
wrong. Used in docs/live.md and docs/serve.md.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from experiments.common import argument_parser, run
from experiments.live_page import served, simulated, watch
from experiments.serve_load import (
    CLIENTS,
    encoded,
    metrics,
    points_of,
    send,
    server,
    simulated_frames,
)
from irpoint.defaults import DEFAULT_MODEL

FLAT = 0.05  # largest difference between two minutes after the warm-up
PER_MINUTE = 12  # samples of the memory
TOO_FAST = 120  # frames per second at which the sequence is played
EMITTED = "#size=10MB&count=1"


@dataclass(frozen=True)
class Running:
    """A program under load.

    Attributes:
        process: its process id.
        frames: the number of frames that it has detected so far.
    """

    process: int
    frames: Callable[[], float]


def memory_mb(process: int) -> np.ndarray:
    """PSS and its anonymous part (2,), of a process and all its descendants, in MB."""
    total = np.zeros(2)
    for one in [process, *descendants(process)]:
        with suppress(OSError):  # it has ended
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
            sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))
            total += [int(sizes["Pss"]), int(sizes["Pss_Anon"]) + int(sizes["Pss_Shmem"])]
    return total * 1024 / 1e6


def descendants(process: int) -> list[int]:
    """Process ids of the children of a process, of their children, and so on."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text(encoding="ascii").split()):
                found += [child, *descendants(child)]
    return found


@contextmanager
def live(model: str, seconds: float) -> Iterator[Running]:
    """The live page with a viewer and two receivers, until the block ends."""
    with tempfile.TemporaryDirectory() as folder, udp_receiver() as port:
        emit = ["--emit", f"{folder}/found.jsonl{EMITTED}", "--emit", f"udp://127.0.0.1:{port}"]
        options = [*emit, "--out", f"{folder}/out"]
        with served(simulated(Path(folder)), model, TOO_FAST, options) as (address, process):
            viewer = threading.Thread(target=asyncio.run, args=[watch(address, 1)])
            viewer.start()

            def frames() -> float:
                with urlopen(f"{address}api/state") as response:
                    return float(json.load(response)["health"]["detected"])

            yield Running(process, frames)
        viewer.join()


@contextmanager
def udp_receiver() -> Iterator[int]:
    """The port of a socket whose datagrams are read and forgotten."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        port: int = receiver.getsockname()[1]

        def read() -> None:
            while receiver.recv(65536):
                pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield port
        receiver.sendto(b"", ("127.0.0.1", port))
        reader.join()


@contextmanager
def serve(model: str, seconds: float) -> Iterator[Running]:
    """The service with its clients, until the block ends."""
    frames = simulated_frames()
    expected, bodies = points_of(model, frames), [encoded(frame, "png") for frame in frames]
    with server(["--model", model]) as (process, place):
        loads = []
        clients = threading.Thread(
            target=lambda: loads.append(send(place, bodies, expected, CLIENTS, seconds))
        )
        clients.start()
        yield Running(process.pid, lambda: metrics(place).get("irpoint_frames_total", 0.0))
        clients.join()
        (load,) = loads
        counted = ", ".join(f"{n} × {status}" for status, n in load.statuses.most_common())
        p50, p99 = np.percentile(load.milliseconds or [np.nan], [50, 99])
        print(f"answers: {counted}; with other points than the detector's: {load.differing}")
        print(f"time: median {p50:.0f}, p99 {p99:.0f} ms")
        if load.differing or set(load.statuses) != {"200"}:
            sys.exit("error: wrong answers; see above")


PROGRAMS: dict[str, Callable[[str, float], AbstractContextManager[Running]]] = {
    "live": live,
    "serve": serve,
}


def watched(running: Running, minutes: float) -> list[float]:
    """The allocated memory of each minute, in MB, which is printed as it is measured."""
    print("minute  PSS MB  allocated MB  frames/s", flush=True)
    by_minute: list[float] = []
    began, before = time.monotonic(), running.frames()
    while len(by_minute) < minutes:
        start = time.monotonic()
        samples = []
        for number in range(PER_MINUTE):
            due = began + 60 * (len(by_minute) + (number + 1) / PER_MINUTE)
            time.sleep(max(0.0, due - time.monotonic()))
            samples.append(memory_mb(running.process))
        pss, allocated = np.median(samples, axis=0)
        by_minute.append(float(allocated))
        frames = running.frames()
        rate, before = (frames - before) / (time.monotonic() - start), frames
        print(f"{len(by_minute):6}  {pss:6.1f}  {allocated:12.1f}  {rate:8.1f}", flush=True)
    return by_minute


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("soak", __doc__)
    parser.add_argument("program", choices=PROGRAMS)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=5, help="minutes that do not count")
    given = parser.parse_args(arguments)
    if given.minutes < given.warm_up + 2:
        parser.error("give at least two minutes after the warm-up")
    with PROGRAMS[given.program](given.model, 60 * given.minutes) as running:
        by_minute = watched(running, given.minutes)
    counted = by_minute[given.warm_up :]
    least, most = min(counted), max(counted)
    grown = most / least - 1
    print(
        f"allocated after {given.warm_up} minutes: {least:.1f} to {most:.1f} MB, a difference of "
        f"{100 * grown:.1f} %; last over first {counted[-1] / counted[0]:.3f}"
    )
    if grown > FLAT:
        sys.exit(f"error: the memory is not flat within {100 * FLAT:.0f} %")


if __name__ == "__main__":
    run(main)
