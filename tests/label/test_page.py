"""The labelling page as a person uses it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from irpoint.datasets import load_dataset
from irpoint.errors import FrameError
from irpoint.zoo import find_model
from support import label_browser as ui
from support.label_scenes import TRUTH

pytestmark = pytest.mark.xdist_group("browser")


def test_clicks_are_snapped_stored_undone_and_reloaded(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page("b.png")
    for count, (x, y) in enumerate(TRUTH["b.png"], 1):
        ui.click(page, x + 1.2, y - 0.9)
        ui.wait_for_points(page, count)
    assert ui.max_error(server, "b.png", TRUTH["b.png"]) < 0.1
    page.keyboard.press("Control+z")
    ui.wait_for_points(page, 1)
    page.keyboard.press("Control+y")
    ui.wait_for_points(page, 2)
    page.reload()
    ui.settled(page, "b.png")
    ui.wait_for_points(page, 2)
    ui.click(page, *TRUTH["b.png"][0], button="right")
    ui.wait_for_points(page, 1)
    assert ui.max_error(server, "b.png", TRUTH["b.png"][1:]) < 0.1


def test_the_page_says_that_a_click_was_not_snapped(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page("b.png")
    ui.click(page, 50, 12)
    ui.shows(page, "#kept", "Nothing stands out here; click kept.")
    assert page.evaluate("(({scrollWidth, clientWidth}) => scrollWidth <= clientWidth)"
                         "(document.getElementById('kept'))")  # fmt: skip
    assert ui.max_error(server, "b.png", [(50, 12)]) < 0.2
    below = page.locator("#model").bounding_box()
    ui.click(page, *TRUTH["b.png"][0])
    ui.wait_for_points(page, 2)
    ui.shows(page, "#kept", "")
    assert page.locator("#model").bounding_box() == below  # the line does not move the controls
    ui.click(page, 60, 50)
    ui.shows(page, "#kept", "Nothing stands out here; click kept.")
    page.keyboard.press("n")
    ui.settled(page, "c.png")
    ui.shows(page, "#kept", "")
    page.select_option("#snap", "off")
    ui.click(page, 50, 12)
    ui.shows(page, "#kept", "")  # nobody asked for a target


def test_points_can_be_set_in_a_zoomed_frame_and_dragged(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    at = ui.on_screen(page, x, y)
    page.mouse.move(*at)
    zoom = page.inner_text("#zoom")
    page.mouse.wheel(0, -600)
    expect(page.locator("#zoom")).not_to_have_text(zoom)
    page.mouse.click(*at)  # the wheel zooms around the pointer, so the target is still there
    ui.wait_for_points(page, 1)
    assert ui.max_error(server, "a.png", [(x, y)]) < 0.1
    page.keyboard.press("f")
    page.select_option("#snap", "off")
    start, end = ui.on_screen(page, x, y), ui.on_screen(page, 60, 20)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    ui.saved(page)
    assert ui.max_error(server, "a.png", [(60, 20)]) < 0.2


def test_everything_works_from_the_keyboard(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    page.keyboard.press("ArrowLeft")  # a crosshair appears next to the centre (48, 32)
    for _ in range(47 - round(x)):
        page.keyboard.press("ArrowLeft")
    for _ in range(32 - round(y)):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    ui.wait_for_points(page, 1)
    assert ui.max_error(server, "a.png", [(x, y)]) < 0.1
    page.keyboard.press("Shift+ArrowRight")
    ui.saved(page)
    assert server.stored("a.png").points[0].x == pytest.approx(x + 1, abs=0.1)
    page.keyboard.press("o")
    page.keyboard.type("e and u are letters here")
    page.keyboard.press("Escape")
    ui.saved(page)
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    assert server.stored("a.png").state == "done"
    assert server.stored("a.png").note == "e and u are letters here"
    page.keyboard.press("e")
    ui.settled(page, "c.png")
    assert server.stored("b.png").state == "empty"
    page.keyboard.press("p")
    ui.settled(page, "b.png")


def test_the_help_and_the_tooltips_name_every_key(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    listed = page.locator("#keys dt").all_inner_texts()
    assert {"Enter", "Ctrl+Z", "Shift+A", "Arrows", "Right click"} <= set(listed)
    assert len(set(listed)) == len(listed)
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    assert page.get_attribute("#undo", "title").endswith("(Ctrl+Z)")
    assert page.get_attribute("#threshold", "title").endswith("([, ])")


def test_proposals_become_points_only_when_accepted(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page("b.png")
    page.select_option("#model", "p2p-lite")
    threshold = find_model("p2p-lite").card.thresholds.default
    ui.shows(page, "#threshold-value", f"{threshold:.2f}")
    ui.shows(page, "#proposed", re.compile(r"[1-9] proposal"))
    page.select_option("#polarity", "dark")
    ui.shows(page, "#proposed", "0 proposals")
    page.select_option("#polarity", "bright")
    ui.shows(page, "#proposed", re.compile(r"[1-9] proposal"))
    page.evaluate(
        "([t]) => { const s = document.getElementById('threshold'); s.value = t; s.oninput(); }",
        [0.6],
    )
    ui.shows(page, "#proposed", "2 proposals")
    assert server.stored("b.png") is None
    page.mouse.move(*ui.on_screen(page, *TRUTH["b.png"][1]))
    page.keyboard.press("r")
    ui.shows(page, "#proposed", "1 proposal")
    page.keyboard.press("Shift+A")
    ui.wait_for_points(page, 1)
    assert ui.max_error(server, "b.png", TRUTH["b.png"][:1]) < 0.5
    assert server.stored("b.png").points[0].origin == "proposal"
    assert len(server.stored("b.png").refused) == 1


def test_a_short_drag_does_not_move_a_point(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    ui.click(page, *TRUTH["a.png"][0])
    ui.wait_for_points(page, 1)
    point = server.stored("a.png").points[0]
    x, y = ui.on_screen(page, point.x, point.y)
    for distance in (2, 60):
        page.mouse.move(x + 5, y + 4)
        page.mouse.down()
        page.mouse.move(x + 5 + distance, y + 4, steps=4)
        page.mouse.up()
        ui.saved(page)
        moved = server.stored("a.png").points[0]
        if distance == 2:
            assert moved == point
    scale = ui.on_screen(page, 1, 0)[0] - ui.on_screen(page, 0, 0)[0]
    assert moved.x - point.x == pytest.approx(60 / scale, abs=0.02)
    assert moved.y == pytest.approx(point.y, abs=1e-6)


def test_the_most_ambiguous_open_frame_is_next(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page(prepare=lambda page: page.clock.install())
    page.keyboard.press("e")
    ui.settled(page, "b.png")
    page.select_option("#order", "ambiguity")
    page.select_option("#model", "p2p-lite")
    ui.shows(page, "#threshold-value", re.compile(r"0\.\d\d"))
    for entry in server.session.catalogue.entries:
        try:
            server.session.proposals(entry.name)
        except FrameError:
            assert entry.name == "zz-damaged.png"
    ambiguities = server.session.proposer.ambiguities()
    assert len(set(ambiguities.values())) > 2
    order = sorted(ambiguities, key=lambda name: -ambiguities[name])
    first = next(name for name in order if name not in ("a.png", "b.png"))
    page.clock.fast_forward(3000)  # the page requests the progress every three seconds
    page.wait_for_selector(f'body[data-next="{first}"]')
    page.keyboard.press("n")
    ui.settled(page, first)


def test_the_keys_work_after_a_button_was_used(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    page.click("[data-state=unsure]")
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    assert server.stored("a.png").state == "done"


def test_keys_with_alt_are_left_to_the_browser(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    page.keyboard.press("Alt+e")
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    assert server.stored("a.png").state == "done"


def test_a_key_that_is_held_down_decides_one_frame(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # a repetition, as of a key that is held down
    ui.settled(page, "b.png")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    ui.saved(page)
    ui.settled(page, "b.png")
    assert server.stored("b.png") is None


def test_tab_goes_through_the_points_and_then_to_the_controls(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page("deep.tif")
    ui.click(page, *TRUTH["deep.tif"][0])
    page.keyboard.press("Escape")
    for leaves in (False, True):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id !== 'view'") == leaves
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("o")
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.keyboard.type("haze")  # saved without leaving the field
    assert server.stored("deep.tif").note == "haze"


def test_skipped_files_are_listed(open_page: Callable[..., Any], server: ui.PageServer) -> None:
    server.stop()
    (server.folder / "cut.mp4").write_bytes(b"not a video")
    server.start()
    page = open_page()
    page.click("#skipped-count")
    assert "cut.mp4: cannot be read as video" in page.inner_text("#skipped-lines")


def test_a_damaged_frame_shows_its_error(open_page: Callable[..., Any]) -> None:
    page = open_page("zz-damaged.png")
    assert "damaged" in page.inner_text("#broken")
    page.keyboard.press("p")
    ui.settled(page, "sub/stack.tif#4")
    assert not page.locator("#broken").is_visible()


def test_labels_are_exported_as_a_dataset(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    page = open_page()
    for name, targets in TRUTH.items():
        ui.settled(page, name)
        for count, (x, y) in enumerate(targets, 1):
            ui.click(page, x, y)
            ui.wait_for_points(page, count)
        page.keyboard.press("Enter" if targets else "e")
    ui.settled(page, "sub/stack.tif#0")
    page.click("#export")
    ui.shows(page, "#exported", re.compile("4 frames with 4 targets"))
    loaded = {frame.image.name: frame for frame in load_dataset(server.out / "dataset", "all")}
    for name, targets in TRUTH.items():
        found = loaded[name].points.xy
        assert len(found) == len(targets)
        for target in targets:
            assert np.linalg.norm(found - np.array(target), axis=1).min() < 0.1


@pytest.mark.parametrize(("size", "scheme"), [((1280, 800), "dark"), ((1024, 600), "light")])
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
    # The frame is drawn: its pixels differ, and the target is brighter than the background.
    x, y = ui.on_screen(page, *TRUTH["a.png"][0])
    value = page.evaluate(
        """([x, y]) => { const c = document.getElementById('view'), b = c.getBoundingClientRect();
        const pixels = c.getContext('2d');
        const at = (px, py) => pixels.getImageData(px - b.left, py - b.top, 1, 1).data[0];
        return [at(x, y), at(x + 150, y)]; }""",
        [x, y],
    )
    assert value[0] > value[1] + 60
