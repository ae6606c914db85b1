"""The labelling page as a person uses it, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from label_scenes import TRUTH, write_folder

pytest.importorskip("fastapi", reason="needs the extra label")
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

from irpoint.datasets import load_dataset  # noqa: E402
from irpoint.label.store import Store  # noqa: E402
from irpoint.zoo import find_model  # noqa: E402

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Served:
    """``irpoint label`` in a process of its own."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out, self.port = folder, out, 0
        self.address = self.token = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "label"]
        call += [str(self.folder), "--out", str(self.out), "--no-browser", *options]
        self._process = subprocess.Popen(
            [*call, "--port", str(self.port)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"(http://[^:]+:(\d+)/)(\S*)", line)
            if found:
                self.address, self.port, self.token = found[1], int(found[2]), found[3]
                return
        pytest.fail("the server has not come up")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait()

    def stored(self, frame: str) -> Any:
        store = Store(self.out / "labels.sqlite")
        found = store.get(frame)
        store.close()
        return found.labels if found else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here; .ci/run installs it")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(write_folder(tmp_path / "frames"), tmp_path / "out")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def open_page(browser: Any, served: Served) -> Iterator[Callable[..., Any]]:
    """Opens the page in a tab; fails where the page has thrown an error."""
    contexts: list[Any] = []
    errors: list[str] = []

    def opened(frame: str = "a.png", context: Any = None, **look: Any) -> Any:
        if context is None:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **look})
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{served.address}#{frame}")
        settled(page, frame)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def settled(page: Any, frame: str) -> None:
    """Wait until a frame is shown and everything is saved."""
    page.wait_for_selector(f'body[data-ready="{frame}"]')
    saved(page)


def shows(page: Any, what: str, text: str | re.Pattern[str]) -> None:
    """Wait until an element shows a text."""
    playwright.expect(page.locator(what)).to_have_text(text)


def saved(page: Any) -> None:
    shows(page, "#saved", "saved")


def on_screen(
    page: Any, x: float, y: float, size: tuple[int, int] = (96, 64)
) -> tuple[float, float]:
    """Where a frame's point is on the screen while the frame is fitted into the stage."""
    box = page.locator("#view").bounding_box()
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    return left + (x + 0.5) * scale, top + (y + 0.5) * scale


def click(page: Any, x: float, y: float, **how: Any) -> None:
    page.mouse.click(*on_screen(page, x, y), **how)
    page.wait_for_timeout(60)  # a click snaps on the server before it counts
    saved(page)


def wait_for_points(page: Any, count: int) -> None:
    text = "1 point" if count == 1 else f"{count} points"
    shows(page, "#count", text)
    saved(page)


def off_by(served: Served, frame: str, truth: list[tuple[float, float]]) -> float:
    """Largest distance from a true place to the nearest stored point, with as many of them."""
    points = np.array([(p.x, p.y) for p in served.stored(frame).points]).reshape(-1, 2)
    assert len(points) == len(truth)
    gaps = np.linalg.norm(points[None] - np.array(truth)[:, None], axis=2)
    return float(gaps.min(axis=1).max())


