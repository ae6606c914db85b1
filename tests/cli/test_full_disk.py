"""``irpoint detect`` on a disk that is really full, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from support.detection import one_error, png
from support.models import draw_blobs
from support.small_disk import small_disk


def test_a_detection_goes_on_where_the_disk_became_full(model: Path, tmp_path: Path) -> None:
    frames = tmp_path / "sky"
    frames.mkdir()
    for number in range(40):
        (frames / f"{number:02d}.png").write_bytes(png(draw_blobs([(30, 20 + number)])))

    def detect(out: Path, *options: object) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "detect", frames]
        call += ["--model", model, "--batch", "1", "--out", out, *options]
        return subprocess.run([*map(str, call)], capture_output=True, text=True, check=False)

    with small_disk(tmp_path / "disk", 2**17) as disk:
        out, lines = disk.path / "found", tmp_path / "disk" / "frames.jsonl"
        disk.fill(leave=16384)
        done = detect(out)
        assert done.returncode == 1
        assert "cannot be written (No space left on device); free some space" in one_error(
            done.stderr
        )
        disk.free()
        done = detect(out, "--emit", lines)
        assert done.returncode == 0, done.stderr
        assert "sources finished before" in " ".join(done.stderr.split())
        assert detect(tmp_path / "whole").returncode == 0
        assert (out / "points.csv").read_bytes() == (tmp_path / "whole/points.csv").read_bytes()
        records = [json.loads(line) for line in lines.read_text().splitlines()]
        assert 0 < len(records) < 40  # only the new ones
        assert records[-1]["source"].endswith("39.png")
