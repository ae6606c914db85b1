"""The report for people who see little, use no mouse, or have a screen reader."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.report import write_report
from support import axe
from support.browser import chromium


@pytest.mark.xdist_group("browser")
def test_the_page_keeps_wcag(shared_results: list[Path], tmp_path: Path) -> None:
    write_report(shared_results, tmp_path / "page.html")
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 1024, "height": 700})
        tab.goto((tmp_path / "page.html").as_uri())
        for part in tab.locator("details > summary").all():
            part.click()
        for theme in axe.THEMES:
            tab.emulate_media(color_scheme=theme)
            assert axe.faults(tab) == []
        tab.locator("#gallery button").first.click()
        assert tab.locator("#viewer").is_visible()
        assert axe.faults(tab) == []
        tab.keyboard.press("Escape")
        tab.set_viewport_size({"width": 512, "height": 350})  # a window of 1024 × 700 at 200 %
        assert axe.beside_the_window(tab) == []
