"""``irpoint detect`` from the command line to the points."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import Detector
from irpoint.evaluation import read_predictions
from irpoint.pipeline import Skipped, detect_frames
from irpoint.pipeline.signals import Signals
from irpoint.points import FrameResult
from irpoint.sinks import PointsWriter
from support.models import draw_blobs, shipped_weights

SAMPLES = Path(__file__).parents[2] / "samples"
TRUTH = {"a": [(30.3, 20.7), (90.0, 60.5)], "b": [], "c": [(64.0, 48.0)]}


def png(frame: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three frames, of which one holds no target."""
    path = tmp_path / "sky"
    path.mkdir()
    for name, xy in TRUTH.items():
        (path / f"{name}.png").write_bytes(png(draw_blobs(xy)))
    return path


@pytest.fixture
def detect(cli, model):
    def run(*arguments: object):
        return cli("detect", "--model", model, *arguments)

    return run


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def one_error(err: str) -> str:
    """The only line of ``err``, which must be irpoint's own."""
    (line,) = err.splitlines()
    assert line.startswith("irpoint: error: ")
    return line


def test_csv_on_stdout_and_the_totals_on_stderr(detect, folder):
    code, out, err = detect(folder)
    assert code == 0
    assert out.splitlines()[0] == "source,frame,x,y,score"
    found = rows(out)
    assert [Path(row["source"]).name for row in found] == ["a.png", "a.png", "c.png"]
    assert {row["frame"] for row in found} == {"0"}
    nearest = min(found[:2], key=lambda row: float(row["x"]))
    assert float(nearest["x"]) == pytest.approx(30.3, abs=0.35)
    assert float(nearest["y"]) == pytest.approx(20.7, abs=0.35)
    assert err.startswith("irpoint: 3 points in 2 of 3 frames; ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_files_and_stdout_say_the_same(detect, folder, tmp_path, file_format):
    out_dir = tmp_path / "deep" / "out"
    code, out, _ = detect(folder, "--format", file_format)
    assert code == 0
    code, nothing, err = detect(folder, "--format", file_format, "--out", out_dir)
    assert (code, nothing) == (0, "")
    (path,) = (file for file in out_dir.iterdir() if file.name != "frames.csv")
    assert path.read_text() == out
    assert str(path) in err.replace("\n", "")
    points = read_predictions(path)
    assert sum(map(len, points.values())) == 3
    assert len(points) == (2 if file_format == "csv" else 3)


def test_overlays_lie_beside_the_points(detect, folder, tmp_path):
    out_dir = tmp_path / "out"
    code, _, err = detect(folder, "--out", out_dir, "--overlay")
    assert code == 0
    names = sorted(path.name for path in (out_dir / "overlays").iterdir())
    assert names == ["a.png", "b.png", "c.png"]
    assert "overlays in" in " ".join(err.split())
    # The first points, for the eye.
    assert "90.1" in err


def test_sources_of_one_stem_keep_their_pictures_apart(detect, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.png").write_bytes((folder / "c.png").read_bytes())
    out_dir = tmp_path / "out"
    assert detect(folder / "a.png", other, "--out", out_dir, "--overlay")[0] == 0
    assert len(list((out_dir / "overlays").iterdir())) == 2


def test_a_second_run_leaves_no_stale_overlays(detect, folder, tmp_path):
    out_dir = tmp_path / "out"
    pages = [Image.fromarray(draw_blobs([(20 + k, 40)])) for k in range(3)]
    pages[0].save(folder / "rec.tif", save_all=True, append_images=pages[1:])

    def overlays() -> list[str]:
        return sorted(path.name for path in (out_dir / "overlays").iterdir())

    assert detect(folder, "--out", out_dir, "--overlay")[0] == 0
    assert overlays() == ["a.png", "b.png", "c.png", "rec-0.png", "rec-1.png", "rec-2.png"]
    (out_dir / "overlays" / "report.png").write_bytes(png(draw_blobs([])))
    assert detect(folder / "gone.png", folder / "a.png", "--out", out_dir, "--overlay")[0] == 1
    assert overlays() == ["a.png", "report.png"]
    # A run that finds no frame leaves all as it is; one without overlays replaces the points.
    assert detect(folder / "gone.png", "--out", out_dir)[0] == 1
    assert overlays() == ["a.png", "report.png"]
    assert detect(folder / "b.png", "--out", out_dir)[0] == 0
    assert overlays() == ["report.png"]


def test_standard_input(detect, folder, monkeypatch):
    data = io.TextIOWrapper(io.BytesIO((folder / "c.png").read_bytes()))
    monkeypatch.setattr(sys, "stdin", data)
    code, out, _ = detect("-")
    assert code == 0
    assert [(row["source"], round(float(row["x"]))) for row in rows(out)] == [("-", 64)]


def test_bad_files_are_listed_and_the_rest_goes_on(detect, folder, tmp_path):
    whole = (folder / "a.png").read_bytes()
    (folder / "a1.png").write_bytes(b"")
    (folder / "a2.png").write_bytes(whole[: len(whole) // 2])
    (folder / "a3.png").write_text("a letter")
    code, out, err = detect(folder, "--batch", 2)
    assert code == 1
    assert [Path(row["source"]).name for row in rows(out)] == ["a.png", "a.png", "c.png"]
    lines = err.splitlines()
    assert [line.split(": ")[:2] for line in lines[:3]] == [["irpoint", "skipped"]] * 3
    for line, name in zip(lines, ("a1.png", "a2.png", "a3.png"), strict=False):
        assert name in line
    assert "3 points in 2 of 3 frames; 3 skipped" in lines[3]
    assert len(lines) == 4


def test_one_bad_file_alone_writes_nothing(detect, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG")
    code, out, err = detect(bad, "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    assert "bad.png" in err.splitlines()[0]
    assert "nothing written" in err.splitlines()[1]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_file_costs_the_others_nothing(detect, folder):
    code, out, err = detect(folder / "gone.png", folder / "c.png")
    assert code == 1
    assert len(rows(out)) == 1
    assert "gone.png: no such file" in err.splitlines()[0]


def test_frames_that_do_not_fit_the_mask_are_skipped(detect, folder, tmp_path):
    mask = np.zeros((96, 128), np.uint8)
    mask[15:26, 25:36] = 1
    (tmp_path / "mask.png").write_bytes(png(mask))
    (folder / "b2.png").write_bytes(png(draw_blobs([(20.0, 20.0)], (50, 60))))
    code, out, err = detect(folder, "--ignore-mask", tmp_path / "mask.png")
    assert code == 1
    assert [Path(row["source"]).name for row in rows(out)] == ["a.png", "c.png"]
    assert "b2.png: ignore mask is 128×96, the frame 60×50" in err


@pytest.mark.parametrize("setting", ["mask", "roi"])
def test_a_setting_that_fits_no_frame_is_one_line(detect, folder, tmp_path, monkeypatch, setting):
    def run(*_: object) -> None:
        raise AssertionError("the network ran")

    monkeypatch.setattr(Detector, "respond", run)
    (tmp_path / "mask.png").write_bytes(png(np.zeros((40, 30), np.uint8)))
    given, message = {
        "mask": (("--ignore-mask", tmp_path / "mask.png"), "mask is 30×40, the frame 128×96"),
        "roi": (("--roi", "128,0,200,90"), "is outside the frame of 128×96"),
    }[setting]
    out_dir = tmp_path / "out"
    for options in ((), ("--out", out_dir), ("--track",), ("--batch", 1)):
        code, out, err = detect(folder, *given, *options)
        assert code == 1
        line = one_error(err)
        assert str(folder / "a.png") in line
        assert message in line
        assert rows(out) == []
    assert list(out_dir.iterdir()) == []


def test_frames_of_one_source_that_do_not_fit_are_reported_once(detect, folder, tmp_path):
    (tmp_path / "mask.png").write_bytes(png(np.zeros((96, 128), np.uint8)))
    small = [Image.fromarray(draw_blobs([], (50, 60), seed=k)) for k in range(20)]
    small[0].save(folder / "b.tif", save_all=True, append_images=small[1:])
    code, out, err = detect(folder, "--ignore-mask", tmp_path / "mask.png")
    assert code == 1
    assert len(rows(out)) == 3
    assert sum("ignore mask is 128×96, the frame 60×50" in line for line in err.splitlines()) == 1
    assert "1 skipped" in " ".join(err.split())


def test_roi_and_thresholds_reach_the_detector(detect, folder):
    assert len(rows(detect(folder, "--roi", "80,0,127,95")[1])) == 1
    assert len(rows(detect(folder, "--threshold", 5)[1])) == 0
    many = rows(detect(folder, "--threshold", 0.06)[1])
    assert len(many) > 3
    assert len(rows(detect(folder, "--false-alarms-per-mpx", 1)[1])) == 3


def test_dark_targets_are_found_and_named(detect, tmp_path):
    frame = tmp_path / "black-hot.png"
    frame.write_bytes(png(255 - draw_blobs(TRUTH["a"])))
    code, out, err = detect(frame)
    assert (code, rows(out)) == (0, [])
    assert "to find targets darker than their surroundings, give --polarity dark" in err
    for polarity in ("dark", "both"):
        code, out, err = detect(frame, "--polarity", polarity)
        assert code == 0
        assert "--polarity" not in err
        assert [row["polarity"] for row in rows(out)] == ["dark", "dark"]
        assert float(rows(out)[0]["x"]) == pytest.approx(90.0, abs=0.5)
    code, _, err = detect(frame, "--polarity", "cold")
    assert (code, one_error(err)) == (
        1,
        "irpoint: error: polarity 'cold': give bright, dark or both",
    )


def test_another_scale_warns_in_one_line(detect, folder):
    code, out, err = detect(folder / "a.png", "--scale", "fit:256")
    assert code == 0
    assert len(rows(out)) == 2
    assert err.splitlines()[0].startswith("irpoint: warning: scale fit:256 instead of native")


WRONG = {
    "format": (["--format", "xml"], "format xml: choose one of csv, json, coco"),
    "overlay": (["--overlay"], "give --out DIR"),
    "batch": (["--batch", "0"], "--batch 0"),
    "threads": (["--threads", "-1"], "--threads -1"),
    "roi": (["--roi", "1,2,3"], "x0,y0,x1,y1"),
    "empty roi": (["--roi", "9,9,1,1"], "x0 < x1"),
    "mask": (["--ignore-mask", "gone.png"], "gone.png: no such file"),
    "threshold": (["--threshold", "0"], "must be positive"),
    "both": (["--threshold", "1", "--false-alarms-per-mpx", "1"], "not both"),
    "rate": (["--false-alarms-per-mpx", "3"], "no threshold for 3"),
    "scale": (["--scale", "double"], "'native' or 'fit:N'"),
    "model": (["--model", "nonsuch"], "nonsuch: no such model"),
    "source": (["gone.tif"], "gone.tif"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_options_are_one_line_and_write_nothing(detect, folder, tmp_path, name):
    arguments, message = WRONG[name]
    out_dir = [] if name == "overlay" else ["--out", tmp_path / "out"]
    sources = [] if name == "source" else [folder]
    code, out, err = detect(*sources, *arguments, *out_dir)
    assert (code, out) == (1, "")
    assert message in one_error(err)
    assert not (tmp_path / "out").exists()


def test_out_that_is_a_file_is_refused(detect, folder):
    code, out, err = detect(folder, "--out", folder / "a.png")
    assert (code, out) == (1, "")
    assert "is a file; give a folder" in one_error(err)


def test_labels_in_the_folder_are_refused_before_anything_is_done(detect, folder):
    (folder / "points.csv").write_text("image,x,y\na.png,1,2\n")
    code, out, err = detect(folder, "--out", folder)
    assert (code, out) == (1, "")
    assert "points.csv: contains labels; give another folder" in one_error(err)
    assert sorted(path.suffix for path in folder.iterdir()) == [".csv", ".png", ".png", ".png"]


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_what_was_found_before_ctrl_c_is_written(
    detect, folder, tmp_path, monkeypatch, file_format
):
    batch = Detector.judge

    def interrupted(self, frames, threshold=None):
        if (frames[0] == draw_blobs(TRUTH["c"])).all():
            raise KeyboardInterrupt
        return batch(self, frames, threshold)

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

    def ended(self, frames, threshold=None):
        if (frames[0] == draw_blobs(TRUTH["c"])).all():
            signal.raise_signal(ending)
        return batch(self, frames, threshold)

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
        assert process.stdout.readline() == b"source,frame,x,y,score\n"
        assert process.stdout.readline().startswith(b"-,0,30.")
        process.terminate()
        assert process.wait(60) == 130


def test_frames_in_hand_are_bounded_in_number_and_pixels(model, tmp_path, monkeypatch):
    sizes = []

    class Counting(Detector):
        def judge(self, frames, threshold=None):
            sizes.append([frame.shape for frame in frames])
            return super().judge(frames, threshold)

    monkeypatch.setattr("irpoint.pipeline.batches._BATCH_PIXELS", 3 * 64 * 64)
    shapes = [(64, 64)] * 4 + [(200, 200), (64, 64), (64, 64), (64, 64)]
    paths = []
    for number, shape in enumerate(shapes):
        paths.append(tmp_path / f"{number}.npy")
        np.save(paths[-1], draw_blobs([(30, 30)], shape))
    items = list(detect_frames(Counting(model, threads=1), paths, batch=2))
    assert [item.source for item in items] == [str(path) for path in paths]
    assert [len(item.points) for item in items] == [1] * len(shapes)
    assert [len(group) for group in sizes] == [2, 2, 1, 2, 1]


def test_a_frame_that_the_graph_refuses_costs_the_others_nothing(model, folder, monkeypatch):
    (folder / "b.png").write_bytes(png(draw_blobs([], (50, 60))))
    detector = Detector(model, backend="onnxruntime", threads=1)
    run = detector._network._session.run

    class Picky:
        def run(self, outputs, inputs):
            if inputs["frame"].shape[2] < 64:
                raise RuntimeError("Failed to allocate\nmemory")
            return run(outputs, inputs)

    monkeypatch.setattr(detector._network, "_session", Picky())
    items = list(detect_frames(detector, sorted(folder.iterdir())))
    assert [type(item) for item in items] == [FrameResult, Skipped, FrameResult]
    assert "b.png: model 'tiny' fails on 1 frame(s) of 60×52: Failed to allocate memory" in (
        items[1].reason
    )


@shipped_weights
def test_the_shipped_model_finds_the_targets_of_the_samples(cli, tmp_path):
    images = SAMPLES / "images"
    code, _, err = cli("detect", images, "--out", tmp_path, "--format", "json", "--overlay")
    assert code == 0
    assert f"of {len(list(images.iterdir()))} frames" in " ".join(err.split())
    assert len(list((tmp_path / "overlays").iterdir())) == len(list(images.iterdir()))
    code, out, _ = cli(
        "evaluate", "--data", SAMPLES, "--split", "all",
        "--predictions", tmp_path / "points.json", "--json", "-",
    )  # fmt: skip
    figures = json.loads(out)
    assert code == 0
    # Simulated frames, which no model is trained on: far above chance, and in the right place.
    assert figures["recall"] > 0.5
    assert figures["precision"] > 0.8
    assert figures["localisation_error_px"]["median"] < 1
    assert abs(figures["localisation_error_px"]["bias_x"]) < 0.5
    assert abs(figures["localisation_error_px"]["bias_y"]) < 0.5
