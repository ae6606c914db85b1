"""The labelling page as a person uses it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import label_browser as ui
from support.label_scenes import TRUTH, write_folder

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

from irpoint.datasets import load_dataset  # noqa: E402
from irpoint.label.store import Store  # noqa: E402
from irpoint.zoo import find_model  # noqa: E402

browser, open_page, served = ui.browser, ui.open_page, ui.served  # fixtures


def test_clicks_snap_are_stored_undone_and_there_after_a_reload(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("b.png")
    for count, (x, y) in enumerate(TRUTH["b.png"], 1):
        ui.click(page, x + 1.2, y - 0.9)
        ui.wait_for_points(page, count)
    assert ui.off_by(served, "b.png", TRUTH["b.png"]) < 0.1
    page.keyboard.press("Control+z")
    ui.wait_for_points(page, 1)
    page.keyboard.press("Control+y")
    ui.wait_for_points(page, 2)
    page.reload()
    ui.settled(page, "b.png")
    ui.wait_for_points(page, 2)
    ui.click(page, *TRUTH["b.png"][0], button="right")
    ui.wait_for_points(page, 1)
    assert ui.off_by(served, "b.png", TRUTH["b.png"][1:]) < 0.1


def test_a_point_is_found_again_when_zoomed_and_can_be_dragged(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    at = ui.on_screen(page, x, y)
    page.mouse.move(*at)
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(100)
    page.mouse.click(*at)  # the wheel zooms around the pointer, so the target is still under it
    ui.wait_for_points(page, 1)
    assert ui.off_by(served, "a.png", [(x, y)]) < 0.1
    page.keyboard.press("f")
    page.select_option("#snap", "off")
    start, end = ui.on_screen(page, x, y), ui.on_screen(page, 60, 20)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    ui.saved(page)
    assert ui.off_by(served, "a.png", [(60, 20)]) < 0.2


def test_everything_goes_by_keyboard(open_page: Callable[..., Any], served: ui.Served) -> None:
    page = open_page()
    x, y = TRUTH["a.png"][0]
    page.keyboard.press("ArrowLeft")  # a cross appears beside the middle (48, 32)
    for _ in range(47 - round(x)):
        page.keyboard.press("ArrowLeft")
    for _ in range(32 - round(y)):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    ui.wait_for_points(page, 1)
    assert ui.off_by(served, "a.png", [(x, y)]) < 0.1
    page.keyboard.press("Shift+ArrowRight")
    ui.saved(page)
    assert served.stored("a.png").points[0].x == pytest.approx(x + 1, abs=0.1)
    page.keyboard.press("o")
    page.keyboard.type("e and u are letters here")
    page.keyboard.press("Escape")
    ui.saved(page)
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    assert served.stored("a.png").state == "done"
    assert served.stored("a.png").note == "e and u are letters here"
    page.keyboard.press("e")
    ui.settled(page, "c.png")
    assert served.stored("b.png").state == "empty"
    page.keyboard.press("p")
    ui.settled(page, "b.png")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()


def test_proposals_are_ghosts_until_they_are_accepted(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("b.png")
    page.select_option("#model", "p2p-lite")
    own = find_model("p2p-lite").card.thresholds.default
    ui.shows(page, "#threshold-value", f"{own:.2f}")
    ui.shows(page, "#proposed", re.compile(r"\d proposed"))
    page.evaluate(
        "([t]) => { const s = document.getElementById('threshold'); s.value = t; s.oninput(); }",
        [0.6],
    )
    ui.shows(page, "#proposed", "2 proposed")
    assert served.stored("b.png") is None
    page.mouse.move(*ui.on_screen(page, *TRUTH["b.png"][1]))
    page.keyboard.press("r")
    ui.shows(page, "#proposed", "1 proposed")
    page.keyboard.press("Shift+A")
    ui.wait_for_points(page, 1)
    assert ui.off_by(served, "b.png", TRUTH["b.png"][:1]) < 0.5
    assert served.stored("b.png").points[0].origin == "proposal"
    assert len(served.stored("b.png").refused) == 1


def test_a_trembling_hand_leaves_a_point_where_it_is(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page()
    ui.click(page, *TRUTH["a.png"][0])
    ui.wait_for_points(page, 1)
    point = served.stored("a.png").points[0]
    x, y = ui.on_screen(page, point.x, point.y)
    for far in (2, 60):
        page.mouse.move(x + 5, y + 4)
        page.mouse.down()
        page.mouse.move(x + 5 + far, y + 4, steps=4)
        page.mouse.up()
        ui.saved(page)
        moved = served.stored("a.png").points[0]
        if far == 2:
            assert moved == point
    scale = ui.on_screen(page, 1, 0)[0] - ui.on_screen(page, 0, 0)[0]
    assert moved.x - point.x == pytest.approx(60 / scale, abs=0.02)
    assert moved.y == pytest.approx(point.y, abs=1e-6)


def test_the_least_sure_open_frame_is_always_next(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("a.png")
    page.keyboard.press("e")
    ui.settled(page, "b.png")
    page.select_option("#order", "ambiguity")
    page.wait_for_timeout(300)
    ui.settled(page, "b.png")  # a.png is decided: last
    page.select_option("#model", "p2p-lite")
    store = Store(served.out / "labels.sqlite")
    key = f"p2p-lite:{find_model('p2p-lite').card.sha256[:12]}"
    for _ in range(300):
        if len(ambiguities := store.ambiguities(key)) == len(TRUTH) + 5:  # all but the damaged one
            break
        page.wait_for_timeout(100)
    store.close()
    page.wait_for_timeout(3500)  # the page asks every three seconds
    order = sorted(ambiguities, key=lambda name: -ambiguities[name])
    first = next(name for name in order if name not in ("a.png", "b.png"))
    page.keyboard.press("n")
    ui.settled(page, first)


def test_keys_go_to_the_frame_after_a_button_and_alt_is_the_browsers(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page()
    page.click("[data-state=unsure]")
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    assert served.stored("a.png").state == "done"
    page.keyboard.press("Alt+e")
    page.keyboard.press("Enter")
    ui.settled(page, "c.png")
    assert served.stored("b.png").state == "done"
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # as a key that is held repeats itself
    page.wait_for_timeout(300)
    page.keyboard.down("Enter")
    page.wait_for_timeout(300)
    ui.settled(page, "deep.tif")
    page.keyboard.up("Enter")
    ui.click(page, *TRUTH["deep.tif"][0])
    page.keyboard.press("Escape")
    for leaves in (False, True):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id !== 'view'") == leaves
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("o")
    page.keyboard.type("haze")
    page.wait_for_timeout(600)
    assert served.stored("deep.tif").note == "haze"


def test_files_that_are_left_out_are_said(browser: Any, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "frames")
    (folder / "cut.mp4").write_bytes(b"not a video")
    server = ui.Served(folder, tmp_path / "out")
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
    ui.settled(page, "sub/stack.tif#4")
    assert not page.locator("#broken").is_visible()


def test_a_track_is_filled_in_from_the_page(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    page = open_page("sub/stack.tif#0")
    page.fill("#track", "1")
    page.fill("#step", "4")
    page.keyboard.press("Escape")
    ui.click(page, 20, 30)
    page.keyboard.press(">")
    ui.settled(page, "sub/stack.tif#4")
    ui.click(page, 28, 30)
    ui.wait_for_points(page, 1)
    page.keyboard.press("k")
    page.wait_for_selector("#banner:not([hidden])")
    assert "3 frames filled in" in page.inner_text("#banner")
    for k in (1, 2, 3):
        assert ui.off_by(served, f"sub/stack.tif#{k}", [(20 + 2 * k, 30)]) < 0.2


def test_labels_come_out_as_a_data_set(open_page: Callable[..., Any], served: ui.Served) -> None:
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
    x, y = ui.on_screen(page, *TRUTH["a.png"][0])
    value = page.evaluate(
        """([x, y]) => { const c = document.getElementById('view'), b = c.getBoundingClientRect();
        const pixels = c.getContext('2d');
        const at = (px, py) => pixels.getImageData(px - b.left, py - b.top, 1, 1).data[0];
        return [at(x, y), at(x + 150, y)]; }""",
        [x, y],
    )
    assert value[0] > value[1] + 60


# A training that takes as long as the test wants: one epoch, then what it waits for, then the end.
_TRAINS = """
import json, shutil, sys, time
from pathlib import Path
from irpoint.zoo import shipped_weights
run, weights = Path(sys.argv[1]), shipped_weights("p2p-lite")
(run / "logs" / "csv").mkdir(parents=True)
(run / "settings.json").write_text('{"epochs": 2}')
log = run / "logs" / "csv" / "metrics.csv"
log.write_text("epoch,train_loss,val_f1\\n0,0.5,\\n0,,0.75\\n")
until = time.monotonic() + 120  # a server that was killed leaves it behind
while not (run.parent / "go on").exists() and time.monotonic() < until:
    time.sleep(0.05)
