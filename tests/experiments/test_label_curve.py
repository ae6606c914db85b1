"""A replayed labelling session, with a stand-in for its trainings."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("matplotlib", reason="needs the extra report")
pytest.importorskip("lightning", reason="needs the extra train")

from experiments import label_curve
from irpoint.datasets import load_dataset
from irpoint.label.store import Store
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

# Wide, strong targets, which the tiny model finds.
SCENE = SceneSettings.checked(
    width=128, height=96, scene="clear", targets=(1, 2), snr=(150, 150), psf_sigma=(2, 2)
)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> label_curve.Frames:
    """Six frames to label, and two to evaluate on."""
    root = tmp_path_factory.mktemp("pool")
    simulate_dataset(root, SCENE, frames=8, seed=0)
    dataset = list(load_dataset(root, "all"))
    return label_curve.Frames(root / "images", dataset[:6], dataset[6:])


@pytest.fixture
def make_run(write_model: Any) -> Any:
    """Make a folder as training leaves it, with the tiny model."""

    def make(folder: Path) -> Path:
        write_model(folder / "model.onnx")
        (folder / "best.safetensors").touch()
        return folder

    return make


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, make_run: Any) -> list[list[str]]:
    """The training commands of a replay with two milestones, none of which is run."""
    commands: list[list[str]] = []

    def run(command: list[str], check: bool) -> None:
        assert check
        make_run(Path(command[command.index("--out") + 1]))
        commands.append(command)

    monkeypatch.setattr(label_curve, "MILESTONES", (2, 4))
    monkeypatch.setattr(label_curve, "subprocess", SimpleNamespace(run=run))
    return commands


@pytest.mark.parametrize("order", label_curve.ORDERS)
def test_a_session_is_replayed_click_by_click(
    started: list[list[str]],
    frames: label_curve.Frames,
    make_run: Any,
    tmp_path: Path,
    order: Any,
) -> None:
    first, out = make_run(tmp_path / "first"), tmp_path / "out"
    curve = label_curve.replay(order, frames, out, str(first))
    clicks = [at for at, _ in curve]
    assert clicks[0] == 0
    assert 2 <= clicks[1] <= 3
    assert 4 <= clicks[2] <= 5
    assert [f1 for _, f1 in curve] == [curve[0][1]] * 3  # the stand-in learns nothing
    assert curve[0][1] > 0.5
    assert [command[command.index("--init") + 1] for command in started] == [
        str(out / "runs" / "0" / "best.safetensors")
    ] * 2
    store = Store(out / "labels.sqlite")
    truth = {frame.image.name: frame.points.xy for frame in frames.clicked}
    assert sum(len(truth[name]) for name in store.states()) == clicks[-1]
    for name in store.states():
        stored = store.get(name)
        assert stored is not None
        points = [(point.x, point.y) for point in stored.labels.points]
        assert np.allclose(points, truth[name], atol=1e-3)
    store.close()
    # A second call trains nothing again, and gives the same curve.
    assert label_curve.replay(order, frames, out, str(first)) == curve
    assert len(started) == 2


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    curves = {order: [(0, 0.5), (20, 0.8)] for order in label_curve.ORDERS}
    label_curve.draw(curves, "simulated frames", tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
