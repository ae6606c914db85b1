"""The published decoders: what they do, and that they give the published points."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from irpoint import Detector
from irpoint.decoding.peaks import decode
from irpoint.decoding.published import PublishedRule, decode_published
from irpoint.errors import ModelError

RULE = PublishedRule(0.35, 0.65)


def blobs(*peaks: tuple[float, float, float], shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    rows, columns = np.indices(shape)
    response = np.zeros(shape, np.float32)
    for x, y, height in peaks:
        bell = height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)
        response = np.maximum(response, bell.astype(np.float32))
    return response


def test_moves_a_quarter_of_a_cell_towards_the_higher_neighbour() -> None:
    found = decode_published(blobs((20.1, 10.4, 1.0)), RULE)
    assert found.xy.tolist() == [[4 * 20.25, 4 * 10.25]]
    assert decode_published(blobs((20, 10, 1.0)), RULE).xy.tolist() == [[80, 40]]
    assert decode_published(blobs((0.0, 10.4, 1.0)), RULE).xy.tolist() == [[0, 40]]


def test_a_bright_target_hides_dim_ones() -> None:
    response = blobs((10, 10, 1.0), (40, 30, 0.6))
    assert len(decode_published(response, RULE)) == 1
    assert len(decode_published(response, PublishedRule(0.35, 0.0))) == 2
    assert len(decode(response, 0.35)) == 2


def test_there_are_eight_at_most_and_the_best_come_first() -> None:
    response = blobs(*((6.0 + 9 * (k % 6), 8.0 + 18 * (k // 6), 1 - 0.02 * k) for k in range(12)))
    found = decode_published(response, RULE)
    assert len(found) == 8
    assert (np.diff(found.score) < 0).all()


def test_empty_maps_have_no_points() -> None:
    assert len(decode_published(np.zeros((5, 5), np.float32), RULE)) == 0
    assert len(decode_published(np.zeros((0, 5), np.float32), RULE)) == 0


def test_gives_the_published_points_of_the_published_response(shared_reference: Path) -> None:
    with np.load(shared_reference / "spire_network_golden.npz") as golden:
        name, response = str(golden["image_id"]), golden["image_heatmap"][0, 0]
    stored = json.loads((shared_reference / "spire_val_predictions.json").read_text())["images"]
    (theirs,) = (
        np.array(entry["predictions"])
        for entry in stored
        if (entry["dataset"], entry["image"]) == ("IRSTD-1k", name)
    )
    found = decode_published(response, RULE)
    assert len(found) == len(theirs)
    gaps = np.linalg.norm(found.xy[:, None] - theirs[None, :, :2], axis=2)
    assert gaps.min(axis=0).max() < 0.01


def test_detector_takes_the_rule_of_its_card(write_model, model: Path, tmp_path: Path) -> None:
    rule = {"threshold": 0.2, "relative_gate": 0.8, "max_points": 8}
    published = write_model(tmp_path / "published.onnx", published_decoder=rule)
    assert Detector(published, published_decoder=True).threshold == 0.2
    assert Detector(published, published_decoder=True, threshold=0.9).threshold == 0.9
    with pytest.raises(ModelError, match=r"no published decoder on its card.* import the weights"):
        Detector(model, published_decoder=True)
