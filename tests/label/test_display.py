"""What a labeller sees: levels, loupe, points of the previous frame, and remembered settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from support import label_browser as ui
from support.label_scenes import TRUTH

pytestmark = pytest.mark.xdist_group("browser")

STORE = "irpoint-label"


def window(page: Any) -> tuple[float, float]:
    """Low and high of the display window."""
    low, high = (float(page.input_value(name)) for name in ("#low", "#high"))
    return low, high


def brightness(page: Any, x: float, y: float) -> int:
    """The red of the pixel of the canvas at a position of the window."""
    value = page.evaluate(
        """async ([x, y]) => {
          const frame = () => new Promise(requestAnimationFrame);
          await frame(); await frame();
          const view = document.getElementById("view"), box = view.getBoundingClientRect();
          return view.getContext("2d").getImageData(x - box.left, y - box.top, 1, 1).data[0];
        }""",
        [x, y],
    )
    return int(value)


def marks(page: Any) -> bytes:
    """The canvas, to see whether something is drawn on it."""
    page.mouse.move(2, 2)
    page.wait_for_function("() => new Promise((done) => requestAnimationFrame(() => done(true)))")
    return bytes(page.locator("#view").screenshot())


def test_the_contrast_is_that_of_the_visible_part(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    frame = np.full((64, 96), 100, np.uint8)
    frame[:, 48:] = 220  # a bright half
    frame[:, :48] += np.indices((64, 48)).sum(0).astype(np.uint8) % 8
    Image.fromarray(frame).save(server.folder / "halves.png")
    server.stop()
    server.start()
    page = open_page("halves.png")
    whole = window(page)
    assert whole[1] > 200
    page.keyboard.press("z")
    assert window(page) == whole  # all of it is visible
    page.mouse.move(*ui.on_screen(page, 12, 32))
    page.mouse.wheel(0, -900)
    expect(page.locator("#high")).not_to_have_value(f"{whole[1]:.0f}")
    low, high = window(page)
    assert 90 < low <= 100
    assert 107 <= high < 120
    page.keyboard.press("f")
    expect(page.locator("#high")).to_have_value(f"{whole[1]:.0f}")
    page.reload()
    ui.settled(page, "halves.png")
    expect(page.locator("#levels")).to_have_value("visible")


def test_a_window_that_cannot_be_is_refused(open_page: Callable[..., Any]) -> None:
    page = open_page("a.png")
    before, problem = window(page), page.get_by_role("alert").filter(has_text="Low")
    page.fill("#low", "300")
    page.keyboard.press("Enter")
    expect(problem).to_have_text(f"Low (300) must be below High ({before[1]:.0f}).")
    expect(page.locator("#low")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#percentile")).to_have_value("1")  # the picture stays as it was
    target = ui.on_screen(page, *TRUTH["a.png"][0])
    assert brightness(page, *target) > 200
    page.fill("#high", "400")
    page.keyboard.press("Enter")
    expect(page.locator("#display-problem")).to_be_empty()
    expect(page.locator("#low")).to_have_attribute("aria-invalid", "false")
    expect(page.locator("#percentile")).to_have_value("manual")
    assert brightness(page, *target) < 60
    page.fill("#gamma", "9")
    expect(page.locator("#display-problem")).to_have_text("Gamma must be between 0.2 and 5.")
    page.fill("#gamma", "")
    expect(page.locator("#display-problem")).to_contain_text("Gamma")
    page.fill("#gamma", "2")
    expect(page.locator("#display-problem")).to_be_empty()


def test_settings_are_remembered(open_page: Callable[..., Any], server: ui.PageServer) -> None:
    page = open_page("a.png")
    page.keyboard.press("m")
    page.keyboard.press("i")
    page.keyboard.press("s")
    page.fill("#gamma", "2")
    page.fill("#low", "20")
    page.keyboard.press("Enter")
    page.uncheck("#previous-points")
    page.reload()
    ui.settled(page, "a.png")
    expect(page.locator("#map")).to_have_value("inferno")
    expect(page.locator("#invert")).to_be_checked()
    expect(page.locator("#snap")).to_have_value("centroid")
    expect(page.locator("#gamma")).to_have_value("2")
    expect(page.locator("#low")).to_have_value("20")
    expect(page.locator("#percentile")).to_have_value("manual")
    expect(page.locator("#previous-points")).not_to_be_checked()
    page.evaluate(
        """(key) => {
          const kept = JSON.parse(localStorage.getItem(key));
          kept.values.window.folder = "another";
          localStorage.setItem(key, JSON.stringify(kept));
        }""",
        STORE,
    )
    page.reload()
    ui.settled(page, "a.png")
    expect(page.locator("#percentile")).to_have_value("1")  # the window was that of other frames


WRONG_VALUES = {
    "map": "no such",
    "gamma": "900",
    "invert": "yes",
    "percentile": "manual",
    "window": {"low": 9, "high": 1},
}


@pytest.mark.parametrize(
    "kept",
    [
        "{ not JSON",
        "null",
        json.dumps({"version": 99, "values": {"map": "turbo"}}),
        json.dumps({"version": 1, "values": [1, 2]}),
        json.dumps({"version": 1, "values": WRONG_VALUES}),
    ],
)
def test_a_damaged_store_is_ignored(open_page: Callable[..., Any], kept: str) -> None:
    page = open_page(
        "a.png",
        prepare=lambda page: page.add_init_script(
            f"localStorage.setItem({json.dumps(STORE)}, {json.dumps(kept)})"
        ),
    )
    for name, value in (("#map", "grey"), ("#gamma", "1"), ("#percentile", "1")):
        expect(page.locator(name)).to_have_value(value)
    expect(page.locator("#invert")).not_to_be_checked()
    page.keyboard.press("m")
    expect(page.locator("#map")).to_have_value("inferno")


def test_the_loupe_shows_the_pixels_at_the_cursor(open_page: Callable[..., Any]) -> None:
    page = open_page("a.png", viewport={"width": 800, "height": 500})
    x, y = ui.on_screen(page, *map(round, TRUTH["a.png"][0]))
    page.mouse.move(x, y)
    # The middle of the loupe: 26 px right of and below the cursor, and half its side of 180 px.
    middle = (x + 26 + 90 + 4, y + 26 + 90 + 4)
    plain = brightness(page, *middle)
    page.keyboard.press("l")
    expect(page.locator("#loupe")).to_be_checked()
    assert brightness(page, *middle) > plain + 40  # the target
    assert brightness(page, middle[0] + 60, middle[1]) < plain + 40  # what lies beside it
    page.keyboard.press("l")
    assert brightness(page, *middle) == plain
    before = page.inner_text("#cursor")
    page.keyboard.press("+")  # the pointer is over another pixel then
    expect(page.locator("#cursor")).not_to_have_text(before)


def test_points_of_the_previous_frame_show_only_in_the_same_scene(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    rng = np.random.default_rng(0)
    scenes = [rng.uniform(20, 200, (16, 24)).repeat(4, 0).repeat(4, 1) for _ in range(2)]
    for name, scene in (("p0", 0), ("p1", 0), ("p2", 1)):
        noisy = scenes[scene] + rng.normal(0, 2, (64, 96))
        Image.fromarray(noisy.astype(np.uint8)).save(server.folder / f"{name}.png")
    server.stop()
    server.start()
    page = open_page("p0.png")
    page.select_option("#snap", "off")
    for name in ("p0.png", "p1.png"):
        ui.settled(page, name)
        ui.click(page, 30, 20)
        ui.wait_for_points(page, 1)
        page.keyboard.press(".")
    ui.settled(page, "p2.png")
    unrelated = marks(page)
    page.keyboard.press("g")
    assert marks(page) == unrelated
    page.keyboard.press("g")
    page.keyboard.press(",")
    ui.settled(page, "p1.png")
    alike = marks(page)
    page.keyboard.press("g")
    assert marks(page) != alike
