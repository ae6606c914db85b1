"""``irpoint train`` and ``irpoint import-weights``: which method they choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.methods import Method
from irpoint.training.settings import TrainSettings


@pytest.mark.parametrize(
    ("arguments", "method", "width"),
    [
        (("--init", "sshd"), "sshd", 8),
        (("--init", "sshd", "--set", "width=16"), "sshd", 16),
        (("--init", "p2p-lite"), "p2p-lite", None),
        (("--init", "p2p-lite", "--method", "spire"), "spire", None),
        (("--method", "sshd"), "sshd", None),
        ((), "glint", None),
    ],
)
def test_a_shipped_model_as_initial_weights_decides_the_network(
    cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments, method: str, width: int | None
) -> None:
    started: list[TrainSettings] = []

    def train(settings: TrainSettings, run: Path, **_: object) -> Path:
        started.append(settings)
        return run / "model.onnx"

    monkeypatch.setattr("irpoint.training.run.train", train)
    monkeypatch.chdir(tmp_path)
    code, out, err = cli("train", "--data", tmp_path, *arguments)
    assert code == 0, err
    assert (started[0].method, started[0].width) == (method, width)
    assert out.startswith(str(Path("runs") / method / "model.onnx"))


def test_a_recipe_gives_the_settings_that_no_option_gives(
    cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("yaml")
    started: list[tuple[TrainSettings, Path]] = []
    monkeypatch.setattr(
        "irpoint.training.run.train",
        lambda settings, run, **_: started.append((settings, run)) or run / "model.onnx",
    )
    file = tmp_path / "mine.yaml"
    file.write_text(
        "about: x\ndata: [a]\nsettings: {method: p2p-lite, epochs: 3, seed: 5, batch: 6, augment: "
        "{noise: 0.2, gain: 1.1}}\n"
    )
    monkeypatch.chdir(tmp_path)
    more = ("--seed", "9", "--set", "augment.gain=1.3", "--init", "spire")
    for arguments in ((), more):
        code, _, err = cli("train", "--recipe", file, "--data", tmp_path / "a", *arguments)
        assert code == 0, err
    (plain, run), (changed, _) = started
    assert run == Path("runs/mine")
    assert (plain.method, plain.epochs, plain.seed, plain.split) == ("p2p-lite", 3, 5, "train")
    assert (changed.method, changed.seed, changed.batch) == ("p2p-lite", 9, 6)
    assert (changed.augment.noise, changed.augment.gain) == (0.2, 1.3)
    assert "unknown; choose glint, p2p-lite" in cli("train", "--recipe", "x", "--data", tmp_path)[2]


def test_weights_are_imported_for_the_method_that_is_given(
    cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    imported: list[tuple[str, Path]] = []

    def stand_in(file: Path, out: Path, method: Method, side: int | None) -> Path:
        imported.append((method.name, out))
        return out / "model.onnx"

    monkeypatch.setattr("irpoint.training.import_weights.import_weights", stand_in)
    assert cli("import-weights", "x.pth")[0] == 0
    assert cli("import-weights", "x.pth", "--method", "sshd", "--out", tmp_path)[0] == 0
    assert imported == [("spire", Path("spire-published")), ("sshd", tmp_path)]
