"""Measure the live page: rate, latency from the source to the screen, and memory.

    python -m experiments.live_page --viewers 1 10 --seconds 20

Simulates a 14-bit sequence of 640 × 512 pixels, plays it in `irpoint live` in a loop at 30 frames
per second, and watches it: one viewer is headless Chromium, the others are sockets that ask for the
next picture as a page does. Latency is from reading a frame until the browser has drawn it, and
back to the server. Used in docs/live.md.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, get_args
from urllib.request import urlopen

from playwright.sync_api import sync_playwright
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from experiments.common import argument_parser, run
from irpoint.defaults import DEFAULT_MODEL
from irpoint.simulate import SequenceSettings, write_sequence
from irpoint.simulate.settings import SceneKind

WIDTH, HEIGHT, FRAMES = 640, 512, 60
SAMPLES = 6  # of the memory


@contextmanager
def served(
    frames: Path, model: str, fps: int = 30, options: Sequence[str] = ()
) -> Iterator[tuple[str, int]]:
    """Serve the page in another process; gives its address and process id."""
    command = [sys.executable, "-c", "from irpoint.cli import main; main()", "live", str(frames)]
    command += ["--model", model, "--loop", "--fps", str(fps), "--no-browser", "--port", "0"]
    command += options
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert server.stdout is not None
    try:
        address = next(f[0] for line in server.stdout if (f := re.search(r"http:\S+", line)))
        yield address, server.pid
    finally:
        server.terminate()
        server.wait()


def simulated(folder: Path, scene: SceneKind = "clear") -> Path:
    """Simulate a sequence in a folder; gives the folder of its frames."""
    settings = SequenceSettings(
        width=WIDTH, height=HEIGHT, scene=scene, targets=(5, 5), snr=(10, 30), bits=14
    )
    write_sequence(folder / "set", settings, frames=FRAMES, seed=5, file_format="npy")
    (frames,) = (folder / "set" / "images").iterdir()
    return frames


async def watch(address: str, count: int) -> None:
    """Watch with ``count`` sockets, until the server closes them."""

    async def one() -> None:
        url = address.replace("http", "ws") + "api/frames"
        async with connect(url, compression=None, max_size=None) as socket:
            await socket.send("0")
            async for message in socket:
                if isinstance(message, bytes):
                    await socket.send("0")  # these viewers draw nothing, so they have no latency

    with suppress(ConnectionClosed, OSError):
        await asyncio.gather(*(one() for _ in range(count)))


def memory_mb(process: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else float("nan")


def session(frames: Path, model: str, viewers: int, seconds: float) -> dict[str, Any]:
    """Watch for some seconds; gives the last health of the server, and its memory over time."""
    memory = []
    with served(frames, model) as (address, process), sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.wait_for_selector("body[data-frame]")
        others = threading.Thread(target=asyncio.run, args=[watch(address, viewers - 1)])
        others.start()
        for _ in range(SAMPLES):
            page.wait_for_timeout(1000 * seconds / SAMPLES)
            memory.append(memory_mb(process))
        with urlopen(f"{address}api/state") as response:
            health: dict[str, Any] = json.load(response)["health"]
        browser.close()
    others.join()
    return health | {"memory_mb": memory}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("live_page", __doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"model (default: {DEFAULT_MODEL})")
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 10], help="viewers, in turn")
    parser.add_argument("--seconds", type=float, default=20, help="per number of viewers")
    parser.add_argument(
        "--scene", choices=get_args(SceneKind), default="clear", help="simulated scene"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        frames = simulated(Path(folder), given.scene)
        print("viewers  frames/s  dropped  latency ms  read, network, track, draw ms  memory MB")
        for viewers in given.viewers:
            began = time.monotonic()
            health = session(frames, given.model, viewers, given.seconds)
            stages = ", ".join(f"{ms:.1f}" for ms in health["stages_ms"].values())
            memory = " ".join(f"{value:.0f}" for value in health["memory_mb"])
            print(
                f"{viewers:7}  {health['fps']:8.1f}  {health['dropped']:7}"
                f"  {health['latency_ms']:10.0f}  {stages:>30}  {memory}"
                f"  ({time.monotonic() - began:.0f} s)"
            )


if __name__ == "__main__":
    run(main)
