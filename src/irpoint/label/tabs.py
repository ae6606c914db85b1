"""Which tabs of the page are open, so that nobody undoes what another one is doing."""

from __future__ import annotations

import time

_LIVES = 150.0  # seconds without a request after which a tab is gone: hidden ones ask once a minute


class Tabs:
    """The tabs that have asked for something lately, by the name that each has given itself."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def seen(self, tab: str) -> None:
        if tab:
            self._seen[tab] = time.monotonic()

    def closed(self, tab: str) -> None:
        self._seen.pop(tab, None)

    def others(self, tab: str) -> list[str]:
        """The tabs that are open beside this one."""
        since = time.monotonic() - _LIVES
        self._seen = {name: at for name, at in list(self._seen.items()) if at > since}
        return [name for name in self._seen if name != tab]
