"""The live page for people who see little, use no mouse, or have a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra live")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from support import axe
from support.live import ScriptedSource, write_stack
from support.videos import POSITIONS, moving_blob

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("theme", axe.THEMES)
def test_the_page_keeps_wcag(
    open_page: Callable[..., Any], serve: Callable[..., Any], tmp_path: Path, theme: str
) -> None:
    live = serve(write_stack(tmp_path / "clip.npy"), before=lambda session: session.pause(True))
    page = open_page(live.address, color_scheme=theme, viewport={"width": 1024, "height": 700})
    expect(page.locator("#overlay")).to_have_text("Paused")
    for number in range(1, len(POSITIONS) + 1):
        page.keyboard.press(".")
        page.wait_for_selector(f'body[data-frame="{number}"]')
    live.session.log.add("camera: gone")
    page.click(".card")
    expect(page.locator(".card")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("list", name="Messages")).to_contain_text("camera: gone")
    page.fill("#threshold-value", "-1")
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_have_class("alert")
    assert axe.faults(page) == []
    page.get_by_role("button", name="Dismiss the message").click()
    expect(page.locator("#health")).to_be_visible()
    page.keyboard.press("?")
    assert axe.faults(page) == []
    page.keyboard.press("Escape")
    for size in ((640, 400), (512, 350)):  # of windows of 1280 × 800 and 1024 × 700 at 200 %
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert axe.beside_the_window(page) == []
    page.click("#invert", trial=True)


def test_a_screen_reader_is_told_faults(
    open_page: Callable[..., Any], serve: Callable[..., Any]
) -> None:
    live = serve([ScriptedSource([moving_blob()[0]])])
    page = open_page(live.address)
    expect(page.get_by_role("application")).to_have_accessible_name("Live picture of camera")
    expect(page.locator("#track-count")).to_have_role("status")
    live.session.log.add("camera: <gone>")
    expect(page.locator("#said-status")).to_have_text("camera: <gone>")
