"""Load ``irpoint serve`` with several clients on this machine.

    python -m experiments.serve_load
    python -m experiments.serve_load --seconds 20 --format npy

Simulates 14-bit frames of 640 × 512 pixels, starts the server, and lets each client send one frame
after the other as fast as answers come. Prints rates, times from the request to the answer, what
was answered with an error, and the memory of the server; compares the points of every answer with
those that a detector finds in the same frame; stops the server with SIGTERM. The exit code is 1 if
anything is wrong. Used in docs/serve.md.
"""

from __future__ import annotations

import http.client
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from experiments.common import argument_parser, run
from irpoint import Detector
from irpoint.defaults import DEFAULT_MODEL
from irpoint.simulate import SceneSettings, simulate_scene

Place = tuple[str, int]  # host and port

WIDTH, HEIGHT = 640, 512
FRAMES, CLIENTS = 16, 4
START = "from irpoint.cli import main; main()"
# Rounding in the record, and sums of the network in another order in another batch.
LIMITS = {"x": 0.01, "y": 0.01, "score": 0.001}


@dataclass
class Load:
    """What the clients have seen.

    Attributes:
        milliseconds: time from the request to the whole answer, of answers with status 200.
        statuses: number of answers by status; ``none`` if there was no answer.
        differing: number of answers with other points than the detector's.
        seconds: time from the first request to the last answer.
    """

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    differing: int = 0
    seconds: float = 0.0


def simulated_frames() -> list[np.ndarray]:
    """The frames (H, W) that the clients send."""
    settings = SceneSettings(width=WIDTH, height=HEIGHT, bits=14)
    return [simulate_scene(settings, np.random.default_rng(k)).frame for k in range(FRAMES)]


def encoded(frame: np.ndarray, kind: str) -> bytes:
    """The file of a frame: ``png`` or ``npy``."""
    stream = io.BytesIO()
    if kind == "npy":
        np.save(stream, frame)
    else:
        Image.fromarray(frame).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def points_of(model: str, frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    """x, y and score (N, 3) of the points of each frame."""
    found = Detector(model).batch(frames)
    return [np.column_stack([points.xy, points.score]) for points in found]


def same(answer: bytes, expected: np.ndarray) -> bool:
    """Whether the points of an answer are the expected ones (N, 3)."""
    points = json.loads(answer)["points"]
    got = np.array([[point[name] for name in LIMITS] for point in points]).reshape(-1, len(LIMITS))
    return got.shape == expected.shape and bool(
        (np.abs(got - expected) <= [*LIMITS.values()]).all()
    )


@contextmanager
def server(options: Sequence[str]) -> Iterator[tuple[subprocess.Popen[str], Place]]:
    """A running server, and its host and port."""
    command = [sys.executable, "-c", START, "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = urlsplit(re.findall(r"http://\S+", line)[0] if line else "")
            yield process, (address.hostname or "", address.port or 0)
        finally:
            process.kill()


def client(
    place: Place, bodies: Sequence[bytes], expected: Sequence[np.ndarray], first: int,
    until: float, load: Load, lock: threading.Lock,
) -> None:  # fmt: skip
    """Send one frame after the other until a time of the monotonic clock."""
    connection = http.client.HTTPConnection(*place, timeout=60)
    number = first
    while time.monotonic() < until:
        number = (number + 1) % len(bodies)
        start = time.monotonic()
        try:
            connection.request("POST", "/detect", bodies[number])
            response = connection.getresponse()
            status, answer = str(response.status), response.read()
        except (OSError, http.client.HTTPException):
            status, answer = "none", b""
            connection.close()
        took = 1000 * (time.monotonic() - start)
        right = status != "200" or same(answer, expected[number])
        with lock:
            load.statuses[status] += 1
            load.differing += not right
            if status == "200":
                load.milliseconds.append(took)
    connection.close()


def metrics(place: Place) -> dict[str, float]:
    """The metrics of the server without labels."""
    connection = http.client.HTTPConnection(*place, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}


def send(
    place: Place, bodies: Sequence[bytes], expected: Sequence[np.ndarray],
    clients: int, seconds: float,
) -> Load:  # fmt: skip
    """What ``clients`` see in ``seconds``."""
    load, lock, start = Load(), threading.Lock(), time.monotonic()
    until = start + seconds
    threads = [
        threading.Thread(target=client, args=(place, bodies, expected, k, until, load, lock))
        for k in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.monotonic() - start
    return load


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("serve_load", __doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--format", choices=("png", "npy"), default="png")
    given = parser.parse_args(arguments)
    frames = simulated_frames()
    expected = points_of(given.model, frames)
    bodies = [encoded(frame, given.format) for frame in frames]
    with server(["--model", given.model]) as (process, at):
        send(at, bodies, expected, given.clients, given.seconds / 20)  # the first frames are slower
        before = metrics(at)
        load = send(at, bodies, expected, given.clients, given.seconds)
        after = metrics(at)
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    print_load(load, before, after)
    if code or load.differing or set(load.statuses) != {"200"}:
        sys.exit(f"error: exit code of the server {code}, or wrong answers; see above")


def print_load(load: Load, before: dict[str, float], after: dict[str, float]) -> None:
    """Print what was measured, for the table of docs/serve.md."""
    gained = {name: after[name] - before.get(name, 0) for name in after}
    batches = gained["irpoint_batch_frames_count"] or 1
    memory = [values["process_resident_memory_bytes"] / 2**20 for values in (before, after)]
    counted = ", ".join(f"{number} × {status}" for status, number in load.statuses.most_common())
    print(f"answers: {counted}; with other points than the detector's: {load.differing}")
    print(f"{len(load.milliseconds) / load.seconds:.1f} frames/s in {load.seconds:.0f} s")
    print(f"frames per batch: {gained['irpoint_batch_frames_sum'] / batches:.2f}")
    print(f"network per batch: {1000 * gained['irpoint_batch_seconds_sum'] / batches:.1f} ms")
    if load.milliseconds:
        p50, p95, p99 = np.percentile(load.milliseconds, [50, 95, 99])
        longest = max(load.milliseconds)
        print(f"time: median {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, longest {longest:.0f} ms")
    print(f"memory of the server: {memory[0]:.0f} MiB at first, {memory[1]:.0f} MiB at the end")


if __name__ == "__main__":
    run(main)
