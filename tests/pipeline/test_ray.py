"""An archive through Ray Data: the files that the local engine writes, and none of them twice."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import Detector
from irpoint.errors import IrpointError
from irpoint.frames import open_source
from support.models import draw_blobs
from support.same_files import same_files

pytestmark = pytest.mark.xdist_group("ray")  # one worker starts the cluster

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="ray is not installed"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six frames, one of them large, a TIFF of two pages, and a damaged file."""
    folder = tmp_path / "sky"
    folder.mkdir()
    frames = [draw_blobs([(20.3 + 10 * k, 40.7)], seed=k) for k in range(8)]
    for k in range(5):
        Image.fromarray(frames[k]).save(folder / f"{k}.png")
    Image.fromarray(draw_blobs([(900, 300)], (600, 1200))).save(folder / "5.png")
    pages = [Image.fromarray(frame) for frame in frames[6:]]
    pages[0].save(folder / "6.tiff", save_all=True, append_images=pages[1:])
    whole = (folder / "1.png").read_bytes()
    (folder / "1b.png").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster for all tests here: it takes seconds to start."""
    import ray

    from irpoint.pipeline.ray import start_ray

    start_ray()
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


_KILLED = """
import os, signal
from irpoint.cli import main
from irpoint.sinks.journal import Journal
add = Journal.add
def deadly(self, found):
    add(self, found)
    if found.source.endswith("3.png"):
        os.kill(os.getpid(), signal.SIGKILL)
Journal.add = deadly
main()
"""


@needs_ray
def test_killed_and_run_again_gives_the_files_of_one_local_run(
    cli, write_model, folder: Path, tmp_path: Path, cluster: str
) -> None:
    """A real process that uses the cluster at RAY_ADDRESS, under SIGKILL in its work."""
    model, local, out = write_model(input_scale="fit:512"), tmp_path / "local", tmp_path / "ray"
    arguments = ["detect", str(folder), "--model", str(model), "--overlay", "--batch", "2"]
    cli(*arguments, "--out", local)
    arguments += ["--out", str(out), "--engine", "ray"]
    process = subprocess.run(
        [sys.executable, "-c", _KILLED, *arguments], capture_output=True, text=True, check=False,
        env=os.environ | {"RAY_ADDRESS": cluster},
    )  # fmt: skip
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert "[" not in process.stderr  # nothing of Ray's own log
    assert not (out / "points.csv").exists()
    code, _, err = cli(*arguments)
    assert code == 1
    assert "1b.png: damaged" in " ".join(err.split())
    assert "3 sources finished before" in " ".join(err.split())
    assert err.count("shrunk 2.3 times") == 1  # a warning of a worker
    same_files(local, out)


@needs_ray
@pytest.mark.usefixtures("cluster")
def test_settings_tracks_and_relative_names_are_the_same_with_ray(
    cli, model: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mask = np.zeros((96, 128), np.uint8)
    mask[:, 45:55] = 1
    Image.fromarray(mask).save(tmp_path / "mask.png")
    arguments = ["detect", "sky", "--model", model, "--format", "json", "--batch", 3, "--track"]
    # The mask is not of the large frame's size, which is an error of that frame alone.
    arguments += ["--roi", "25,0,1000,1000", "--ignore-mask", tmp_path / "mask.png"]
    arguments += ["--polarity", "both"]
    said = []
    for engine in ("local", "ray"):
        code, out, err = cli(*arguments, "--engine", engine)
        assert code == 1
        lines = [line for line in err.splitlines() if "skipped: " in line]
        said.append((out, lines))
    assert said[0] == said[1]
    assert [[name in line for name in ("1b.png", "5.png")] for line in said[1][1]] == [
        [True, False],
        [False, True],
    ]
    assert "2.png" in said[1][0]
    # A mask that does not fit the first frame either is one error.
    Image.fromarray(mask[1:]).save(tmp_path / "mask.png")
    code, out, err = cli(*arguments, "--engine", "ray")
    assert (code, json.loads(out)["frames"]) == (1, [])
    assert "0.png: ignore mask is 128×95, the frame 128×96" in " ".join(err.split())
    assert len(err.splitlines()) == 1


@needs_ray
@pytest.mark.usefixtures("cluster")
def test_a_worker_that_fails_is_one_line(model: Path, folder: Path) -> None:
    from irpoint.pipeline.ray import detect_on_ray

    detector = Detector(model)
    detector.settings["backend"] = "no\nsuch"
    with pytest.raises(IrpointError, match=r"a worker of ray failed: .*no\\nsuch") as caught:
        list(detect_on_ray(detector, [open_source(folder / "1.png")]))
    assert "\n" not in str(caught.value)


@needs_ray
def test_a_cluster_of_another_process_is_joined_only_if_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ray would join any that runs here, and its end would be the end of this process."""
    from irpoint.pipeline import ray as engine

    addresses = []
    monkeypatch.setattr(engine.ray, "init", lambda address, **_: addresses.append(address))
    for named in ("", "10.0.0.1:6379"):
        monkeypatch.setenv("RAY_ADDRESS", named)
        engine.start_ray()
    monkeypatch.delenv("RAY_ADDRESS")
    engine.start_ray()
    assert addresses == ["local", "10.0.0.1:6379", "local"]


def test_what_ray_cannot_do_is_one_line(
    cli, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.pipeline.engine.find_spec", lambda name: os)
    for arguments, wanted in (
        ((folder, "--engine", "dask"), "--engine dask: give local or ray"),
        (("-", "--engine", "ray"), "--engine ray: reads files only; use --engine local for -"),
        (("udp://127.0.0.1:9", "--engine", "ray"), "use --engine local for udp://127.0.0.1:9"),
    ):
        code, _, err = cli("detect", *arguments, "--model", model)
        assert code == 1
        (line,) = err.splitlines()
        assert wanted in line
    monkeypatch.setattr("irpoint.pipeline.engine.find_spec", lambda name: None)
    code, _, err = cli("detect", folder, "--model", model, "--engine", "ray")
    assert (code, err) == (
        1,
        "irpoint: error: --engine ray: Ray is not installed; run pip install 'irpoint[ray]'\n",
    )
