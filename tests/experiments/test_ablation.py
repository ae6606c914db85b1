"""The ablation's table, and that every variant is a valid setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import ablation
from experiments.ablation import REFERENCE, VARIANTS, Figures, markdown
from irpoint.methods import METHODS, find_target_map
from irpoint.training.settings import TrainSettings


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_variants_are_settings_that_differ_in_what_they_say(changes) -> None:
    ours = TrainSettings.model_validate({"data": ["x"]})
    settings = TrainSettings.model_validate({"data": ["x"], **changes})
    find_target_map(settings.target_map, METHODS[settings.method])
    differing = {k for k, v in settings.model_dump().items() if v != ours.model_dump()[k]}
    assert differing == set(changes)


def test_table_compares_seed_by_seed() -> None:
    table = {
        REFERENCE: [Figures(90.0, 0.5), Figures(94.0, 0.7)],
        "worse": [Figures(89.0, 1.0), Figures(92.0, 1.2)],
    }
    lines = markdown(table).splitlines()
    assert lines[2] == "| ours | 92.0 ± 2.8 |  | 0.60 |"
    assert lines[3] == "| worse | 90.5 ± 2.1 | -1.5 ± 0.7 | 1.10 |"
    assert "± –" in markdown({REFERENCE: table[REFERENCE][:1]})


def test_every_variant_is_trained_once_a_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[TrainSettings] = []

    def stand_in(settings: TrainSettings, run: Path, *, resume: bool) -> None:
        assert resume
        trained.append(settings)
        run.mkdir(parents=True)
        (run / "best.json").write_text('{"val_f1": 0.5, "val_error_px": 1.0}')

    monkeypatch.setattr(ablation, "fit", stand_in)
    monkeypatch.setattr(ablation, "_published_decoder", lambda run, data: Figures(40.0, 2.0))
    table = ablation.ablate(tmp_path, tmp_path / "runs", epochs=4, seeds=2)
    assert {len(figures) for figures in table.values()} == {2}
    assert len(trained) == 2 * len(VARIANTS)
    assert len({repr(settings) for settings in trained}) == len(trained)


@pytest.mark.parametrize(
    ("out", "more", "message"),
    [
        ("runs", [], "not a known dataset layout"),
        ("file", [], "file: is a file; give a folder"),
        ("runs", ["--epochs", "0"], "epochs 0, seeds 3: give 1 or more of both"),
        ("runs", ["--seeds", "0"], "epochs 8, seeds 0: give 1 or more of both"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    out: str,
    more: list[str],
    message: str,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("sys.argv", ["ablation", str(tmp_path), str(tmp_path / out), *more])
    with pytest.raises(SystemExit):
        ablation.main()
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "runs").exists()
