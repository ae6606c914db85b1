"""The variants of the ablation, its table, and its errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import ablation
from experiments.ablation import REFERENCE, VARIANTS, Figures, markdown
from irpoint.errors import IrpointError
from irpoint.methods import METHODS, find_target_map
from irpoint.training.settings import TrainSettings


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_changes_the_settings_that_it_names(changes) -> None:
    ours = TrainSettings.model_validate({"data": ["x"]})
    settings = TrainSettings.model_validate({"data": ["x"], **changes})
    find_target_map(settings.target_map, METHODS[settings.method])
    differing = {k for k, v in settings.model_dump().items() if v != ours.model_dump()[k]}
    assert differing == set(changes)


def test_the_table_compares_runs_of_the_same_seed() -> None:
    table = {
        REFERENCE: [Figures(90.0, 0.5), Figures(94.0, 0.7)],
        "worse": [Figures(89.0, 1.0), Figures(92.0, 1.2)],
    }
    lines = markdown(table).splitlines()
    assert lines[2] == "| ours | 92.0 ± 2.8 |  | 0.60 |"
    assert lines[3] == "| worse | 90.5 ± 2.1 | -1.5 ± 0.7 | 1.10 |"
    assert "± –" in markdown({REFERENCE: table[REFERENCE][:1]})


def test_every_variant_is_trained_once_per_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[TrainSettings] = []

    def stand_in(settings: TrainSettings, run: Path, *, resume: bool) -> None:
        assert resume
        trained.append(settings)
        run.mkdir(parents=True)
        (run / "best.json").write_text('{"val_f1": 0.5, "val_error_px": 1.0}')

    monkeypatch.setattr(ablation, "fit", stand_in)
    monkeypatch.setattr(ablation, "published_decoder", lambda run, data: Figures(40.0, 2.0))
    table = ablation.ablate(tmp_path, tmp_path / "runs", epochs=4, seeds=2)
    assert {len(figures) for figures in table.values()} == {2}
    assert len(trained) == 2 * len(VARIANTS)
    assert len({repr(settings) for settings in trained}) == len(trained)


@pytest.mark.parametrize(
    ("out", "options", "message"),
    [
        ("runs", {}, "layout"),
        ("file", {}, "file: is a file; give a folder"),
        ("runs", {"epochs": 0}, "epochs 0, seeds 1: give 1 or more of both"),
        ("runs", {"seeds": 0}, "epochs 1, seeds 0: give 1 or more of both"),
    ],
)
def test_invalid_input_is_an_error_before_any_run(
    tmp_path: Path, out: str, options: dict[str, int], message: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IrpointError, match=message):
        ablation.ablate(tmp_path, tmp_path / out, **{"epochs": 1, "seeds": 1} | options)
    assert not (tmp_path / "runs").exists()
