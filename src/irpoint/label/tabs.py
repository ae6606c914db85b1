"""The open tabs of the page, so that undo in one tab does not revert the work of another."""

from __future__ import annotations

import time

# A tab counts as closed after this time without a request. Browsers limit hidden tabs to one
# request per minute.
_TIMEOUT_S = 150.0


class Tabs:
    """The tabs that have sent a request recently. Each tab chooses its own name."""

    def __init__(self) -> None:
        self._last_seen: dict[str, float] = {}

    def seen(self, tab: str) -> None:
        """Record a request of a tab."""
        if tab:
            self._last_seen[tab] = time.monotonic()

    def closed(self, tab: str) -> None:
        """Forget a tab that was closed."""
        self._last_seen.pop(tab, None)

    def others(self, tab: str) -> list[str]:
        """The open tabs other than this one."""
        since = time.monotonic() - _TIMEOUT_S
        self._last_seen = {name: at for name, at in list(self._last_seen.items()) if at > since}
        return [name for name in self._last_seen if name != tab]