def test_clicks_snap_are_stored_undone_and_there_after_a_reload(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page("b.png")
    for count, (x, y) in enumerate(TRUTH["b.png"], 1):
        click(page, x + 1.2, y - 0.9)
        wait_for_points(page, count)
    assert off_by(served, "b.png", TRUTH["b.png"]) < 0.1
    page.keyboard.press("Control+z")
    wait_for_points(page, 1)
    page.keyboard.press("Control+y")
    wait_for_points(page, 2)
    page.reload()
    settled(page, "b.png")
    wait_for_points(page, 2)
    click(page, *TRUTH["b.png"][0], button="right")
    wait_for_points(page, 1)
    assert off_by(served, "b.png", TRUTH["b.png"][1:]) < 0.1


def test_a_point_is_found_again_when_zoomed_and_can_be_dragged(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    at = on_screen(page, x, y)
    page.mouse.move(*at)
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(100)
    page.mouse.click(*at)  # the wheel zooms around the pointer, so the target is still under it
    wait_for_points(page, 1)
    assert off_by(served, "a.png", [(x, y)]) < 0.1
    page.keyboard.press("f")
    page.select_option("#snap", "off")
    start, end = on_screen(page, x, y), on_screen(page, 60, 20)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    saved(page)
    assert off_by(served, "a.png", [(60, 20)]) < 0.2


def test_everything_goes_by_keyboard(open_page: Callable[..., Any], served: Served) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    page.keyboard.press("ArrowLeft")  # a cross appears beside the middle (48, 32)
    for _ in range(47 - round(x)):
        page.keyboard.press("ArrowLeft")
    for _ in range(32 - round(y)):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    wait_for_points(page, 1)
    assert off_by(served, "a.png", [(x, y)]) < 0.1
    page.keyboard.press("Shift+ArrowRight")
    saved(page)
    assert served.stored("a.png").points[0].x == pytest.approx(x + 1, abs=0.1)
    page.keyboard.press("o")
    page.keyboard.type("e and u are letters here")
    page.keyboard.press("Escape")
    saved(page)
    page.keyboard.press("Enter")
    settled(page, "b.png")
    assert served.stored("a.png").state == "done"
    assert served.stored("a.png").note == "e and u are letters here"
    page.keyboard.press("e")
    settled(page, "c.png")
    assert served.stored("b.png").state == "empty"
    page.keyboard.press("p")
    settled(page, "b.png")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()


def test_proposals_are_ghosts_until_they_are_accepted(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page("b.png")
    page.select_option("#model", "p2p-lite")
    own = find_model("p2p-lite").card.thresholds.default
    shows(page, "#threshold-value", f"{own:.2f}")
    shows(page, "#proposed", re.compile(r"\d proposed"))
    page.evaluate(
        "([t]) => { const s = document.getElementById('threshold'); s.value = t; s.oninput(); }",
        [0.6],
    )
    shows(page, "#proposed", "2 proposed")
    assert served.stored("b.png") is None
    page.mouse.move(*on_screen(page, *TRUTH["b.png"][1]))
    page.keyboard.press("r")
    shows(page, "#proposed", "1 proposed")
    page.keyboard.press("Shift+A")
    wait_for_points(page, 1)
    assert off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.5
    assert served.stored("b.png").points[0].origin == "proposal"
    assert len(served.stored("b.png").refused) == 1


def test_no_click_is_lost_when_the_server_is_killed(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page("b.png")
    click(page, *TRUTH["b.png"][0])
    wait_for_points(page, 1)
    served.kill()
    page.mouse.click(*on_screen(page, *TRUTH["b.png"][1]))
    shows(page, "#saved", "1 to save")
    page.wait_for_selector("#banner:not([hidden])")
    page.context.close()  # and the browser goes too: what waits is kept on its disk, not here
    served.start()
    assert off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.1


def test_clicks_wait_for_a_server_that_comes_back(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page("b.png")
    page.select_option("#snap", "off")  # snapping needs the server; the click itself does not
    served.kill()
    for x, y in TRUTH["b.png"]:
        page.mouse.click(*on_screen(page, x, y))
    shows(page, "#saved", "2 to save")
    served.start()
    saved(page)
    assert off_by(served, "b.png", TRUTH["b.png"]) < 0.2


def test_what_a_closed_tab_could_not_save_the_next_one_saves(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page("b.png")
    page.select_option("#snap", "off")
    served.kill()
    page.mouse.click(*on_screen(page, *TRUTH["b.png"][0]))
    shows(page, "#saved", "1 to save")
    context = page.context
    page.close()
    served.start()
    again = open_page("a.png", context)
    shows(again, "#saved", "saved")
    again.wait_for_timeout(300)
    assert off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.2


def test_the_second_of_two_tabs_sees_what_the_first_has_done(
    open_page: Callable[..., Any], served: Served
) -> None:
    first = open_page("b.png")
    second = open_page("b.png", first.context)
    click(first, *TRUTH["b.png"][0])
    wait_for_points(first, 1)
    click(second, *TRUTH["b.png"][1])
    second.wait_for_selector("#banner:not([hidden])")
    assert "changed elsewhere" in second.inner_text("#banner")
    wait_for_points(second, 1)
    assert off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.1
    click(second, *TRUTH["b.png"][1])
    wait_for_points(second, 2)
    assert off_by(served, "b.png", TRUTH["b.png"]) < 0.1


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
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page()
    page.select_option("#snap", "off")
    for x, end in ((20, "abort"), (60, "continue_")):
        held = Held(page, "**/api/labels?frame=b.png")
        page.keyboard.press("n")
        page.wait_for_timeout(100)  # the banner of the first try goes, and the picture grows
        page.mouse.click(*on_screen(page, x, 30))
        if end == "continue_":
            page.mouse.move(*on_screen(page, 20, 30))
            page.mouse.down()
            page.mouse.move(*on_screen(page, 30, 30), steps=3)
        held.let_go(end)
        if end == "abort":
            page.wait_for_selector("#banner:not([hidden])")
            shows(page, "#name", "a.png")
    settled(page, "b.png")
    page.mouse.move(*on_screen(page, 40, 50))
    page.mouse.up()
    page.wait_for_timeout(100)
    saved(page)
    assert off_by(served, "a.png", [(20, 30), (60, 30)]) < 0.3
    assert served.stored("b.png") is None


def test_a_click_counts_at_once_and_snaps_when_the_server_says_where(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    held = Held(page, "**/api/snap")
    page.mouse.click(*on_screen(page, x + 1.5, y - 1.5))
    page.keyboard.press("Enter")
    page.wait_for_selector('body[data-ready="b.png"]')
    shows(page, "#saved", "2 to save")
    assert "click" in page.evaluate("Object.values(localStorage).join()")
    held.let_go()
    saved(page)
    assert off_by(served, "a.png", [(x, y)]) < 0.1
    assert served.stored("a.png").state == "done"
    held = Held(page, "**/api/snap")  # and never lets go
    x, y = TRUTH["b.png"][0]
    page.mouse.click(*on_screen(page, x + 1.5, y))
    shows(page, "#saved", "1 to save")
    saved(page)
    assert off_by(served, "b.png", [(x + 1.5, y)]) < 0.2


def test_a_trembling_hand_leaves_a_point_where_it_is(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page()
    click(page, *TRUTH["a.png"][0])
    wait_for_points(page, 1)
    point = served.stored("a.png").points[0]
    x, y = on_screen(page, point.x, point.y)
    for far in (2, 60):
        page.mouse.move(x + 5, y + 4)
        page.mouse.down()
        page.mouse.move(x + 5 + far, y + 4, steps=4)
        page.mouse.up()
        saved(page)
        moved = served.stored("a.png").points[0]
        if far == 2:
            assert moved == point
    scale = on_screen(page, 1, 0)[0] - on_screen(page, 0, 0)[0]
    assert moved.x - point.x == pytest.approx(60 / scale, abs=0.02)
    assert moved.y == pytest.approx(point.y, abs=1e-6)


def test_labels_wait_while_the_server_cannot_store_them_and_stay_in_the_frame(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page()
    page.select_option("#snap", "off")
    held = Held(page, "**/api/labels?frame=a.png")
    page.mouse.click(*on_screen(page, 0.5, 30))
    page.wait_for_timeout(100)
    held.let_go("fulfill", status=503, json={"error": "database or disk is full"})
    page.wait_for_selector("#banner:not([hidden])")
    assert "disk is full; nothing is lost" in page.inner_text("#banner")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    saved(page)
    assert served.stored("a.png").points[0].x == -0.5


def test_undo_in_one_tab_leaves_the_clicks_of_the_other(
    open_page: Callable[..., Any], served: Served
) -> None:
    first = open_page()
    with first.context.expect_page() as opened:  # its storage is a copy, its name must not be
        first.evaluate("() => { window.open(location.href); }")
    second = opened.value
    settled(second, "a.png")
    click(first, *TRUTH["a.png"][0])
    wait_for_points(first, 1)
    second.keyboard.press("Control+z")
    click(first, 60, 20)
    wait_for_points(first, 2)
    assert len(served.stored("a.png").points) == 2
    second.close()
    first.reload()
    settled(first, "a.png")
    first.keyboard.press("Control+z")
    wait_for_points(first, 1)


def test_a_page_of_another_machine_saves_and_takes_over_what_waits(
    open_page: Callable[..., Any], served: Served
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
    click(page, *TRUTH["a.png"][0])
    wait_for_points(page, 1)
    Held(page, "**/api/labels?frame=a.png")
    page.mouse.click(*on_screen(page, 60, 20))
    shows(page, "#saved", "1 to save")
    context = page.context
    with context.expect_page() as opened:
        page.evaluate("() => { window.open(location.href); }")
    other = opened.value
    settled(other, "a.png")
    names = [tab.evaluate("sessionStorage['irpoint-tab']") for tab in (page, other)]
    assert len(set(names)) == 2
    page.close()
    wait_for_points(open_page("a.png", context), 2)


def test_the_least_sure_open_frame_is_always_next(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page("a.png")
    page.keyboard.press("e")
    settled(page, "b.png")
    page.select_option("#order", "doubt")
    page.wait_for_timeout(300)
    settled(page, "b.png")  # a.png is decided: last
    page.select_option("#model", "p2p-lite")
    store = Store(served.out / "labels.sqlite")
    key = f"p2p-lite:{find_model('p2p-lite').card.sha256[:12]}"
    for _ in range(300):
        if len(doubts := store.doubts(key)) == len(TRUTH) + 5:  # all but the damaged one
            break
        page.wait_for_timeout(100)
    store.close()
    page.wait_for_timeout(3500)  # the page asks every three seconds
    order = sorted(doubts, key=lambda name: -doubts[name])
    first = next(name for name in order if name not in ("a.png", "b.png"))
    page.keyboard.press("n")
    settled(page, first)


def test_keys_go_to_the_frame_after_a_button_and_alt_is_the_browsers(
    open_page: Callable[..., Any], served: Served
) -> None:
    page = open_page()
    page.click("[data-state=unsure]")
    page.keyboard.press("Enter")
    settled(page, "b.png")
    assert served.stored("a.png").state == "done"
    page.keyboard.press("Alt+e")
    page.keyboard.press("Enter")
    settled(page, "c.png")
    assert served.stored("b.png").state == "done"
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # as a key that is held repeats itself
    page.wait_for_timeout(300)
    page.keyboard.down("Enter")
    page.wait_for_timeout(300)
    settled(page, "deep.tif")
    page.keyboard.up("Enter")
    click(page, *TRUTH["deep.tif"][0])
    page.keyboard.press("Escape")
    for leaves in (False, True):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id !== 'view'") == leaves
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("o")
    page.keyboard.type("haze")
    page.wait_for_timeout(600)
    assert served.stored("deep.tif").note == "haze"


def test_a_server_that_is_told_to_end_leaves_one_file(
    open_page: Callable[..., Any], served: Served
) -> None:
    click(open_page(), *TRUTH["a.png"][0])
    served.kill(signal.SIGTERM)
    assert [path.name for path in served.out.iterdir()] == ["labels.sqlite"]


def test_files_that_are_left_out_are_said(browser: Any, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "frames")
    (folder / "cut.mp4").write_bytes(b"not a video")
    server = Served(folder, tmp_path / "out")
    server.start()
    page = browser.new_page()
    try:
        page.goto(server.address)
        page.click("#skipped-count")
        assert "cut.mp4: cannot be read as video" in page.inner_text("#skipped-lines")
    finally:
        page.close()
        server.kill()


def test_a_damaged_frame_shows_its_error_and_the_next_works(open_page: Callable[..., Any]) -> None:
    page = open_page("zz-damaged.png")
    assert "damaged" in page.inner_text("#broken")
    page.keyboard.press("p")
    settled(page, "sub/stack.tif#4")
    assert not page.locator("#broken").is_visible()


def test_a_track_is_filled_in_from_the_page(open_page: Callable[..., Any], served: Served) -> None:
    page = open_page("sub/stack.tif#0")
    page.fill("#track", "1")
    page.fill("#step", "4")
    page.keyboard.press("Escape")
    click(page, 20, 30)
    page.keyboard.press(">")
    settled(page, "sub/stack.tif#4")
    click(page, 28, 30)
    wait_for_points(page, 1)
    page.keyboard.press("k")
    page.wait_for_selector("#banner:not([hidden])")
    assert "3 frames filled in" in page.inner_text("#banner")
    for k in (1, 2, 3):
        assert off_by(served, f"sub/stack.tif#{k}", [(20 + 2 * k, 30)]) < 0.2


def test_labels_come_out_as_a_data_set(open_page: Callable[..., Any], served: Served) -> None:
    page = open_page()
    for name, targets in TRUTH.items():
        settled(page, name)
        for count, (x, y) in enumerate(targets, 1):
            click(page, x, y)
            wait_for_points(page, count)
        page.keyboard.press("Enter" if targets else "e")
    settled(page, "sub/stack.tif#0")
    page.click("#export")
    shows(page, "#training-text", re.compile("4 frames with 4 targets"))
    loaded = {frame.image.name: frame for frame in load_dataset(served.out / "dataset", "all")}
    for name, targets in TRUTH.items():
        found = loaded[name].points.xy
        assert len(found) == len(targets)
        for target in targets:
            assert np.linalg.norm(found - np.array(target), axis=1).min() < 0.1


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1280, 800), (1024, 600)])
def test_the_page_fits_its_window(
    open_page: Callable[..., Any], size: tuple[int, int], scheme: str
) -> None:
    page = open_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    wide, tall, hidden = page.evaluate(
        """() => { const all = document.documentElement, side = document.querySelector('aside');
        return [all.scrollWidth, all.scrollHeight, side.scrollWidth - side.clientWidth]; }"""
    )
    assert (wide, tall, hidden) == (*size, 0)
    picture = page.locator("#view").bounding_box()
    assert picture["width"] > 0.65 * size[0]
    # The frame is really drawn: its pixels differ, and the target's are the brightest.
    x, y = on_screen(page, *TRUTH["a.png"][0])
    value = page.evaluate(
        """([x, y]) => { const c = document.getElementById('view'), b = c.getBoundingClientRect();
        const pixels = c.getContext('2d');
        const at = (px, py) => pixels.getImageData(px - b.left, py - b.top, 1, 1).data[0];
        return [at(x, y), at(x + 150, y)]; }""",
        [x, y],
    )
    assert value[0] > value[1] + 60
