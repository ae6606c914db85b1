"""The live page as an operator uses it, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra live")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from irpoint.frames.source import Skipped
from support.label_browser import on_screen
from support.live import LiveRun, ScriptedSource, write_stack
from support.videos import POSITIONS, moving_blob

pytestmark = pytest.mark.xdist_group("browser")
SIZE = (128, 96)


def paused(session: Any) -> None:
    session.pause(True)


def shows_frame(page: Any, number: int) -> None:
    """Wait until a frame is on the screen."""
    page.wait_for_selector(f'body[data-frame="{number}"]')


def step_to_the_end(page: Any, live: LiveRun) -> None:
    for number in range(1, len(POSITIONS) + 1):
        page.keyboard.press(".")
        live.next()
        shows_frame(page, number)


def test_a_file_is_stepped_and_its_track_has_a_card(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=paused)
    page = open_page(live.address)
    expect(page.locator("#overlay")).to_have_text("Paused")
    step_to_the_end(page, live)
    page.keyboard.press("a")  # the cards follow at once when something is changed
    page.click(".card")
    card = page.inner_text(".card")
    assert re.match(r"1\s+SNR \d+\.\d", card), card
    x, y = map(float, re.search(r"x (\S+)\s+y (\S+)", card).groups())  # type: ignore[union-attr]
    assert (x, y) == pytest.approx(POSITIONS[-1], abs=1)
    assert "±" in card
    expect(page.locator("#track-count")).to_have_text("1")
    expect(page.locator("#health")).to_contain_text("0 frames dropped")
    expect(page.locator("#health")).to_contain_text(re.compile(r"network \d+\.\d"))
    page.keyboard.press("Escape")
    assert page.locator(".card[aria-pressed=true]").count() == 0
    page.mouse.click(*on_screen(page, x, y, SIZE))  # the track in the picture
    assert page.locator(".card[aria-pressed=true]").count() == 1


def test_the_threshold_slider_acts_at_once(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=paused)
    page = open_page(live.address)
    expect(page.locator("#threshold-value")).to_have_value("0.4")
    page.keyboard.press(".")
    assert len(live.next().points) == 1
    with page.expect_response("**/api/settings"):
        page.fill("#threshold-value", "3")
        page.keyboard.press("Enter")
    page.keyboard.press(".")
    assert len(live.next().points) == 0
    with page.expect_response("**/api/settings"):
        page.locator("#threshold").press("Home")
    assert live.detector.threshold == pytest.approx(0.05)
    page.fill("#threshold-value", "-1")
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("threshold -1: must be positive")


def test_zones_are_painted_and_erased(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=paused)
    page = open_page(live.address)
    expect(page.locator("#overlay")).to_have_text("Paused")
    page.keyboard.press(".")
    live.next()
    shows_frame(page, 1)
    page.keyboard.press("z")
    page.mouse.move(*on_screen(page, *POSITIONS[1], SIZE))
    page.mouse.down()
    with page.expect_response("**/api/zones"):
        page.mouse.move(*on_screen(page, *POSITIONS[3], SIZE), steps=4)
        page.mouse.up()
    mask = live.detector.region.ignored
    assert mask is not None
    assert all(mask[y, x] for x, y in POSITIONS[1:4])
    assert not mask[80, 100]
    page.keyboard.press(".")
    assert len(live.next().points) == 0
    page.keyboard.press("Escape")
    with page.expect_response("**/api/zones"):
        page.click("#clear")
    page.keyboard.press(".")
    assert len(live.next().points) == 1


def test_a_recording_is_labelled(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=paused)
    page = open_page(live.address)
    expect(page.locator("#label")).to_be_disabled()
    with page.expect_response("**/api/record"):
        page.keyboard.press("r")
    step_to_the_end(page, live)
    with page.expect_response("**/api/record"):
        page.keyboard.press("r")
    expect(page.locator("#recording")).to_contain_text("recorded 8 frames")
    expect(page.locator("#label")).to_be_enabled()
    with page.expect_popup() as popup:
        page.keyboard.press("l")
    label = popup.value
    label.wait_for_selector('body[data-ready="frame-000000.tif"]')
    expect(label.locator("#done")).to_contain_text("of 8 frames")


def test_a_camera_is_held_in_the_page_alone(
    open_page: Callable[..., Any], serve: Callable[..., Any]
) -> None:
    gates = [threading.Event() for _ in range(4)]
    frame = moving_blob()[0]
    items = [item for gate in gates for item in (frame, gate.wait)]
    live = serve([ScriptedSource(items)])
    page = open_page(live.address)
    shows_frame(page, 1)
    page.keyboard.press("Space")
    expect(page.locator("#overlay")).to_have_text("Held – detection goes on")
    for gate in gates[:2]:
        live.next()
        gate.set()
    live.next()
    assert live.session.state()["health"]["detected"] == 3
    expect(page.locator("#health")).to_have_attribute("title", re.compile("3 detected"))
    assert page.get_attribute("body", "data-frame") == "1"
    page.keyboard.press("Space")
    gates[2].set()
    shows_frame(page, 4)
    gates[3].set()


def test_a_fault_is_a_message_and_a_lost_camera_is_said_over_the_picture(
    open_page: Callable[..., Any], serve: Callable[..., Any]
) -> None:
    gate = threading.Event()
    gone = Skipped("camera", "camera: <b>gone</b>")
    live = serve([ScriptedSource([moving_blob()[0], gone, gate.wait])])
    page = open_page(live.address)
    shows_frame(page, 1)
    expect(page.locator("#events li")).to_contain_text("camera: <b>gone</b>")  # no HTML
    expect(page.locator("#overlay")).to_have_text("No frames from camera; trying again")
    expect(page.locator("#health .bad")).to_have_text("1 part skipped")
    gate.set()


def test_the_page_connects_again_after_a_restart_of_the_server(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=paused)
    page = open_page(live.address)
    expect(page.locator("#overlay")).to_have_text("Paused")
    live.stop_serving()
    expect(page.locator("#overlay")).to_have_text("The server does not respond; trying again")
    live.serve()
    expect(page.locator("#overlay")).to_have_text("Paused")
    page.keyboard.press(".")
    shows_frame(page, 1)
    page.context.close()  # a closed browser changes nothing
    live.session.step()
    live.next()
    assert live.next().number == 2


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1280, 800), (1024, 700)])
def test_the_page_fits_its_window_and_shows_the_picture(
    open_page: Callable[..., Any],
    serve: Callable[..., Any],
    tmp_path: Path,
    size: tuple[int, int],
    scheme: str,
) -> None:
    frames = moving_blob(16)
    live = serve(write_stack(tmp_path / "clip.npy", frames), before=paused)
    page = open_page(
        live.address, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    live.session.step()
    shows_frame(page, 1)
    wide, tall, hidden = page.evaluate(
        """() => { const all = document.documentElement, side = document.querySelector('aside');
        return [all.scrollWidth, all.scrollHeight, side.scrollWidth - side.clientWidth]; }"""
    )
    assert (wide, tall, hidden) == (*size, 0)
    target, sky = (on_screen(page, *xy, SIZE) for xy in (POSITIONS[0], (100, 80)))
    assert _grey(page, *target) > _grey(page, *sky) + 60
    page.click("#invert")
    page.wait_for_function("() => document.getElementById('invert').checked")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert _grey(page, *target) < _grey(page, *sky) - 60


def _grey(page: Any, x: float, y: float) -> float:
    value = page.evaluate(
        """([x, y]) => { const c = document.getElementById('view'), b = c.getBoundingClientRect();
        return c.getContext('2d').getImageData(x - b.left, y - b.top, 1, 1).data[0]; }""",
        [x, y],
    )
    return float(value)


def test_every_key_is_in_the_help(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=paused)
    page = open_page(live.address)
    page.keyboard.press("?")
    listed = page.locator("#keys dt").all_inner_texts()
    assert {"Space", "R", "Z", "[", "Click"} <= set(listed)
    assert len(set(listed)) == len(listed)
    assert page.get_attribute("#record", "title").endswith("(R)")
