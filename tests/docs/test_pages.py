"""The documentation is true of the code: commands parse, blocks compile, links lead somewhere."""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import runpy
import shutil

import pytest
import typer

from irpoint.cli import app
from irpoint.simulate import Artefacts, SceneSettings, SequenceSettings
from irpoint.training.settings import TrainSettings
from support.doc_pages import ROOT, anchors, blocks, command_lines, links, pages

COMMANDS = typer.main.get_command(app).commands
PYTHON = [block for block in blocks() if block.language == "python"]
MAKE_TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))


def check_command(words: list[str]) -> None:
    """Parse the words after ``irpoint`` as the command line does, without touching any file."""
    if words[0].startswith("--"):
        assert words[0] in ("--help", "--version", "--install-completion", "--show-completion")
        return
    assert words[0] in COMMANDS, f"no command {words[0]!r}"
    arguments = [word for word in words[1:] if word != "…"]
    context = COMMANDS[words[0]].make_context(words[0], arguments)
    check = check_simulated if words[0] == "simulate" else check_setting
    for setting in context.params.get("override") or ():
        check(setting.partition("=")[0])


def check_setting(name: str) -> None:
    """``name`` is a setting of training, or a part of one: ``augment.noise``."""
    outer, _, inner = name.partition(".")
    fields = TrainSettings.model_fields
    assert outer in fields, f"no setting {outer!r}"
    if outer == "augment":
        assert inner in fields["augment"].annotation.model_fields, f"no setting {name!r}"


def check_simulated(name: str) -> None:
    """``name`` is a camera artefact, such as ``artefacts.border``, or a setting of a sequence."""
    if name in SequenceSettings.model_fields:
        return
    group, _, setting = name.partition(".")
    assert group == "artefacts", f"no group {group!r}"
    assert setting in Artefacts.model_fields, f"no artefact {setting!r}"


def test_every_artefact_is_on_the_page_that_lists_them() -> None:
    page = (ROOT / "docs/simulate.md").read_text()
    assert [name for name in Artefacts.model_fields if f"`{name}`" not in page] == []


def test_every_setting_of_sequences_is_on_the_page_that_lists_them() -> None:
    page = (ROOT / "docs/simulate.md").read_text()
    own = SequenceSettings.model_fields.keys() - SceneSettings.model_fields.keys()
    assert [name for name in own if f"`{name}`" not in page] == []


def test_command_lines_of_the_pages_parse():
    wrong = []
    count = 0
    for page, words, whole in command_lines():
        if words[:1] != ["irpoint"] or len(words) < 2 or words[1].isupper():
            continue
        count += 1
        try:
            check_command(words[1:])
        except typer.Exit:  # --help
            continue
        except Exception as error:
            if not whole and str(error).startswith("Missing parameter"):
                continue  # an option named in a sentence
            wrong.append(f"{page.relative_to(ROOT)}: {' '.join(words)}: {error}")
    assert not wrong, "\n".join(wrong)
    assert count > 50


def test_make_targets_of_the_pages_exist():
    named = {
        word
        for _, words, _ in command_lines()
        if words[:1] == ["make"]
        for word in words[1:]
        if "=" not in word
    }
    assert named
    assert named <= MAKE_TARGETS


class _Parsed(Exception):
    """Raised instead of running a program whose arguments are valid."""


def test_programs_of_the_pages_take_their_arguments(monkeypatch, capsys):
    parse = argparse.ArgumentParser.parse_args

    def parse_only(parser, *arguments):
        parse(parser, *arguments)
        raise _Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    programs = {
        (page, *words[2:])
        for page, words, _ in command_lines()
        if words[:2] == ["python", "-m"] and words[2].startswith("experiments.")
    }
    assert programs
    for page, program, *arguments in sorted(programs):
        try:
            with pytest.raises(_Parsed):
                importlib.import_module(program).main(arguments)
        except SystemExit:
            pytest.fail(f"{page.name}: {program} {arguments}: {capsys.readouterr().err}")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page):
    for link in links(page):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{link}: no such file"
        if anchor and target.suffix == ".md" and not anchor.startswith("irpoint."):
            assert anchor in anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_python_blocks_compile(block):
    ast.parse(block.code)


@pytest.mark.parametrize(
    "block", [block for block in PYTHON if block.marked], ids=lambda block: block.name
)
def test_marked_python_blocks_run(block, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "block.py"
    program.write_text(block.code, encoding="utf-8")
    runpy.run_path(str(program))


def test_the_readme_is_short():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 900
