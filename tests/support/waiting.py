"""Wait for something that another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(done: Callable[[], bool], timeout_s: float = 300) -> None:
    """Return as soon as ``done()`` is true; fail after a timeout."""
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline, "timeout"
        time.sleep(0.02)
