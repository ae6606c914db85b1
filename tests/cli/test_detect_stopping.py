"""``irpoint detect`` that is stopped: by a signal, a full disk, or a closed pipe."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from irpoint import Detector
from irpoint.evaluation import read_predictions
from irpoint.pipeline.signals import Signals
from irpoint.sinks import PointsWriter
from support.detection import TRUTH, one_error
from support.models import draw_blobs


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_what_was_found_before_ctrl_c_is_written(
    detect, folder, tmp_path, monkeypatch, file_format
):
    batch = Detector.judge

    def interrupted(self, frames, **limits):
        if (frames[0] == draw_blobs(TRUTH["c"])).all():
            raise KeyboardInterrupt
        return batch(self, frames, **limits)

    monkeypatch.setattr(Detector, "judge", interrupted)
    out_dir = tmp_path / "out"
    code, _, err = detect(folder, "--batch", 1, "--out", out_dir, "--format", file_format)
    assert code == 130
    (path,) = out_dir.glob("points*")
    assert sum(map(len, read_predictions(path).values())) == 2
    assert "2 points in 1 of 2 frames" in " ".join(err.split())
    assert "stopped: run it again to resume" in " ".join(err.split())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_stop_the_writing(detect, folder, tmp_path, monkeypatch, ending):
    batch, close = Detector.judge, PointsWriter.close

    def ended(self, frames, **limits):
        if (frames[0] == draw_blobs(TRUTH["c"])).all():
            signal.raise_signal(ending)
        return batch(self, frames, **limits)

    def impatient(self):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        close(self)

    monkeypatch.setattr(Detector, "judge", ended)
    monkeypatch.setattr(PointsWriter, "close", impatient)
    # Whoever started the tests may have had it ignored, as nohup does.
    before = signal.signal(ending, signal.default_int_handler)
    try:
        code, _, err = detect(folder, "--batch", 1, "--out", tmp_path / "out")
        assert signal.getsignal(ending) == signal.default_int_handler
    finally:
        signal.signal(ending, before)
    assert code == 130
    assert "2 points in 1 of 2 frames" in " ".join(err.split())
    assert len((tmp_path / "out" / "points.csv").read_text().splitlines()) == 3


def test_signals_are_ignored_where_the_process_was_started_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals() as signals, signals.interruptible():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_that_comes_too_early_to_be_heard_is_not_lost():
    with Signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt), signals.interruptible():
            pass


def test_what_was_found_before_a_full_disk_is_written(detect, folder, tmp_path):
    out_dir = tmp_path / "out"
    out_dir.mkdir()
    (out_dir / "overlays").write_text("in the way")
    code, _, err = detect(folder, "--out", out_dir, "--overlay")
    assert code == 1
    assert "a.png: cannot be written" in one_error(err)
    assert len(read_predictions(out_dir / "points.csv")) == 1


def test_a_closed_pipe_is_no_error_message(folder, model):
    code = "import sys; from irpoint.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "detect", folder, "--model", model, "--batch", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
    # It ends because nobody listens, and not because of something else.
    assert process.returncode == 1
    assert said == ""


def test_a_signal_while_standard_input_is_silent_ends_as_any_other(model):
    code = "import sys; from irpoint.cli import main; main()"
    command = [sys.executable, "-c", code, "detect", "-", "--raw", "128x96:uint8"]
    with subprocess.Popen(
        [*command, "--model", str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(draw_blobs([(30, 40)]).tobytes())
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"source,frame,x,y,score,")
        source, frame, x, *_ = process.stdout.readline().split(b",")
        assert (source, frame, float(x)) == (b"-", b"0", pytest.approx(30, abs=0.3))
        process.terminate()
        assert process.wait(60) == 130
