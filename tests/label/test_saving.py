"""No click is lost if the server ends, if several tabs are open, or if requests are slow."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="needs playwright")

from support import label_browser as ui
from support.label_scenes import TRUTH, write_folder

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ui.PageProcess]:
    """A server in its own process, not started yet."""
    process = ui.PageProcess(write_folder(tmp_path / "frames"), tmp_path / "out")
    yield process
    process.stop()


def test_saved_clicks_survive_a_kill_of_the_server(
    open_in: Callable[..., Any], process: ui.PageProcess
) -> None:
    process.start()
    page = open_in(process, "b.png")
    ui.click(page, *TRUTH["b.png"][0])
    ui.wait_for_points(page, 1)
    process.stop(signal.SIGKILL)
    page.mouse.click(*ui.on_screen(page, *TRUTH["b.png"][1]))
    ui.shows(page, "#saved", "1 unsaved")
    assert "Nothing is lost" in ui.banner(page)
    assert ui.max_error(process, "b.png", TRUTH["b.png"][:1]) < 0.1


def test_clicks_are_saved_when_the_server_is_back(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page("b.png")
    page.select_option("#snap", "off")  # snapping needs the server
    server.stop()
    for x, y in TRUTH["b.png"]:
        page.mouse.click(*ui.on_screen(page, x, y))
    ui.shows(page, "#saved", "2 unsaved")
    server.start()
    ui.saved(page)
    assert ui.max_error(server, "b.png", TRUTH["b.png"]) < 0.2


def test_unsaved_clicks_of_a_closed_tab_are_saved_by_the_next_one(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page("b.png")
    page.select_option("#snap", "off")
    server.stop()
    page.mouse.click(*ui.on_screen(page, *TRUTH["b.png"][0]))
    ui.shows(page, "#saved", "1 unsaved")
    context = page.context
    page.close()
    server.start()
    ui.saved(open_page("a.png", context))
    assert ui.max_error(server, "b.png", TRUTH["b.png"][:1]) < 0.2


def test_a_tab_shows_what_another_one_has_stored(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    first = open_page("b.png")
    second = open_page("b.png", first.context)
    second.route("**/api/changes*", lambda request: request.abort())  # it does not follow
    ui.click(first, *TRUTH["b.png"][0])
    ui.wait_for_points(first, 1)
    ui.click(second, *TRUTH["b.png"][1])
    assert "changed elsewhere" in ui.banner(second)
    ui.wait_for_points(second, 1)
    assert ui.max_error(server, "b.png", TRUTH["b.png"][:1]) < 0.1
    ui.click(second, *TRUTH["b.png"][1])
    ui.wait_for_points(second, 2)
    assert ui.max_error(server, "b.png", TRUTH["b.png"]) < 0.1


def test_clicks_while_the_next_frame_loads_belong_to_the_frame_shown(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    page.select_option("#snap", "off")
    for x, end in ((20, "abort"), (60, "continue_")):
        held = ui.HeldRequests(page, "**/api/labels?frame=b.png")
        page.keyboard.press("n")
        page.mouse.click(*ui.on_screen(page, x, 30))
        if end == "continue_":
            page.mouse.move(*ui.on_screen(page, 20, 30))
            page.mouse.down()
            page.mouse.move(*ui.on_screen(page, 30, 30), steps=3)
        held.release(end)
        if end == "abort":
            assert "does not respond" in ui.banner(page)
            ui.shows(page, "#name", "a.png")
    ui.settled(page, "b.png")
    page.mouse.move(*ui.on_screen(page, 40, 50))
    page.mouse.up()
    ui.saved(page)
    assert ui.max_error(server, "a.png", [(20, 30), (60, 30)]) < 0.3
    assert server.stored("b.png") is None


def test_a_click_is_kept_at_once_and_snapped_later(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    held = ui.HeldRequests(page, "**/api/snap")
    page.mouse.click(*ui.on_screen(page, x + 1.5, y - 1.5))
    page.keyboard.press("Enter")
    page.wait_for_selector('body[data-ready="b.png"]')
    ui.shows(page, "#saved", "2 unsaved")
    assert "click" in page.evaluate("Object.values(localStorage).join()")
    held.release()
    ui.saved(page)
    assert ui.max_error(server, "a.png", [(x, y)]) < 0.1
    assert server.stored("a.png").state == "done"
    ui.HeldRequests(page, "**/api/snap")  # never released
    x, y = TRUTH["b.png"][0]
    page.mouse.click(*ui.on_screen(page, x + 1.5, y))
    ui.shows(page, "#saved", "1 unsaved")
    ui.saved(page)
    ui.shows(page, "#kept", "Not snapped: no answer from the server.")
    assert ui.max_error(server, "b.png", [(x + 1.5, y)]) < 0.2


def test_labels_wait_while_the_server_cannot_store_them(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    page.select_option("#snap", "off")
    held = ui.HeldRequests(page, "**/api/labels?frame=a.png")
    page.mouse.click(*ui.on_screen(page, 0.5, 30))
    held.release("fulfill", status=503, json={"error": "database or disk is full"})
    assert "disk is full. Nothing is lost" in ui.banner(page)
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    ui.saved(page)
    assert server.stored("a.png").points[0].x == -0.5  # the border of the frame


def test_undo_in_one_tab_keeps_the_clicks_of_another(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    first = open_page()
    with first.context.expect_page() as opened:  # its storage is a copy, its name must not be
        first.evaluate("() => { window.open(location.href); }")
    second = opened.value
    ui.settled(second, "a.png")
    ui.click(first, *TRUTH["a.png"][0])
    ui.wait_for_points(first, 1)
    second.keyboard.press("Control+z")
    ui.click(first, 60, 20)
    ui.wait_for_points(first, 2)
    assert len(server.stored("a.png").points) == 2
    second.close()
    first.reload()
    ui.settled(first, "a.png")
    first.keyboard.press("Control+z")
    ui.wait_for_points(first, 1)


def test_the_page_works_from_another_machine(
    open_in: Callable[..., Any], process: ui.PageProcess
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, but chooses an own address
        except OSError:
            pytest.skip("this machine has no network address")
        own = probe.getsockname()[0]
    process.start("--host", "0.0.0.0")
    process.address = f"http://{own}:{process.address.rpartition(':')[2]}"
    page = open_in(process)
    assert page.evaluate("[isSecureContext, 'locks' in navigator]") == [False, False]
    ui.click(page, *TRUTH["a.png"][0])
    ui.wait_for_points(page, 1)
    ui.HeldRequests(page, "**/api/labels?frame=a.png")
    page.mouse.click(*ui.on_screen(page, 60, 20))
    ui.shows(page, "#saved", "1 unsaved")
    context = page.context
    with context.expect_page() as opened:
        page.evaluate("() => { window.open(location.href); }")
    other = opened.value
    ui.settled(other, "a.png")
    names = [tab.evaluate("sessionStorage['irpoint-tab']") for tab in (page, other)]
    assert len(set(names)) == 2
    page.close()
    ui.wait_for_points(open_in(process, "a.png", context), 2)
    process.stop(signal.SIGTERM)
    assert [path.name for path in process.out.iterdir()] == ["labels.sqlite"]  # no log is left
