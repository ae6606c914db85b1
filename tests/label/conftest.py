"""Fixtures for tests of the labelling page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.browser import chromium
from support.label_scenes import write_folder

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from irpoint.label import LabelSession
    from support.label_browser import PageServer


@pytest.fixture
def session(tmp_path: Path) -> Iterator[LabelSession]:
    """A session on the frames of :mod:`support.label_scenes`."""
    from irpoint.label import LabelSession

    session = LabelSession(write_folder(tmp_path / "frames"), tmp_path / "out")
    yield session
    session.close()


@pytest.fixture
def client(session: LabelSession) -> TestClient:
    """A client of the session's application."""
    from support.label_client import client_of

    return client_of(session)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium per test module; each test has its own context.

    It cannot be shared further: while it runs, playwright occupies the event loop of the thread.
    """
    with chromium() as browser:
        yield browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    """A running server of the page."""
    from support.label_browser import PageServer

    server = PageServer(write_folder(tmp_path / "frames"), tmp_path / "out")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_in(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page of a server in a tab; fails if the page raised an error.

    Arguments: the server, the frame to show, and the context of another tab or options of a new
    context. Further keyword: ``prepare``, called with the tab before it loads the page.
    """
    from support.label_browser import settled

    contexts: list[Any] = []
    errors: list[str] = []

    def opened(
        server: PageServer, frame: str = "a.png", context: Any = None,
        prepare: Callable[[Any], None] = lambda page: None, **options: Any,
    ) -> Any:  # fmt: skip
        if context is None:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        prepare(page)
        page.goto(f"{server.address}#{frame}")
        settled(page, frame)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def open_page(open_in: Callable[..., Any], server: PageServer) -> Callable[..., Any]:
    """Opens the page of ``server``; arguments as for ``open_in``, without the server."""

    def opened(*arguments: Any, **options: Any) -> Any:
        return open_in(server, *arguments, **options)

    return opened
