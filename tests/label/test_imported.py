"""Labels that came with the dataset: they are counted, shown as not reviewed, and confirmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")

from irpoint.datasets import load_dataset
from irpoint.label import LabelSession
from support.label_client import JSON, client_of, get_labels, point, put
from support.label_scenes import write_dataset

pytestmark = pytest.mark.xdist_group("browser")

ROWS = ["a.png,20,30", "a.png,50.5,12", "b.png,40,40", "c.png,,", "e.png,70,50"]  # none for d


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "set", ROWS)


def summaries(client: Any) -> dict[str, list[Any]]:
    """State, points, note and version of the frames, by the letter of their names."""
    found = client.get("/api/changes").json()
    assert (found["all"], found["unread"]) == (True, 0)
    return {name[len("images/")]: summary for name, summary in found["frames"].items()}


def test_labels_of_a_dataset_are_counted_until_they_are_reviewed(
    dataset: Path, tmp_path: Path
) -> None:
    session = LabelSession(dataset, tmp_path / "out")
    client = client_of(session)
    imported = {"a": 2, "b": 1, "c": 0, "e": 1}
    assert summaries(client) == {k: ["imported", n, False, 0] for k, n in imported.items()}
    written = client.post("/api/export", headers=JSON).json()
    assert (written["frames"], written["targets"], written["imported"]) == (4, 4, 4)
    points = get_labels(client, "images/a.png")["labels"]["points"]
    put(client, "images/a.png", state="done", points=points)
    put(client, "images/b.png", state="imported", points=[*points, point(5, 6)])  # not reviewed
    put(client, "images/e.png", state="unsure", note='a "note":""')
    now = summaries(client)
    assert now["a"] == ["done", 2, False, 1]
    assert now["b"] == ["imported", 3, False, 1]
    assert now["e"] == ["unsure", 0, True, 1]
    written = client.post("/api/export", headers=JSON).json()
    assert (written["frames"], written["targets"], written["imported"]) == (3, 5, 2)
    for _ in range(3):
        client.post("/api/undo", headers=JSON)
    assert {k: (s, n) for k, (s, n, *_) in summaries(client).items()} == {
        k: ("imported", n) for k, n in imported.items()
    }
    session.close()


def test_a_frame_whose_labels_are_damaged_is_open_and_says_why(
    dataset: Path, tmp_path: Path
) -> None:
    (dataset / "points.csv").unlink()
    (dataset / "masks").mkdir()
    for name in "abcd":
        (dataset / "masks" / f"{name}.png").write_bytes(b"not a mask")
    session = LabelSession(dataset, tmp_path / "out")
    client = client_of(session)
    assert summaries(client) == {k: ["open", 0, True, 0] for k in "abcde"}
    assert "no mask of this name" in get_labels(client, "images/e.png")["labels"]["note"]
    session.close()


def test_only_what_changed_is_reported(dataset: Path, tmp_path: Path) -> None:
    session = LabelSession(dataset, tmp_path / "out")
    client = client_of(session)
    session.summaries()
    mark = client.get("/api/changes").json()["mark"]
    put(client, "images/a.png", state="done")
    put(client, "images/d.png", state="empty")
    changed = client.get("/api/changes", params={"since": mark}).json()
    assert not changed["all"]
    assert changed["frames"] == {
        "images/a.png": ["done", 0, False, 1],
        "images/d.png": ["empty", 0, False, 1],
    }
    again = client.get("/api/changes", params={"since": changed["mark"]}).json()
    assert (again["mark"], again["frames"]) == (changed["mark"], {})
    session.close()
    session = LabelSession(dataset, tmp_path / "out")  # the server was restarted
    found = client_of(session).get("/api/changes", params={"since": mark}).json()
    assert found["all"]
    assert len(found["frames"]) == 5
    session.close()


def test_the_page_counts_and_confirms_imported_labels(
    open_in: Callable[..., Any], dataset: Path, tmp_path: Path
) -> None:
    pytest.importorskip("playwright.sync_api", reason="needs playwright")
    from support import label_browser as ui

    server = ui.PageServer(dataset, tmp_path / "out")
    server.start()
    try:
        page = open_in(server, "images/a.png")
        ui.shows(page, "#done", "0 of 5 decided, 4 imported, 4 targets")
        ui.shows(page, "#count", "2 points, imported")
        ui.shows(page, "[data-state=done]", "Confirm")
        page.keyboard.press("Enter")
        ui.settled(page, "images/b.png")
        ui.shows(page, "#done", "1 of 5 decided, 3 imported, 4 targets")
        page.goto("about:blank")
        page.goto(server.address)  # resumes at the first frame that was not reviewed
        ui.settled(page, "images/b.png")
        page.keyboard.press("Enter")
        ui.settled(page, "images/c.png")
        page.keyboard.press("Enter")  # confirms that there is no target
        ui.settled(page, "images/d.png")
        ui.shows(page, "#count", "0 points")
        ui.shows(page, "[data-state=done]", "Done")
        assert server.stored("images/c.png").state == "empty"
        page.click("#export")
        ui.shows(page, "#exported", ui.re.compile("4 frames with 4 targets .1 imported; "))
        page.keyboard.press("n")
        ui.settled(page, "images/e.png")
        page.keyboard.press("Enter")
        assert ui.banner(page) == "This is the last frame of the queue. Still left: 1 open."
        page.keyboard.press("p")
        ui.settled(page, "images/d.png")
        page.keyboard.press("e")
        assert ui.banner(page) == "All 5 frames are decided."
        ui.saved(page)
        ui.shows(page, "#done", "all 5 frames decided, 4 targets")
        page.keyboard.press("n")
        ui.settled(page, "images/e.png")
        page.keyboard.press("n")
        assert ui.banner(page) == "All 5 frames are decided."
    finally:
        server.stop()
    assert sum(len(frame.points) for frame in load_dataset(server.out / "dataset", "all")) == 4


def test_a_second_tab_follows_live(
    open_in: Callable[..., Any], dataset: Path, tmp_path: Path
) -> None:
    expect = pytest.importorskip("playwright.sync_api", reason="needs playwright").expect
    from support import label_browser as ui

    server = ui.PageServer(dataset, tmp_path / "out")
    server.start()
    try:
        first = open_in(server, "images/a.png")
        second = open_in(server, "images/a.png", first.context)
        elsewhere = open_in(server, "images/a.png")  # another browser
        first.select_option("#snap", "off")
        ui.click(first, 70, 30)
        for page in (second, elsewhere):
            ui.shows(page, "#count", "3 points, imported")
            ui.shows(page, "#done", "0 of 5 decided, 4 imported, 5 targets")
        first.keyboard.press("Enter")
        for page in (second, elsewhere):
            ui.shows(page, "#done", "1 of 5 decided, 3 imported, 5 targets")
            ui.shows(page, "#count", "3 points")
            assert page.get_attribute("[data-state=done]", "aria-pressed") == "true"
        first.keyboard.press("Control+z")
        ui.shows(second, "#count", "3 points, imported")
        ui.click(second, 70, 30, button="right")  # based on the newest labels: no conflict
        ui.shows(first, "#count", "2 points, imported")
        assert second.locator("#banner").is_hidden()
        with first.expect_response("**/api/model"):
            first.select_option("#model", "p2p-lite")
        expect(second.locator("#model")).to_have_value("p2p-lite")
    finally:
        server.stop()
