"""The script that replays labelling sessions: whole, with a stand-in for its trainings."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("matplotlib", reason="needs the extra report")
pytest.importorskip("lightning", reason="needs the extra train")

from irpoint.datasets import load_dataset
from irpoint.label.store import Store
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.zoo import shipped_weights

WEIGHTS = shipped_weights("p2p-lite")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script with two milestones, whose trainings end at once with the shipped model."""
    path = Path(__file__).parents[2] / "experiments" / "label_curve.py"
    spec = importlib.util.spec_from_file_location("label_curve", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def trained(command: list[str], check: bool) -> None:
        assert check
        as_run(Path(command[command.index("--out") + 1]))
        module.started.append(command)

    module.started = []
    monkeypatch.setattr(module, "MILESTONES", (2, 4))
    monkeypatch.setattr(module.subprocess, "run", trained)
    return module


def as_run(run: Path) -> Path:
    run.mkdir(parents=True)
    for suffix, name in ((".onnx", "model.onnx"), (".json", "model.json")):
        shutil.copy(WEIGHTS.with_suffix(suffix), run / name)
    shutil.copy(WEIGHTS, run / "best.safetensors")
    return run


@pytest.mark.parametrize("order", ["name", "random", "ambiguity"])
def test_a_session_is_replayed_click_by_click(
    script: ModuleType, tmp_path: Path, order: str
) -> None:
    scene = SceneSettings.checked(
        width=320, height=256, scene="clear", targets=(1, 2), snr=(15, 20)
    )
    simulate_dataset(tmp_path / "pool", scene, frames=8, seed=0)
    frames = list(load_dataset(tmp_path / "pool", "all"))
    first = as_run(tmp_path / "first")
    images, out = frames[0].image.parent, tmp_path / "out"
    curve = script.replay(order, images, frames[:6], frames[6:], out, str(first))
    clicks = [at for at, _ in curve]
    assert clicks[0] == 0
    assert 2 <= clicks[1] <= 3
    assert 4 <= clicks[2] <= 5
    assert len({f1 for _, f1 in curve}) == 1  # the stand-in learns nothing
    assert curve[0][1] > 0.5
    assert [command[command.index("--init") + 1] for command in script.started] == [
        str(out / order / "runs" / "0" / "best.safetensors")
    ] * 2
    store = Store(out / order / "labels.sqlite")
    truth = {frame.image.name: frame.points.xy for frame in frames[:6]}
    assert sum(map(len, (truth[name] for name in store.states()))) == clicks[-1]
    for name in store.states():
        held = store.get(name)
        assert held is not None
        assert np.allclose([(p.x, p.y) for p in held.labels.points], truth[name], atol=1e-3)
    store.close()
    # Again: what was trained is not trained once more, what is clicked is the same.
    assert script.replay(order, images, frames[:6], frames[6:], out, str(first)) == curve
    assert len(script.started) == 2
