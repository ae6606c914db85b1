"""Fixtures for tests of reports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets import Dataset
from irpoint.evaluation import evaluate_split, load_split, result
from irpoint.evaluation.result import frame_records
from irpoint.points import Points
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

THRESHOLD = 0.4


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of twelve simulated frames."""
    root = tmp_path_factory.mktemp("scenes")
    settings = SceneSettings.checked(width=96, height=80, targets=(0, 4), snr=(4, 20))
    simulate_dataset(root, settings, frames=12, seed=4)
    return root


def detections(dataset: Dataset, recall: float, seed: int) -> dict[Path, Points]:
    """Points near a share of the targets, false alarms, and a point below the threshold."""
    rng = np.random.default_rng(seed)
    found = {}
    for frame in dataset:
        rows = [(1.0, 1.0, 0.01)]
        for x, y in frame.points.xy:
            if rng.random() < recall:
                dx, dy = rng.normal(0, 0.7, 2)
                rows.append((x + dx, y + dy, rng.uniform(0.5, 1)))
        if rng.random() < 0.4:
            rows.append((70, 40, rng.uniform(0.3, 0.8)))
        table = np.array(rows, np.float32)
        found[frame.image] = Points(table[:, :2], table[:, 2])
    return found


@pytest.fixture(scope="session")
def shared_results(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Results of two models, as ``irpoint evaluate --json FILE --points`` writes them.

    Tests must not change the files.
    """
    folder, split = tmp_path_factory.mktemp("results"), load_split([scenes], "all")
    files = []
    for seed, (name, recall) in enumerate((("good", 0.95), ("poor", 0.6))):
        points = detections(split.datasets[0], recall, seed)
        content = result(evaluate_split(split, points, threshold=THRESHOLD), name)
        content |= frame_records(split, points)
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(content))
    return files


@pytest.fixture
def results(shared_results: list[Path], tmp_path: Path) -> list[Path]:
    """Copies of the results, which a test may change."""
    copies = [tmp_path / file.name for file in shared_results]
    for file, copy in zip(shared_results, copies, strict=True):
        copy.write_bytes(file.read_bytes())
    return copies