log.write_text(log.read_text() + "1,0.4,\\n1,,0.5\\n")
for suffix in (".onnx", ".json"):
    shutil.copy(weights.with_suffix(suffix), run / f"model{suffix}")
"""
_SERVES = f"""
import sys
from irpoint.cli import main
from irpoint.label.training import Trainer
real = Trainer.command
def stand_in(self, *given):
    real(self, *given)
    return [sys.executable, "-c", {_TRAINS!r}, str(self._run)]
Trainer.command = stand_in
main()
"""


def test_a_training_is_watched_stopped_and_its_model_proposes(
    open_page: Callable[..., Any], served: ui.Served
) -> None:
    pytest.importorskip("lightning", reason="needs the extra train")
    served.kill()
    served.code = _SERVES
    served.start()
    page = open_page("a.png")
    page.click("#train")
    ui.shows(page, "#banner", re.compile("no frame is decided yet"))
    ui.click(page, *TRUTH["a.png"][0])
    ui.wait_for_points(page, 1)
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    page.click("#train")
    ui.shows(page, "#training-text", "runs/1: epoch 1 of 2; val F1 75.0, best 75.0")
    playwright.expect(page.locator("#train")).to_be_disabled()
    page.click("#stop")
    ui.shows(page, "#training-text", "runs/1: stopped")
    page.click("#export")
    ui.shows(page, "#exported", re.compile("1 frame with 1 target "))
    page.click("#train")
    ui.shows(page, "#training-text", "runs/2: epoch 1 of 2; val F1 75.0, best 75.0")
    page.reload()  # it goes on without the page
    ui.settled(page, "b.png")
    ui.shows(page, "#training-text", re.compile("runs/2: epoch 1 of 2"))
    (served.out / "runs" / "go on").write_text("")
    ui.shows(page, "#training-text", "runs/2: done; val F1 50.0, best 75.0")
    playwright.expect(page.locator("#model")).to_have_value("runs/2")
    playwright.expect(page.locator("#train")).to_be_enabled()
