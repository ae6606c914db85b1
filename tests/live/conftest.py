"""Fixtures for tests of the live page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium per test module; each test has its own context."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address in a tab; fails if the page raised an error or broke a policy."""
    contexts: list[Any] = []
    errors: list[str] = []

    def opened(address: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Policy" in said.text else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def serve(model: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Serves a session from a thread; arguments as of :class:`support.live.LiveRun`."""
    from support.live_server import LiveServer

    servers: list[Any] = []

    def served(sources: Any, **options: Any) -> Any:
        servers.append(LiveServer(model, sources, tmp_path / "out", **options))
        return servers[-1]

    yield served
    for server in servers:
        server.stop()
