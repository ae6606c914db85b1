"""The sequence of a frame as a video: play, views, the timeline, and tracks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from support import axe
from support import label_browser as ui
from support.crossing import CLIP, write_crossing
from support.label_scenes import STACK

pytestmark = pytest.mark.xdist_group("browser")

COUNT = 30


@pytest.fixture
def clip(tmp_path: Path) -> Iterator[ui.PageServer]:
    """A server of a clip with two targets, and of another file after it."""
    write_crossing(tmp_path / "frames", COUNT)
    np.save(tmp_path / "frames" / "later.npy", np.zeros((64, 96), np.uint16) + np.arange(96))
    server = ui.PageServer(tmp_path / "frames", tmp_path / "out")
    server.start()
    yield server
    server.stop()


def opened(open_in: Callable[..., Any], clip: ui.PageServer, frame: int = 0) -> Any:
    page = open_in(clip, f"{CLIP}#{frame}")
    ui.shows(page, "#place", f"frame {frame + 1} of {COUNT}")
    return page


def tracks_in(server: ui.PageServer, frame: str) -> list[int | None]:
    labels = server.stored(frame)
    return [point.track for point in labels.points] if labels else []


def lanes(page: Any, *texts: str) -> None:
    """Wait until the list of tracks has these beginnings."""
    expected = [re.compile(f"^{text}") for text in texts]
    expect(page.locator("#tracks > div")).to_have_text(expected, timeout=60_000)


def test_the_sequence_ends_with_a_message(open_in: Callable[..., Any], clip: ui.PageServer) -> None:
    page = opened(open_in, clip, COUNT - 2)
    page.keyboard.press(">")  # five frames
    ui.settled(page, f"{CLIP}#{COUNT - 1}")
    page.keyboard.press(".")
    assert ui.banner(page).startswith(f"This is the last frame of {CLIP}.")
    page.keyboard.press("Home")
    ui.settled(page, f"{CLIP}#0")
    page.keyboard.press(",")
    assert ui.banner(page).startswith(f"This is the first frame of {CLIP}.")
    page.keyboard.press("End")
    ui.settled(page, f"{CLIP}#{COUNT - 1}")
    page.keyboard.press("n")  # the queue goes on
    ui.settled(page, "later.npy")
    expect(page.locator("#timeline")).to_be_hidden()


def test_the_clip_plays_and_can_be_edited_where_it_stops(
    open_in: Callable[..., Any], clip: ui.PageServer
) -> None:
    page = opened(open_in, clip)
    page.keyboard.press("9")
    page.keyboard.press("9")
    expect(page.locator("#speed")).to_have_value("4")
    page.keyboard.press("v")
    ui.settled(page, f"{CLIP}#{COUNT - 1}")  # it stops at the end
    ui.shows(page, "#play", "Play")
    page.select_option("#speed", "0.25")
    page.keyboard.press("v")  # from the beginning again
    page.wait_for_selector("body[data-playing]")
    page.keyboard.press("Enter")  # stops only, because the frame is gone before one has decided
    ui.shows(page, "#play", "Play")
    page.wait_for_selector("body:not([data-playing])")
    frame = page.evaluate("document.body.dataset.ready")
    assert clip.stored(frame) is None
    ui.click(page, 50, 12)
    assert len(clip.stored(frame).points) == 1


def test_the_views_show_what_moves(open_in: Callable[..., Any], clip: ui.PageServer) -> None:
    page = opened(open_in, clip, 20)
    page.mouse.move(*ui.on_screen(page, 3, 3))
    for kind, low, high in (("difference", -600, 600), ("background", -600, 600)):
        page.keyboard.press("d")
        expect(page.locator("#view-kind")).to_have_value(kind)
        expect(page.locator("#low")).to_have_value(re.compile("^-"))
        page.mouse.move(*ui.on_screen(page, 3.2, 3))
        value = float(re.search(r"value (\S+)", page.inner_text("#cursor"))[1])
        assert low < value < high
    page.keyboard.press(".")  # stays in the view
    ui.settled(page, f"{CLIP}#21")
    assert float(page.input_value("#low")) < 0
    page.keyboard.press("d")
    expect(page.locator("#low")).to_have_value(re.compile(r"^\d"))


def test_the_timeline_is_used_by_mouse_and_keyboard(
    open_in: Callable[..., Any], clip: ui.PageServer
) -> None:
    page = opened(open_in, clip)
    box = page.locator("#strip").bounding_box()
    x = box["x"] + 44 + (20.5 / COUNT) * (box["width"] - 46)
    page.mouse.move(box["x"] + 100, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(x, box["y"] + 5, steps=4)
    ui.shows(page, "#place", f"frame 21 of {COUNT}")
    page.mouse.up()
    ui.settled(page, f"{CLIP}#20")
    page.focus("#strip")
    page.keyboard.press("ArrowRight")
    ui.settled(page, f"{CLIP}#21")
    page.keyboard.press("Shift+ArrowLeft")
    ui.settled(page, f"{CLIP}#16")
    assert page.get_attribute("#strip", "aria-valuenow") == "17"
    page.keyboard.press("Home")
    ui.settled(page, f"{CLIP}#0")


def test_clicks_in_some_frames_make_a_track(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page(f"{STACK}#0")
    page.fill("#step", "4")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+T")
    ui.click(page, 20, 30)
    page.keyboard.press(">")
    ui.settled(page, f"{STACK}#4")
    ui.click(page, 28, 30)
    ui.wait_for_points(page, 1)
    lanes(page, "#1: 5 frames, 1 to 5, 2 clicks")
    for k in (1, 2, 3):
        assert ui.max_error(server, f"{STACK}#{k}", [(20 + 2 * k, 30)]) < 0.2
        assert tracks_in(server, f"{STACK}#{k}") == [1]
    page.keyboard.press("Home")
    ui.settled(page, f"{STACK}#0")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+ArrowDown")
    ui.saved(page)
    assert server.stored(f"{STACK}#1").points[0].y > 30.4  # the rest follows a moved point
    page.keyboard.press("q")
    assert ui.banner(page) == "5 frames decided."
    assert server.stored(f"{STACK}#3").state == "done"
    for _ in range(3):
        page.keyboard.press("Control+z")
        ui.saved(page)
    expect(page.locator("#tracks > div")).to_have_text([re.compile("^#1: 1 frame")])
    page.uncheck("#autofill")
    page.keyboard.press("Control+y")
    lanes(page, "#1: 5 frames")


def test_an_accepted_proposal_keeps_the_track_number(
    open_in: Callable[..., Any], clip: ui.PageServer
) -> None:
    page = opened(open_in, clip)
    page.select_option("#model", "top-hat")
    lanes(page, "P1", "P2")
    for _ in range(15):
        page.keyboard.press("[")
    ui.shows(page, "#proposed", re.compile("[1-9] proposal"))
    page.keyboard.press("Shift+T")
    page.mouse.move(*ui.on_screen(page, 6, 12))
    page.keyboard.press("a")
    ui.wait_for_points(page, 1)
    number = int(page.input_value("#track"))
    assert tracks_in(clip, f"{CLIP}#0") == [number]
    page.keyboard.press("k")  # with one point, there is nothing to fill in
    assert "interpolation needs clicks in two frames" in ui.banner(page)


def test_tracks_are_accepted_swapped_split_joined_and_deleted(
    open_in: Callable[..., Any], clip: ui.PageServer
) -> None:
    page = opened(open_in, clip)
    page.select_option("#model", "top-hat")
    lanes(page, "P1", "P2")
    page.keyboard.press("w")
    page.keyboard.press("y")
    lanes(page, "#1", "P2")
    page.keyboard.press("y")  # the next one is selected
    lanes(page, "#1", "#2")
    page.keyboard.press("End")
    ui.settled(page, f"{CLIP}#{COUNT - 1}")
    last = tracks_in(clip, f"{CLIP}#{COUNT - 1}")
    page.keyboard.press("w")
    page.keyboard.press("Shift+J")
    assert "exchange their numbers from here on" in ui.banner(page)
    assert tracks_in(clip, f"{CLIP}#{COUNT - 1}") == last[::-1]
    page.keyboard.press("j")
    lanes(page, "#1", "#2", "#3")
    page.keyboard.press("h")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    lanes(page, "#2", "#3", "#9")
    page.keyboard.press("h")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    lanes(page, "#2", "#3")
    assert "Track 9 is joined to track 3." in ui.banner(page)
    page.keyboard.press("x")
    lanes(page, "#2", "P1")  # it is proposed again
    for texts in (("#2", "#3"), ("#2", "#3", "#9"), ("#1", "#2", "#3")):
        page.keyboard.press("Control+z")
        lanes(page, *texts)


def test_a_point_gets_a_number_and_a_proposed_track_is_rejected(
    open_in: Callable[..., Any], clip: ui.PageServer
) -> None:
    page = opened(open_in, clip, 5)
    page.select_option("#model", "top-hat")
    lanes(page, "P1", "P2")
    page.keyboard.press("Shift+X")
    lanes(page)
    ui.click(page, 50, 55)
    ui.wait_for_points(page, 1)
    assert tracks_in(clip, f"{CLIP}#5") == [None]
    page.keyboard.press("h")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    lanes(page, "#4: 1 frame")
    assert tracks_in(clip, f"{CLIP}#5") == [4]
    page.keyboard.press("Shift+Q")
    assert ui.banner(page) == f"{COUNT} frames decided, {COUNT - 1} with no target."
    page.keyboard.press("Control+z")
    ui.shows(page, "#done", re.compile("^0 of"))


@pytest.mark.parametrize("theme", axe.THEMES)
def test_the_timeline_keeps_wcag(
    open_in: Callable[..., Any], clip: ui.PageServer, theme: str
) -> None:
    page = open_in(clip, f"{CLIP}#0", color_scheme=theme, viewport={"width": 1024, "height": 700})
    page.select_option("#model", "top-hat")
    lanes(page, "P1", "P2")
    page.keyboard.press("w")
    assert axe.faults(page) == []
    assert axe.beside_the_window(page) == []
