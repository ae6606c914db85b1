"""Training on the page, in Chromium, with a stand-in for the process of a training."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from support import axe
from support import label_browser as ui

pytest.importorskip("lightning", reason="needs the extra train")
from playwright.sync_api import expect

from irpoint.label.training import Trainer
from irpoint.zoo import shipped_weights
from support.label_client import JSON
from support.label_scenes import TRUTH

pytestmark = pytest.mark.xdist_group("browser")

# Is at the first step until a file appears, then writes what a training leaves behind.
_TRAINING = """
import json, os, shutil, sys, threading, time
from pathlib import Path
def end_with_input():
    os.read(0, 1)
    os._exit(3)
threading.Thread(target=end_with_input, daemon=True).start()
folder, model = Path(sys.argv[1]), Path(sys.argv[2])
run = folder.with_suffix("")
clock = {"step": "final", "epoch": 1, "at": time.time(), "crop_s": 0.1, "fixed_s": 9}
(folder / "clock.json").write_text(json.dumps(clock))
while not (folder.parent / "continue").exists():
    time.sleep(0.02)
if (folder.parent / "continue").read_text():
    (folder / "error.txt").write_text((folder.parent / "continue").read_text())
    sys.exit(1)
figures = {"f1": 0.5, "found": 20, "missed": 20, "false": 20}
compared = {
    "verdict": "better", "sentence": "Better by 25 points (10 to 40).", "frames": 20, "targets": 40,
    "before": figures, "after": {"f1": 0.75, "found": 30, "missed": 10, "false": 10},
    "difference": 25, "low": 10, "high": 40,
}
advice = {"kinds": ["It finds 1 of 9 targets in far.mp4."], "frames": [["b.png", "1 missed"]]}
growth = {"sentence": "More labels are likely to pay."}
outcome = {"compared": compared, "advice": advice, "growth": growth}
(folder / "outcome.json").write_text(json.dumps(outcome))
run.mkdir()
for suffix in (".onnx", ".json"):
    shutil.copy(model.with_suffix(suffix), run / f"model{suffix}")
(folder / "done").write_text("")
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces the process of a training."""
    model = str(shipped_weights("p2p-lite"))
    monkeypatch.setattr(
        Trainer, "job", lambda _, folder: [sys.executable, "-c", _TRAINING, str(folder), model]
    )


def test_a_training_is_followed_stopped_resumed_judged_and_its_model_used_and_taken_back(
    open_page: Callable[..., Any], server: ui.PageServer, stand_in: None
) -> None:
    page = open_page("a.png")
    page.click("#train")
    assert "no frame is decided yet" in ui.banner(page)
    ui.click(page, *TRUTH["a.png"][0])
    ui.wait_for_points(page, 1)
    page.keyboard.press("Enter")
    ui.settled(page, "b.png")
    plan = page.locator("#training-plan")
    expect(plan).to_contain_text(
        re.compile(r"^Learns 1 frame with 1 target: about \d min, roughly")
    )
    expect(plan).to_contain_text("Label 14 more frames with targets.")
    page.click("#train")
    text = "training on all labels, epoch 1 of 20"
    expect(page.locator("#training-text")).to_have_text(
        re.compile(rf"runs/1: {text}; about \d min left")
    )
    expect(page.get_by_role("progressbar", name="Training")).to_have_attribute("value", "0.05")
    expect(page.locator("#train")).to_be_disabled()
    page.click("#stop")
    ui.shows(page, "#training-text", re.compile(f"^runs/1: stopped at {text}. It can be resumed"))

    server.stop()  # the state is in files alone
    server.start()
    page.reload()
    ui.settled(page, "b.png")
    page.click("#resume")
    ui.shows(page, "#training-text", re.compile(f"^runs/1: {text}"))
    continued = server.out / "runs" / "continue"
    continued.write_text("out of memory")
    ui.shows(page, "#training-text", "runs/1: out of memory")
    continued.unlink()
    page.click("#resume")
    ui.shows(page, "#training-text", re.compile(f"^runs/1: {text}"))
    page.reload()  # the training continues without the page
    ui.settled(page, "b.png")
    ui.shows(page, "#training-text", re.compile(f"^runs/1: {text}"))
    continued.write_text("")

    region = page.get_by_role("region", name="Comparison of the models")
    expect(region.get_by_role("status")).to_have_text("Better by 25 points (10 to 40).")
    expect(region.get_by_role("row", name=re.compile("^found"))).to_have_text(
        re.compile("20 of 40.*30 of 40")
    )
    expect(page.locator("#model")).to_have_value("")  # it asks first
    page.reload()
    ui.settled(page, "b.png")
    page.click("#use-new")
    expect(page.locator("#model")).to_have_value("runs/1")
    ui.shows(page, "#question-text", "runs/1 proposes points now.")
    page.click("#keep-old")
    expect(page.locator("#model")).to_have_value("")
    expect(page.locator("#use-new")).to_be_visible()

    expect(page.locator("#advice-text li")).to_have_text(
        ["It finds 1 of 9 targets in far.mp4.", "More labels are likely to pay."]
    )
    page.keyboard.press("n")
    ui.settled(page, "c.png")
    page.click("#worst summary")
    for theme in axe.THEMES:
        page.emulate_media(color_scheme=theme)
        assert axe.faults(page) == []
    page.click("text=b.png: 1 missed")
    ui.settled(page, "b.png")
    page.click("#label-uncertain")
    expect(page.locator("#order")).to_have_value("ambiguity")


def test_another_tab_sees_the_training_and_the_answer(
    open_page: Callable[..., Any], server: ui.PageServer, stand_in: None
) -> None:
    one = open_page("a.png")
    ui.click(one, *TRUTH["a.png"][0])
    one.keyboard.press("Enter")
    ui.settled(one, "b.png")
    two = open_page("c.png", one.context)
    (server.out / "runs").mkdir()
    (server.out / "runs" / "continue").write_text("")
    started = one.request.post(f"{server.address}api/training", headers=JSON, data={})
    assert started.ok
    two.click("#use-new")
    ui.shows(one, "#question-text", "runs/1 proposes points now.")
