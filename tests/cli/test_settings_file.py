"""``--config``: options from a TOML file, overridden by the command line, and checked."""

from __future__ import annotations

import pytest

from support.detection import one_error, rows
from support.doc_pages import ROOT


@pytest.fixture
def settings(tmp_path):
    def write(text: str):
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_gives_options_and_sources(cli, model, folder, tmp_path, settings) -> None:
    out = tmp_path / "out"
    path = settings(
        f'sources = ["{folder}"]\nmodel = "{model}"\nout = "{out}"\nmeasure = false\n'
        '[detect]\nformat = "json"\nfalse-alarms-per-mpx = 1\n'
    )
    code, _, err = cli("detect", "--config", path)
    assert code == 0, err
    text = (out / "points.json").read_text()
    assert '"x"' in text
    assert '"x_std"' not in text


def test_the_command_line_overrides_the_file(cli, model, folder, settings) -> None:
    path = settings(
        'model = "absent"\nsources = ["absent"]\nmeasure = false\ntrack = true\n'
        'roi = "0,0,50,50"\n'
        f'[detect]\nmodel = "{model}"\nformat = "json"\n'
    )
    code, out, err = cli("detect", folder, "--config", path, "--no-track", "--format", "csv")
    assert code == 0, err
    assert {(row["source"][-5:], row["x"].split(".")[0]) for row in rows(out)} == {("a.png", "30")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("treshold = 0.5", "treshold is no option of irpoint detect; did you mean threshold?"),
        ("[detect]\nemits = ['-']", "emits is no option of irpoint detect; did you mean emit?"),
        ("[detetc]\nbatch = 1", "detetc is no option of irpoint detect; did you mean detect?"),
        ("no-measure = true", "did you mean measure?"),
        ("config = 'b.toml'", "config is no option"),
        ("fps = 25", "fps is an option of irpoint live; write it below [live]"),
        ("[live]\nfps = 25\n[detect]\nbatch = 0.5", "batch = 0.5: give a whole number"),
        ("batch = 'many'", "batch = 'many': give a whole number"),
        ("batch = true", "batch = True: give a whole number"),
        ("threshold = '0.5'", "threshold = '0.5': give a number"),
        ("track = 1", "track = 1: give true or false"),
        ("emit = '-'", "emit = '-': give a list"),
        ("emit = [1]", "emit = [1]: give a list"),
        ("roi = [0, 0, 9, 9]", "roi = [0, 0, 9, 9]: give text in quotes"),
        ("detect = 1", "detect is a command; write its options below [detect]"),
        ("batch = ", "is no TOML (Invalid value"),
        (f"batch = {'[' * 5000}", "is no TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(detect, folder, settings, text, reason) -> None:
    path = settings(text)
    code, _, err = detect(folder, "--config", path)
    assert code == 1
    line = one_error(err)
    assert f"{path}: " in line
    assert reason in line


def test_a_file_that_is_not_there(detect, folder, tmp_path) -> None:
    code, _, err = detect(folder, "--config", tmp_path / "absent.toml")
    assert code == 1
    assert "absent.toml: cannot be read (No such file" in one_error(err)


def test_the_sample_is_valid(cli, model, folder, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    sample = ROOT / "samples" / "detect.toml"
    code, _, err = cli("detect", folder, "--config", sample, "--model", model, "--no-overlay")
    assert code == 0, err
    assert (tmp_path / "found" / "points.csv").is_file()
