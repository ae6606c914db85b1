"""Calibration from footage to a model: the wanted rate, what is counted, and what is refused."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from irpoint import Detector
from irpoint.calibration import Calibrated, Rate, calibrate
from irpoint.errors import CalibrationError, SettingsError
from irpoint.evaluation.intervals import poisson_interval
from irpoint.frames.cut import Cut
from irpoint.runtime import Region
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.zoo import Footage, find_model
from support.footage import clutter_frame, write_footage
from support.models import draw_blobs

PIXELS = 96 * 128


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 60 frames, 0.74 Mpx."""
    return write_footage(tmp_path_factory.mktemp("footage") / "empty", 60)


def detector_of(model: Path, **settings: Any) -> Detector:
    """A detector that starts at once."""
    return Detector(model, backend="onnxruntime", threads=1, **settings)


def of(found: Calibrated) -> Footage:
    assert found.card.footage is not None
    return found.card.footage


def test_the_threshold_gives_the_wanted_rate_on_other_footage(
    model: Path, footage: Path, tmp_path: Path
) -> None:
    found = calibrate(footage, detector_of(model), tmp_path / "site", Rate(40))
    other = [clutter_frame(np.random.default_rng(1000 + k)) for k in range(100)]
    detector = detector_of(found.folder)
    points = sum(len(points) for points in detector.batch(other))
    low, high = of(found).interval_95_per_mpx
    assert low < 40 < high
    assert low < points / (100 * PIXELS / 1e6) < high
    # The threshold before gives another rate, which the card states too.
    before = sum(len(points) for points in detector_of(model).batch(other))
    assert before / (100 * PIXELS / 1e6) > high
    assert of(found).earlier_rate_per_mpx > high


def test_simulated_clouds_give_a_filter_the_wanted_rate(tmp_path: Path) -> None:
    scene = SceneSettings.checked(width=160, height=128, scene="clouds", targets=(0, 0))
    one, two = tmp_path / "one", tmp_path / "two"
    simulate_dataset(one, scene, frames=25, seed=1)
    simulate_dataset(two, scene, frames=25, seed=2)
    found = calibrate(one / "images", Detector("top-hat"), tmp_path / "site", Rate(1, "frame"))
    results = list(Detector(tmp_path / "site").stream(two / "images"))
    low, high = poisson_interval(sum(len(result.points) for result in results))
    assert found.card.is_filter
    assert low / 25 < of(found).interval_95[1]
    assert high / 25 > of(found).interval_95[0]
    assert of(found).rate == pytest.approx(1, abs=0.05)


def test_the_card_states_the_footage_and_the_settings(
    write_model: Any, footage: Path, tmp_path: Path
) -> None:
    model = write_model(metrics={"f1": 0.5})
    found = calibrate(footage, detector_of(model), tmp_path / "site", Rate(40))
    card = find_model(tmp_path / "site").card
    assert card == found.card
    assert (card.name, card.metrics, card.sha256) == (
        "site",
        {"f1": 0.5},
        Detector(model).card.sha256,
    )
    assert card.thresholds.default == Detector(tmp_path / "site").threshold
    assert "40 false alarms per million pixels on 60 target-free frames" in card.thresholds.chosen
    assert card.thresholds.false_alarms_per_mpx["40"] == card.thresholds.default
    assert card.thresholds.false_alarms_per_mpx["0.1"] is None
    stated = of(found)
    assert (stated.frames, stated.sources) == (60, (str(footage),))
    assert stated.megapixels == pytest.approx(60 * PIXELS / 1e6)
    assert stated.false_alarms == int(40 * stated.megapixels)
    assert stated.effective_events <= stated.events <= stated.false_alarms
    assert (stated.scale, stated.polarity, stated.roi) == ("native", "bright", None)
    lines = (tmp_path / "site" / "false_alarms.csv").read_text().splitlines()
    assert lines[0] == "source,frame,x,y,score,event"
    assert len(lines) == 1 + stated.false_alarms
    assert json.loads(model.with_suffix(".json").read_text())["name"] == "tiny"  # unchanged


def test_units_of_rates_agree(model: Path, footage: Path, tmp_path: Path) -> None:
    per_mpx = calibrate(footage, detector_of(model), tmp_path / "a", Rate(40))
    per_frame = calibrate(
        footage, detector_of(model), tmp_path / "b", Rate(40 * PIXELS / 1e6, "frame")
    )
    hourly = Rate(40 * PIXELS / 1e6 * 3600 * 25, "hour")
    per_hour = calibrate(footage, detector_of(model), tmp_path / "c", hourly, fps=25)
    thresholds = {found.card.thresholds.default for found in (per_mpx, per_frame, per_hour)}
    assert len(thresholds) == 1
    assert of(per_hour).rate == pytest.approx(of(per_frame).rate * 3600 * 25)
    with pytest.raises(SettingsError, match="give --fps, because the frames have no times"):
        calibrate(footage, detector_of(model), tmp_path / "d", hourly)


def test_only_pixels_of_the_region_are_searched(model: Path, footage: Path, tmp_path: Path) -> None:
    mask = np.zeros((96, 128), np.uint8)
    mask[:, 100:] = 255
    detector = detector_of(model, region=Region((0, 20, 127, 95), mask))
    found = calibrate(footage, detector, tmp_path / "site", Rate(40))
    assert of(found).megapixels == pytest.approx(60 * 76 * 100 / 1e6)
    assert of(found).roi == (0, 20, 127, 95)
    assert len(of(found).ignore_mask or "") == 64


