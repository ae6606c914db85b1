"""The frame browser of the labelling page: the list, its filters, and the limited queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from irpoint.label.labels import FrameLabels, Point
from support import label_browser as ui
from support.label_scenes import FRAMES, TRUTH

pytestmark = pytest.mark.xdist_group("browser")


def listed(page: Any, count: int, of: int = len(FRAMES)) -> list[str]:
    """Wait until the list has a number of frames, and return their file names."""
    ui.shows(page, "#matching", re.compile(f"^{count} of {of} frames" if count < of else str(of)))
    rows = page.locator("#frames [role=option]")
    expect(rows).to_have_count(count)
    return sorted_by_place(rows)


def sorted_by_place(rows: Any) -> list[str]:
    found = rows.evaluate_all(
        "rows => rows.map((row) => [Number(row.getAttribute('aria-posinset')), row.title])"
    )
    return [name for _, name in sorted(found)]


def store(server: ui.PageServer, name: str, **labels: Any) -> None:
    server.session.put(name, FrameLabels(**labels), 0, "somebody")


def test_the_list_opens_frames_by_key_and_by_click(open_page: Callable[..., Any]) -> None:
    page = open_page()
    assert page.locator("#browser").is_hidden()
    page.keyboard.press("b")
    expect(page.locator("#frames")).to_be_focused()
    assert listed(page, len(FRAMES)) == FRAMES
    assert page.locator("#frames [aria-selected=true]").get_attribute("title") == "a.png"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = page.locator("#frames .active")
    expect(active).to_have_attribute("title", "c.png")
    expect(page.locator("#frames")).to_have_attribute(
        "aria-activedescendant", active.get_attribute("id")
    )
    page.keyboard.press("Enter")
    ui.settled(page, "c.png")
    expect(page.locator("#view")).to_be_focused()
    page.keyboard.press("b")
    page.keyboard.press("End")
    page.keyboard.press("Space")
    ui.settled(page, "zz-damaged.png")
    expect(page.locator("#frames .picture.broken")).to_have_count(1)  # it cannot be shown
    page.click("#frames [title='b.png']")
    ui.settled(page, "b.png")
    assert page.locator("#frames [aria-selected=true]").get_attribute("title") == "b.png"
    expect(page.locator("#frames [title='b.png'] img")).to_have_js_property("naturalWidth", 96)
    ui.click(page, *TRUTH["b.png"][0])
    expect(page.locator("#frames [title='b.png'] circle")).to_have_count(1)
    page.keyboard.press("b")  # to the list
    page.keyboard.press("b")
    assert page.locator("#browser").is_hidden()
    expect(page.locator("#view")).to_be_focused()


def test_filters_combine_and_count(open_page: Callable[..., Any], server: ui.PageServer) -> None:
    store(server, "a.png", state="done", points=(Point(x=1, y=2),), note="haze")
    store(server, "b.png", state="unsure", note="ask")
    store(server, "c.png", state="empty")
    page = open_page("deep.tif")
    page.keyboard.press("b")
    ui.shows(page, "#frames [title='a.png']", "a.pngDone, 1 point, note")

    def counts() -> dict[str, str]:
        chips = page.locator("#filters [data-filter]").evaluate_all(
            "all => all.map((one) => [one.dataset.filter, one.querySelector('span').textContent])"
        )
        return {name: count for name, count in chips if count not in ("", "0")}

    assert counts() == {"open": "7", "done": "1", "empty": "1", "unsure": "1", "note": "2"}
    page.click("[data-filter=unsure]")
    assert listed(page, 1) == ["b.png"]
    page.click("[data-filter=done]")
    assert listed(page, 2) == ["a.png", "b.png"]
    page.keyboard.press("/")
    page.keyboard.type("A.P")
    assert listed(page, 1) == ["a.png"]
    assert counts() == {"done": "1", "note": "1"}
    page.keyboard.press("Enter")  # the first match
    ui.settled(page, "a.png")
    page.click("#clear")
    assert listed(page, len(FRAMES)) == FRAMES
    page.click("[data-filter=note]")
    page.click("[data-filter=open]")
    ui.shows(page, "#matching", "0 of 10 frames")
    page.click("[data-filter=open]")
    assert listed(page, 2) == ["a.png", "b.png"]
    server.session.put("b.png", FrameLabels(state="done"), 1, "somebody")  # without its note
    assert listed(page, 1) == ["a.png"]


def test_the_queue_can_be_limited_to_the_list(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    store(server, "b.png", state="done")
    page = open_page()
    page.keyboard.press("b")
    page.click("[data-filter=open]")
    assert "b.png" not in listed(page, 9)
    page.keyboard.press("n")
    ui.settled(page, "b.png")  # the filter alone leaves the queue as it is
    page.check("#follow")
    page.keyboard.press("p")
    ui.settled(page, "a.png")
    page.keyboard.press("Enter")
    ui.settled(page, "c.png")
    assert "a.png" not in listed(page, 8)
    ui.shows(page, "#browser-button", "Frames: 8")  # also visible while the panel is closed
    page.keyboard.press("p")  # back to a frame that does not match any more
    ui.settled(page, "b.png")
    page.keyboard.press("/")
    page.keyboard.type("c.png")
    listed(page, 1)
    page.keyboard.press("Enter")
    ui.settled(page, "c.png")
    page.keyboard.press("e")
    ui.shows(page, "#banner", "No other frame in the list is left. Still left: 7 open.")
    page.click("#clear")
    page.keyboard.press("n")
    ui.settled(page, "deep.tif")


def test_frames_that_disagree_with_the_model_are_listed_worst_first(
    open_page: Callable[..., Any], server: ui.PageServer
) -> None:
    store(server, "a.png", state="done", points=(Point(x=80, y=8),))
    store(server, "b.png", state="empty")
    points = tuple(Point(x=x, y=y) for x, y in TRUTH["deep.tif"])
    store(server, "deep.tif", state="done", points=points)
    page = open_page("c.png")
    page.keyboard.press("b")
    page.click("[data-filter=differs]")
    ui.shows(page, "#matching", re.compile("choose a model to compare with"))
    with page.expect_response("**/api/model"):
        page.select_option("#model", "p2p-lite")
    for name in ("a.png", "b.png", "deep.tif"):
        server.session.proposals(name)
    page.click("#clear")
    ui.shows(page, "[data-filter=differs] span", "2")  # counted before it is chosen
    page.click("[data-filter=differs]")
    page.check("#follow")
    expected, number = server.session.disagreements(server.session.proposer.threshold), 2
    assert list(expected[1]) == listed(page, number)
    for name, reason in {
        "a.png": r"1 proposal without a label \(\d\.\d\d\); 1 label without a proposal",
        "b.png": r"2 proposals without a label \(up to \d\.\d\d\)",
    }.items():
        ui.shows(page, f"#frames [title='{name}'] p", re.compile(f"^{reason}$"))
    first, second = expected[1]
    page.keyboard.press("n")
    ui.settled(page, first)
    ui.shows(page, "#reason", re.compile("without a label"))
    page.keyboard.press("n")
    ui.settled(page, second)
    page.keyboard.press("n")
    assert "No other frame in the list is left" in ui.banner(page)
    page.keyboard.press("u")
    listed(page, 1)


def test_a_list_of_ten_thousand_frames_has_few_rows(
    open_in: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "frames").mkdir()
    frames = np.random.default_rng(0).integers(0, 99, (10_000, 6, 8), np.uint8)
    np.save(tmp_path / "frames" / "clip.npy", frames)
    server = ui.PageServer(tmp_path / "frames", tmp_path / "out")
    server.start()
    try:
        page = open_in(server, "clip.npy#0")
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.keyboard.press("b")
        rows = page.locator("#frames [role=option]")
        expect(rows.first).to_be_visible()
        for key, name in {"End": "clip.npy#9999", "Home": "clip.npy#0"}.items():
            page.keyboard.press(key)
            expect(page.locator(f"#frames [title='{name}']")).to_be_in_viewport()
            assert rows.count() < 40
        page.locator("#frames").evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
        row = page.locator("#frames [title='clip.npy#5000']")
        expect(row).to_be_in_viewport()
        assert row.get_attribute("aria-setsize") == "10000"
        expect(row.locator("img")).to_have_js_property("naturalWidth", 8)
        pictures = [url for url in requests if "/api/thumbnail" in url]
        assert len(pictures) < 120
    finally:
        server.stop()
