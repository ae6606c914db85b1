"""The labelling page for people who see little, use no mouse, or have a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from support import axe
from support import label_browser as ui
from support.label_scenes import STACK, TRUTH

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("theme", axe.THEMES)
def test_the_page_keeps_wcag(open_page: Callable[..., Any], theme: str) -> None:
    page = open_page("b.png", color_scheme=theme, viewport={"width": 1024, "height": 700})
    page.select_option("#model", "top-hat")
    ui.shows(page, "#proposed", re.compile(r"\d+ proposals?"))
    ui.click(page, *TRUTH["b.png"][0])
    assert axe.faults(page) == []
    page.keyboard.press("k")
    ui.banner(page)
    assert axe.faults(page) == []
    page.keyboard.press("?")
    assert axe.faults(page) == []
    page.goto(page.url.replace("b.png", f"{STACK}%230"))
    page.reload()
    ui.settled(page, f"{STACK}#0")
    page.click("#browser-button")
    expect(page.locator("#frames [role=option]").first).to_be_visible()
    expect(page.locator("#timeline")).to_be_visible()
    page.keyboard.press("w")
    assert axe.faults(page) == []
    assert axe.beside_the_window(page) == []


@pytest.mark.parametrize("size", [(1024, 700), (640, 400), (512, 350)])
def test_nothing_is_cut_off(open_page: Callable[..., Any], size: tuple[int, int]) -> None:
    # The last two sizes are those of windows of 1280 × 800 and 1024 × 700 at 200 %.
    page = open_page("b.png", viewport={"width": size[0], "height": size[1]})
    assert axe.beside_the_window(page) == []
    for button in ("#help-button", "#zoom-fit", "[data-state=done]", "#export"):
        expect(page.locator(button)).to_be_visible()
        page.click(button, trial=True)
    page.locator("#view").scroll_into_view_if_needed()
    assert page.locator("#view").bounding_box()["height"] >= 200
    x, y = ui.on_screen(page, *TRUTH["b.png"][0])
    page.mouse.click(x, y)
    ui.wait_for_points(page, 1)


def test_a_screen_reader_is_told_the_frame_and_its_points(open_page: Callable[..., Any]) -> None:
    page = open_page("b.png")
    frame = page.get_by_role("application")
    expect(frame).to_have_accessible_name("Frame b.png, 0 points, no point selected")
    for x, y in TRUTH["b.png"]:
        ui.click(page, x, y)
    expect(frame).to_have_accessible_name(
        re.compile(r"^Frame b\.png, 2 points, point 2 of 2 at x 70\.\d, y 20\.\d$")
    )
    expect(page.locator("#count")).to_have_role("status")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    ui.shows(page, "#said-status", re.compile(r"^point 1 of 2 at x 22\.\d, y 41\.\d$"))
    page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    page.keyboard.press("ArrowLeft")
    ui.shows(page, "#said-status", re.compile(r"x \d+\.00\s+y \d+\.00\s+value \d+"))


def test_problems_and_successes_differ_and_can_be_dismissed(open_page: Callable[..., Any]) -> None:
    page = open_page("a.png")
    stage, panel = (page.locator(name).bounding_box() for name in ("#stage", "aside"))
    page.keyboard.press("k")  # without a track number
    banner = page.locator("#banner")
    expect(banner).to_have_class("alert")
    expect(page.locator("#said-alert")).to_contain_text("Enter a track number")
    box = banner.bounding_box()
    assert box["y"] >= stage["y"] + stage["height"]  # it hides neither the frame nor the panel
    assert box["y"] >= panel["y"] + panel["height"]
    assert page.locator("#stage").bounding_box() == stage
    page.get_by_role("button", name="Dismiss the message").click()
    expect(banner).to_be_hidden()
    page.keyboard.press("p")
    expect(banner).to_have_class("status")
    expect(page.locator("#said-status")).to_contain_text("This is the first frame")
    expect(page.locator("#said-alert")).to_be_empty()


def test_letters_can_be_limited_to_the_frame(open_page: Callable[..., Any]) -> None:
    page = open_page("a.png")
    page.keyboard.press("?")
    page.get_by_label("only while the picture has the focus").check()
    page.keyboard.press("Escape")
    expect(page.locator("#view")).to_be_focused()
    page.locator("#export").focus()
    page.keyboard.press("e")
    ui.settled(page, "a.png")
    page.reload()  # it is remembered
    ui.settled(page, "a.png")
    page.locator("#help-button").focus()
    page.keyboard.press("e")
    ui.settled(page, "a.png")
    page.locator("#view").focus()
    page.keyboard.press("e")
    ui.settled(page, "b.png")
    assert page.get_attribute("#undo", "aria-keyshortcuts") == "Control+Z"