def test_what_is_cut_off_is_not_searched(model: Path, footage: Path, tmp_path: Path) -> None:
    found = calibrate(footage, detector_of(model), tmp_path / "site", Rate(40), cut=Cut(16, 0))
    assert of(found).megapixels == pytest.approx(60 * 80 * 128 / 1e6)
    assert "16" in (of(found).cut or "")


def test_another_scale_and_polarity_are_those_of_the_new_model(model: Path, tmp_path: Path) -> None:
    dark = tmp_path / "dark"
    dark.mkdir()
    for k in range(60):
        frame = 255 - clutter_frame(np.random.default_rng(k))
        Image.fromarray(frame).save(dark / f"{k:03d}.png")
    with pytest.warns(match="scale fit:128 instead of native"):
        detector = detector_of(model, scale="fit:128", polarity="dark")
    found = calibrate(dark, detector, tmp_path / "site", Rate(40))
    assert found.card.input_scale == "fit:128"
    assert found.card.metrics == {}
    with pytest.warns(match="was calibrated with polarity dark"):
        Detector(tmp_path / "site")
    assert Detector(tmp_path / "site", polarity="dark").scale == "fit:128"


def test_too_little_footage_says_how_much_is_needed_and_is_resumed(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = write_footage(tmp_path / "empty", 6), tmp_path / "site"
    with pytest.raises(CalibrationError, match=r"too little footage for 40 .*about [\d,]+ frames"):
        calibrate(folder, detector_of(model), out, Rate(40))
    write_footage(folder, 60, seed=1)
    seen = []
    found = calibrate(
        folder, detector_of(model), out, Rate(40), watch=lambda item, *_: seen.append(item.source)
    )
    assert of(found).frames == 66
    assert len(seen) == 60  # the first six were not searched again
    assert [file.name for file in sorted(out.iterdir())] == [
        "false_alarms.csv", "model.json", "model.onnx"
    ]  # fmt: skip
    fresh = calibrate(folder, detector_of(model), tmp_path / "fresh", Rate(40))
    assert of(fresh) == of(found)


def test_force_writes_a_model_with_a_wide_interval(model: Path, tmp_path: Path) -> None:
    folder = write_footage(tmp_path / "empty", 6)
    found = calibrate(folder, detector_of(model), tmp_path / "site", Rate(40), force=True)
    low, high = of(found).interval_95
    assert high > 3 * low


def test_footage_without_any_candidate_gives_the_lowest_score(model: Path, tmp_path: Path) -> None:
    ramp = np.tile(np.arange(128, dtype=np.uint8), (96, 1))
    folder = tmp_path / "ramps"
    folder.mkdir()
    for k in range(30):
        Image.fromarray(ramp + np.uint8(k)).save(folder / f"{k:02d}.png")
    detector = detector_of(model, region=Region((30, 30, 97, 65)))  # away from the edges
    found = calibrate(folder, detector, tmp_path / "site", Rate(80))
    assert found.card.thresholds.default == of(found).lowest_score
    assert of(found).interval_95[0] == 0


def test_frames_that_show_nothing_are_counted_and_not_used(
    model: Path, footage: Path, tmp_path: Path
) -> None:
    blank = tmp_path / "blank"
    blank.mkdir()
    for k in range(3):
        Image.fromarray(np.full((96, 128), 80, np.uint8)).save(blank / f"{k}.png")
    found = calibrate([footage, blank], detector_of(model), tmp_path / "site", Rate(40))
    assert (of(found).frames, of(found).not_judged) == (60, {"blank": 3})
    with pytest.raises(CalibrationError, match="no frame can be searched: 3 show nothing"):
        calibrate(blank, detector_of(model), tmp_path / "other", Rate(40))


def test_a_steady_target_in_the_footage_is_reported(
    model: Path, footage: Path, tmp_path: Path
) -> None:
    moving = tmp_path / "moving"
    moving.mkdir()
    for k in range(12):
        Image.fromarray(draw_blobs([(15 + 4 * k, 40 + k)], seed=k)).save(moving / f"{k:02d}.png")
    with pytest.warns(
        match=r"may have targets: 1 point moves steadily.* at \(1[45]\.\d, 40\.\d\) in frame 0"
    ):
        found = calibrate([footage, moving], detector_of(model), tmp_path / "site", Rate(40))
    assert len(found.suspects) == 1


def test_a_used_folder_is_refused(model: Path, footage: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not empty; give a new or empty folder"):
        calibrate(footage, detector_of(model), tmp_path, Rate(40))
    with pytest.raises(SettingsError, match="not empty"):
        calibrate(footage, detector_of(model), model.parent, Rate(40))


def test_a_signal_stops_and_the_same_call_resumes(
    model: Path, footage: Path, tmp_path: Path
) -> None:
    seen: list[str] = []

    def watch(item: Any, *_: object) -> None:
        seen.append(item.source)
        if len(seen) == 20:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        calibrate(footage, detector_of(model), tmp_path / "site", Rate(40), watch=watch)
    found = calibrate(footage, detector_of(model), tmp_path / "site", Rate(40), watch=watch)
    assert of(found).frames == 60
    assert len(seen) < 75


def test_a_number_of_frames_ends_the_search(model: Path, footage: Path, tmp_path: Path) -> None:
    found = calibrate(footage, detector_of(model), tmp_path / "site", Rate(40), frames=45)
    assert of(found).frames == 45


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": 0}, "0 false alarms per million pixels: give a number above 0"),
        ({"value": float("inf")}, "give a number above 0"),
        ({"value": 1, "unit": "day"}, "rate per day: give one of mpx, frame, hour"),
    ],
)
def test_rates_that_mean_nothing_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Rate(**changes)
