"""The reference page in a real browser: it sends a chosen file and shows the answer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("prometheus_client", reason="needs the extra serve")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
import uvicorn
from playwright.sync_api import expect

from irpoint.runtime.detector import Detector
from irpoint.serve.app import create_app
from irpoint.web.server import address, bind
from support import axe
from support.browser import chromium
from support.detection import png
from support.models import draw_blobs

TOKEN = "open-sesame-open-sesame"


def test_the_page_sends_a_file_and_shows_its_points(detector: Detector, tmp_path: Path) -> None:
    frame = tmp_path / "night é.png"
    frame.write_bytes(png(draw_blobs([(40, 30)])))
    with bind("127.0.0.1", 0) as bound, chromium() as browser:
        app = create_app(detector, token=TOKEN)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            page = browser.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(address("127.0.0.1", bound))
            page.set_input_files("#file", frame)
            page.get_by_role("button", name="Detect").click()
            expect(page.locator("#answer")).to_contain_text("401 Unauthorized", timeout=60_000)
            page.fill("#token", TOKEN)
            page.get_by_role("button", name="Detect").click()
            expect(page.locator("#answer")).to_contain_text('"snr"', timeout=60_000)
            expect(page.locator("#answer")).to_contain_text('"source": "night é.png"')
            assert errors == []
            for theme in axe.THEMES:
                page.emulate_media(color_scheme=theme)
                assert axe.faults(page) == []
            for width in (1024, 512):
                page.set_viewport_size({"width": width, "height": 700})
                assert axe.beside_the_window(page) == []
        finally:
            server.should_exit = True
            thread.join()
