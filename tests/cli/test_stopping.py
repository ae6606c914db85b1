"""``irpoint train`` on Ctrl-C and SIGTERM: state saved, one line to resume, no traceback."""

from __future__ import annotations

import csv
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from irpoint.cli.stopping import resuming_command
from support.runs import small_scenes

# Runs the command once per moment, each in a forked child with a group of its own, as a terminal
# runs a command. At its moment, the child sends a signal to the whole group, and Ctrl-C at once
# with SIGTERM. Nothing has trained before the fork, so that PyTorch allows it.
_SCRIPT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import torch
from irpoint.cli import main
from irpoint.methods import METHODS
from irpoint.training import export_run, module, run
from support.tiny_method import TINY
torch.set_num_threads(1)
METHODS["tiny"] = TINY

def now(number):
    numbers = [signal.SIGINT, signal.SIGTERM] if number == 0 else [number]
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    for one in numbers:
        os.killpg(0, one)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)

def at(owner, name, number, epoch=None):
    real = getattr(owner, name)
    def stopped(*args, **options):
        if epoch is None or args[0].current_epoch == epoch:
            now(number)
        return real(*args, **options)
    setattr(owner, name, stopped)

MOMENTS = {
    "loading": lambda: at(run, "load_frames", signal.SIGINT),
    "step": lambda: at(module.ResponseModule, "training_step", 0, 1),
    "term": lambda: at(module.ResponseModule, "training_step", signal.SIGTERM, 1),
    "validation": lambda: at(module.ResponseModule, "validation_step", signal.SIGINT, 1),
    "export": lambda: at(export_run, "export_onnx", signal.SIGINT),
}
for moment, arrange in MOMENTS.items():
    child = os.fork()
    if not child:
        os.setsid()
        for number, end in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{moment}.{end}", os.O_WRONLY | os.O_CREAT), number)
        sys.argv = ["irpoint", *sys.argv[2:], "--out", f"it's {moment}"]
        arrange()
        main()
        os._exit(77)
    Path(f"{moment}.code").write_text(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
"""


class Stopped(NamedTuple):
    """The outcome of a command that was stopped."""

    code: int
    out: str
    lines: list[str]
    folder: Path


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stopped]:
    folder = tmp_path_factory.mktemp("stopped")
    small_scenes(folder / "my scenes")
    tests = str(Path(__file__).parents[1])
    options = [
        "train", "--data", "my scenes", "--method", "tiny", "--epochs", "3", "--scale", "native",
    ]  # fmt: skip
    settings = ["crops_per_epoch=16", "crop=32", "batch=8", "val_every=2", "workers=1"]
    options += [part for text in settings for part in ("--set", text)]
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, tests, *options],
        cwd=folder, check=False, capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    def outcome(moment: str) -> Stopped:
        code = int((folder / f"{moment}.code").read_text())
        lines = (folder / f"{moment}.err").read_text().splitlines()
        return Stopped(code, (folder / f"{moment}.out").read_text(), lines, folder)

    return outcome


@pytest.mark.parametrize(
    ("moment", "code", "state"),
    [
        ("loading", 130, "before an epoch was saved. Start again with: "),
        ("step", 130, "after epoch 1 of 3, which is saved. Resume with: "),
        ("term", 143, "after epoch 1 of 3, which is saved. Resume with: "),
        ("validation", 130, "after epoch 1 of 3, which is saved. Resume with: "),
        ("export", 130, "after the last epoch, before the model was exported. Resume with: "),
    ],
)
def test_a_signal_ends_the_run_with_the_command_that_resumes_it(
    stopped: Callable[[str], Stopped], moment: str, code: int, state: str
) -> None:
    found = stopped(moment)
    assert found.code == code
    (line,) = found.lines  # no traceback, of no process
    assert line.startswith(f"irpoint: stopped {state}irpoint train --data 'my scenes' ")
    assert line.endswith("--resume")
    assert "Traceback" not in found.out


@pytest.mark.usefixtures("one_thread", "tiny_method")
@pytest.mark.parametrize("moment", ["loading", "step", "export"])
def test_the_printed_command_resumes_the_run(
    stopped: Callable[[str], Stopped],
    moment: str,
    cli: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    graph: bytes,
) -> None:
    found = stopped(moment)
    monkeypatch.chdir(found.folder)
    monkeypatch.setattr("irpoint.training.export_run.export_onnx", lambda *_, **__: graph)
    command = shlex.split(found.lines[0].partition(" with: ")[2])
    code, out, err = cli(*command[1:])
    assert code == 0, err
    run = found.folder / f"it's {moment}"
    assert f"{run.name}/model.onnx: try it with" in out
    with (run / "logs" / "csv" / "metrics.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert all(row["train_loss"] for row in rows)
    assert [bool(row["val_f1"]) for row in rows] == [False, True, True]
    assert not [path for path in run.rglob("*") if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["irpoint", "train"], "irpoint train --resume"),
        (["irpoint", "train", "--resume", "--out", "x"], "irpoint train --resume --out x"),
        (["-c", "train", "--out", "a b"], "irpoint train --out 'a b' --resume"),
        (["/no/such/irpoint", "train"], "/no/such/irpoint train --resume"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows quotes in another way")
def test_the_command_that_resumes(arguments: list[str], command: str) -> None:
    assert resuming_command(arguments) == command
