"""No click is lost: servers that end, tabs side by side, frames that come late; in a browser."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from support import label_browser as ui
from support.label_scenes import TRUTH

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

browser, open_page, served = ui.browser, ui.open_page, ui.served  # fixtures


def test_no_click_is_lost_when_the_server_is_killed(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("b.png")
    ui.click(page, *TRUTH["b.png"][0])
    ui.wait_for_points(page, 1)
    served.kill()
    page.mouse.click(*ui.on_screen(page, *TRUTH["b.png"][1]))
    ui.shows(page, "#saved", "1 to save")
    page.wait_for_selector("#banner:not([hidden])")
    page.context.close()  # and the browser goes too: what waits is kept on its disk, not here
    served.start()
    assert ui.off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.1


def test_clicks_wait_for_a_server_that_comes_back(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("b.png")
    page.select_option("#snap", "off")  # snapping needs the server; the click itself does not
    served.kill()
    for x, y in TRUTH["b.png"]:
        page.mouse.click(*ui.on_screen(page, x, y))
    ui.shows(page, "#saved", "2 to save")
    served.start()
    ui.saved(page)
    assert ui.off_by(served, "b.png", TRUTH["b.png"]) < 0.2


def test_what_a_closed_tab_could_not_save_the_next_one_saves(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("b.png")
    page.select_option("#snap", "off")
    served.kill()
    page.mouse.click(*ui.on_screen(page, *TRUTH["b.png"][0]))
    ui.shows(page, "#saved", "1 to save")
    context = page.context
    page.close()
    served.start()
    again = open_page("a.png", context)
    ui.shows(again, "#saved", "saved")
    again.wait_for_timeout(300)
    assert ui.off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.2


def test_the_second_of_two_tabs_sees_what_the_first_has_done(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    first = open_page("b.png")
    second = open_page("b.png", first.context)
    ui.click(first, *TRUTH["b.png"][0])
    ui.wait_for_points(first, 1)
    ui.click(second, *TRUTH["b.png"][1])
    second.wait_for_selector("#banner:not([hidden])")
    assert "changed elsewhere" in second.inner_text("#banner")
    ui.wait_for_points(second, 1)
    assert ui.off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.1
    ui.click(second, *TRUTH["b.png"][1])
    ui.wait_for_points(second, 2)
    assert ui.off_by(served, "b.png", TRUTH["b.png"]) < 0.1


class Held:
    """Requests of a page that do not reach the server until they are let go."""

    def __init__(self, page: Any, address: str) -> None:
        self._requests: list[Any] | None = []
        page.route(address, self._hold)

    def _hold(self, request: Any) -> None:
        if self._requests is None:
            request.continue_()
        else:
            self._requests.append(request)

    def let_go(self, how: str = "continue_", **answer: Any) -> None:
        requests, self._requests = self._requests, None
        for request in requests or ():
            getattr(request, how)(**answer)


def test_clicks_while_the_next_frame_loads_belong_to_the_one_on_the_screen(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page()
    page.select_option("#snap", "off")
    for x, end in ((20, "abort"), (60, "continue_")):
        held = Held(page, "**/api/labels?frame=b.png")
        page.keyboard.press("n")
        page.wait_for_timeout(100)  # the banner of the first try goes, and the picture grows
        page.mouse.click(*ui.on_screen(page, x, 30))
        if end == "continue_":
            page.mouse.move(*ui.on_screen(page, 20, 30))
            page.mouse.down()
            page.mouse.move(*ui.on_screen(page, 30, 30), steps=3)
        held.let_go(end)
        if end == "abort":
            page.wait_for_selector("#banner:not([hidden])")
            ui.shows(page, "#name", "a.png")
    ui.settled(page, "b.png")
    page.mouse.move(*ui.on_screen(page, 40, 50))
    page.mouse.up()
    page.wait_for_timeout(100)
    ui.saved(page)
    assert ui.off_by(served, "a.png", [(20, 30), (60, 30)]) < 0.3
    assert served.stored("b.png") is None


def test_a_click_counts_at_once_and_snaps_when_the_server_says_where(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    held = Held(page, "**/api/snap")
    page.mouse.click(*ui.on_screen(page, x + 1.5, y - 1.5))
    page.keyboard.press("Enter")
    page.wait_for_selector('body[data-ready="b.png"]')
    ui.shows(page, "#saved", "2 to save")
    assert "click" in page.evaluate("Object.values(localStorage).join()")
    held.let_go()
    ui.saved(page)
    assert ui.off_by(served, "a.png", [(x, y)]) < 0.1
    assert served.stored("a.png").state == "done"
    held = Held(page, "**/api/snap")  # and never lets go
    x, y = TRUTH["b.png"][0]
    page.mouse.click(*ui.on_screen(page, x + 1.5, y))
    ui.shows(page, "#saved", "1 to save")
    ui.saved(page)
    assert ui.off_by(served, "b.png", [(x + 1.5, y)]) < 0.2


def test_labels_wait_while_the_server_cannot_store_them_and_stay_in_the_frame(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page()
    page.select_option("#snap", "off")
    held = Held(page, "**/api/labels?frame=a.png")
    page.mouse.click(*ui.on_screen(page, 0.5, 30))
    page.wait_for_timeout(100)
    held.let_go("fulfill", status=503, json={"error": "database or disk is full"})
    page.wait_for_selector("#banner:not([hidden])")
    assert "disk is full; nothing is lost" in page.inner_text("#banner")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    ui.saved(page)
    assert served.stored("a.png").points[0].x == -0.5


def test_undo_in_one_tab_leaves_the_clicks_of_the_other(
    open_page: Callable[..., Any], served: ui.Served
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
    assert len(served.stored("a.png").points) == 2
    second.close()
    first.reload()
    ui.settled(first, "a.png")
    first.keyboard.press("Control+z")
    ui.wait_for_points(first, 1)


def test_a_page_of_another_machine_saves_and_takes_over_what_waits(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing: tells by which address
        except OSError:
            pytest.skip("no network but this machine's own")
        own = asked.getsockname()[0]
    served.kill()
    served.start("--host", "0.0.0.0")
    served.address = f"http://{own}:{served.port}/{served.token}"
    page = open_page()
    assert page.evaluate("[isSecureContext, 'locks' in navigator]") == [False, False]
    ui.click(page, *TRUTH["a.png"][0])
    ui.wait_for_points(page, 1)
    Held(page, "**/api/labels?frame=a.png")
    page.mouse.click(*ui.on_screen(page, 60, 20))
    ui.shows(page, "#saved", "1 to save")
    context = page.context
    with context.expect_page() as opened:
        page.evaluate("() => { window.open(location.href); }")
    other = opened.value
    ui.settled(other, "a.png")
    names = [tab.evaluate("sessionStorage['irpoint-tab']") for tab in (page, other)]
    assert len(set(names)) == 2
    page.close()
    ui.wait_for_points(open_page("a.png", context), 2)


def test_a_server_that_is_told_to_end_leaves_one_file(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    ui.click(open_page(), *TRUTH["a.png"][0])
    served.kill(signal.SIGTERM)
    assert [path.name for path in served.out.iterdir()] == ["labels.sqlite"]
