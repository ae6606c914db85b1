"""How much a server takes on, and the refusal of what is beyond."""

from __future__ import annotations

from dataclasses import dataclass

from irpoint.errors import SettingsError, escaped

MEBI = 2**20


@dataclass(frozen=True)
class Limits:
    """How much a server takes on.

    At worst, every request in progress holds a body and a frame of the maximum size.

    Attributes:
        requests: maximum number of frames in progress: being received, waiting or in the network.
        batch: maximum number of frames that go through the network together.
        body_bytes: maximum size of a body.
        pixels: maximum number of pixels of a frame.
        body_s: seconds in which a body must arrive.

    Raises:
        SettingsError: if a limit is below 1.
    """

    requests: int = 32
    batch: int = 8
    body_bytes: int = 32 * MEBI
    pixels: int = 32_000_000
    body_s: float = 30

    def __post_init__(self) -> None:
        options = {"--queue": self.requests, "--batch": self.batch}
        options |= {"--max-body": self.body_bytes, "--max-mpx": self.pixels}
        for option, value in options.items():
            if value < 1:
                raise SettingsError(f"{option} {value}: give 1 or more")


class Refused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status.
        reason: what is wrong and how to fix it, on one line.
        headers: further headers of the response.
    """

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, escaped(reason), headers
