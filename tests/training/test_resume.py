"""A run that is killed and resumed ends bit-equal to one that is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from irpoint.errors import ModelError
from irpoint.training.history import METRICS, read_history
from irpoint.training.module import ResponseModule
from irpoint.training.resume import last_checkpoint
from irpoint.training.run import fit
from irpoint.training.run_folder import save_settings
from support.runs import short_run

# A process of its own group, so that the kill takes the worker of the loader along, as a power cut
# would. It kills itself in the middle of the third epoch.
_KILLED = """
import os, signal, sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[1])
from irpoint.methods import METHODS
from irpoint.training.module import ResponseModule
from irpoint.training.history import METRICS, read_history
from irpoint.training.run import fit
from irpoint.training.run_folder import saved_settings
from support.tiny_method import TINY
torch.set_num_threads(1)
METHODS["tiny"] = TINY
step = ResponseModule.training_step
def killed(module, batch, number):
    if module.current_epoch == 2 and number == 1:
        os.killpg(0, signal.SIGKILL)
    return step(module, batch, number)
ResponseModule.training_step = killed
fit(saved_settings(Path(sys.argv[2])), Path(sys.argv[3]))
"""


@pytest.mark.usefixtures("one_thread", "tiny_method")
def test_a_killed_and_resumed_run_ends_bit_equal(scenes: Path, tmp_path: Path) -> None:
    settings = short_run(scenes, workers=1)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    save_settings(tmp_path, settings)
    tests = str(Path(__file__).parents[1])
    process = subprocess.run(
        [sys.executable, "-c", _KILLED, tests, str(tmp_path), str(broken)],
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, text=True,
    )  # fmt: skip
    assert process.returncode == -signal.SIGKILL, process.stderr[-3000:]
    assert torch.load(broken / "last.ckpt", weights_only=True)["epoch"] == 1
    with (broken / METRICS).open("a") as rows:
        rows.write("2,6,0.5\n")  # as if it had been killed between history and checkpoint
    (broken / ".last.ckpt").write_bytes(b"part")
    for events in (broken / "logs" / "tensorboard").glob("events.out.tfevents.*"):
        # TensorBoard reads files by the second in their names, which is the same one on a fast
        # machine; a real run begins earlier.
        begun, rest = events.name.removeprefix("events.out.tfevents.").split(".", 1)
        events.rename(events.with_name(f"events.out.tfevents.{int(begun) - 1}.{rest}"))
    fit(settings, broken, resume=True)
    fit(settings, whole)
    assert_same_end(whole, broken)
    assert [row["epoch"] for row in read_history(broken, 9)] == [0, 1, 2, 3]
    assert [steps_of(run, "train_loss") for run in (whole, broken)] == [[2, 4, 6, 8]] * 2
    assert steps_of(broken, "val_f1") == [4, 8]
    assert not (broken / ".last.ckpt").exists()


@pytest.mark.usefixtures("one_thread", "tiny_method")
def test_a_run_resumes_bit_equal_across_a_change_of_stage(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second stage begins with epoch 2; runs stop before it, at its first step, and in it."""
    settings = short_run(
        scenes,
        ema_decay=0.5,
        stages=[{"share": 0.5}, {"share": 0.5, "crop": 48, "augment": {"offset": 3.0}}],
    )
    sides: list[tuple[int, int]] = []
    step, stop = ResponseModule.training_step, None

    def watched(module: ResponseModule, batch: Any, number: int) -> Any:
        if stop == (module.current_epoch, number):
            raise KeyboardInterrupt
        sides.append((module.current_epoch, batch[0].shape[-1]))
        return step(module, batch, number)

    monkeypatch.setattr(ResponseModule, "training_step", watched)
    fit(settings, tmp_path / "whole")
    assert sides == [(0, 32), (0, 32), (1, 32), (1, 32), (2, 48), (2, 48), (3, 48), (3, 48)]
    for stop in ((1, 1), (2, 0), (3, 1)):
        run = tmp_path / f"{stop[0]}"
        with pytest.raises(KeyboardInterrupt):
            fit(settings, run)
        epoch, stop, sides[:] = stop[0], None, []
        fit(settings, run, resume=True)
        assert sides == [(k, 32 if k < 2 else 48) for k in range(epoch, 4) for _ in range(2)]
        assert_same_end(tmp_path / "whole", run)


def assert_same_end(whole: Path, other: Path) -> None:
    """Two runs end with the same weights, mined errors and history, to the last bit."""
    ends = [torch.load(run / "last.ckpt", weights_only=True) for run in (whole, other)]
    assert ends[0]["epoch"] == ends[1]["epoch"] == 3
    for name, value in ends[0]["state_dict"].items():
        assert torch.equal(value, ends[1]["state_dict"][name]), name
    for mined in ("false_alarms", "missed"):
        assert torch.equal(ends[0][mined], ends[1][mined]), mined
    best = [load_file(run / "best.safetensors") for run in (whole, other)]
    assert all(torch.equal(value, best[1][name]) for name, value in best[0].items())
    assert (whole / "best.json").read_text() == (other / "best.json").read_text()
    assert (whole / METRICS).read_text() == (other / METRICS).read_text()


@pytest.mark.usefixtures("one_thread", "tiny_method")
def test_resuming_a_finished_run_changes_nothing(scenes: Path, tmp_path: Path) -> None:
    """The last epoch is validated after training here, and again when the run is resumed."""
    settings, saved = short_run(scenes, epochs=3), []
    fit(settings, tmp_path / "run", on_saved=saved.append)
    assert saved == [1, 2, 3]
    before = (tmp_path / "run" / METRICS).read_text()
    assert [("val_f1" in row) for row in read_history(tmp_path / "run", 9)] == [False, True, True]
    fit(settings, tmp_path / "run", resume=True, on_saved=saved.append)
    assert saved == [1, 2, 3, 3]
    assert (tmp_path / "run" / METRICS).read_text() == before
    assert steps_of(tmp_path / "run", "val_f1") == [4, 6]


def test_the_log_of_an_older_version_is_continued(tmp_path: Path) -> None:
    (tmp_path / METRICS).parent.mkdir(parents=True)
    (tmp_path / METRICS).write_text("epoch,step,train_loss,val_f1\n0,1,0.5,\n1,3,,0.7\n1,3,0.4,\n")
    assert read_history(tmp_path, 2) == [
        {"epoch": 0, "step": 1, "train_loss": 0.5},
        {"epoch": 1, "step": 3, "train_loss": 0.4, "val_f1": 0.7},
    ]
    assert read_history(tmp_path / "gone", 2) == []


def steps_of(run: Path, name: str) -> list[int]:
    """The steps of a figure that TensorBoard shows."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "logs" / "tensorboard"))
    events.Reload()
    return [event.step for event in events.Scalars(name)]


@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.7, 0.9])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, part: float) -> None:
    assert last_checkpoint(tmp_path) is None
    file = tmp_path / "last.ckpt"
    torch.save({"state_dict": {"w": torch.arange(500.0)}, "epoch": 3}, file)
    assert last_checkpoint(tmp_path) == file
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[int(part * len(whole))] ^= 1
    for content in (bytes(flipped), whole[: int(part * len(whole))]):
        file.write_bytes(content)
        message = r"last\.ckpt: .*: the run cannot resume; start another one, with --init"
        with pytest.raises(ModelError, match=message) as raised:
            last_checkpoint(tmp_path)
        assert "\n" not in str(raised.value)
