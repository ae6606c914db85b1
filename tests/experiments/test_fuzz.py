"""Damaged input gives results or one line; and the fuzz program notices if it does not."""

from __future__ import annotations

from pathlib import Path, PurePath

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("openvino", reason="needs the extra openvino")
pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("prometheus_client", reason="needs the extra serve")
pytest.importorskip("matplotlib", reason="needs the extra report")
pytest.importorskip("resource", reason="limits memory as Linux does")

from experiments.fuzz import main
from experiments.fuzz.cases import Case, seeds
from experiments.fuzz.command import fault_list, make_cases, table
from experiments.fuzz.damage import damage
from experiments.fuzz.kinds import KINDS
from experiments.fuzz.workers import Limits, run_cases
from irpoint.datasets.load import LAYOUTS
from irpoint.errors import SettingsError
from irpoint.frames.formats import FORMATS

ALL = tuple(KINDS)


def test_300_damaged_inputs_give_results_or_one_line(tmp_path: Path) -> None:
    outcomes = list(run_cases(make_cases(300, seed=0, kinds=ALL), Limits(), jobs=1))
    faults = [(case, outcome) for case, outcome in outcomes if not outcome.good]
    assert not faults, fault_list(faults, tmp_path)
    assert len(outcomes) == 300


@pytest.mark.parametrize(
    ("kind", "what", "why"),
    [
        ("crash", "crash", "SIGABRT"),
        ("hang", "hang", "over 1 s"),
        ("allocate", "memory", "Unable to allocate 1.00 GiB"),
        ("print_an_error", "standard error", "libnoise: damaged"),
        ("raise_an_error", "exception", "KeyError"),
    ],
)
def test_faults_are_noticed(kind: str, what: str, why: str, tmp_path: Path) -> None:
    from support.fuzz_kinds import FailingCase

    cases = [FailingCase(kind, number) for number in range(2)]
    outcomes = list(run_cases(cases, Limits(seconds=1.0, mebibytes=300), jobs=1))
    assert [outcome.what for _, outcome in outcomes] == [what, what]
    assert all(why in outcome.why for _, outcome in outcomes)
    printed = fault_list(outcomes, tmp_path)
    assert f"--seed 0 --case {kind}:0 {kind}:1" in printed
    assert (tmp_path / f"{kind}-0" / "valid").read_bytes() != b"valid"
    assert "| all | 2 | 0 | 0 | 2 |" in table(outcomes)


def test_a_case_is_always_the_same(tmp_path: Path) -> None:
    def contents(folder: Path) -> dict[Path, bytes]:
        for number in range(5):
            Case("yolo", number, seed=3).write(folder / str(number))
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder): path.read_bytes() for path in files}

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("name", ["a.png", "a.json", "a.csv", "a.txt"])
def test_most_damage_cuts_or_flips(name: str) -> None:
    content = {
        "a.json": b'{"x": [1, 2, {"y": null}]}',
        "a.csv": b"a,b\n1,2\n",
        "a.txt": b"0 1 2\n",
        "a.png": next(iter(KINDS["png"].seeds())).files["frame.png"],
    }[name]
    ways = []
    for number in range(200):
        way, damaged = damage(content, name, np.random.default_rng(number))
        assert len(damaged) < len(content) or way != "cut"
        ways.append(way.partition(",")[0])
    assert 60 < ways.count("cut") < 100
    assert 60 < ways.count("flip") < 100


def test_the_command_repeats_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--case", "yolo:4", "raw:1", "--seed", "1"])
    out = capsys.readouterr().out
    assert out.startswith("yolo:4: ")
    assert "| all | 2 | " in out
    with pytest.raises(SettingsError, match="kind nosuch: choose from png"):
        main(["--kind", "nosuch"])


def test_every_kind_has_input() -> None:
    assert not [name for name in ALL if not seeds(name)]


def test_every_layout_and_every_format_of_frames_is_covered() -> None:
    assert set(LAYOUTS) <= set(ALL)
    opened = {PurePath(seed.opened).suffix for name in ALL for seed in seeds(name)}
    assert not [row.title for row in FORMATS if not opened & set(row.suffixes)]
