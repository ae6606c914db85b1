"""The program behind the figures of the page about cameras."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="needs the extra report")

from experiments import camera


def test_the_table_and_the_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    camera.main(["--draws", "3000", "--picture", str(tmp_path / "axes.png")])
    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == len(camera.LENSES)
    for row in rows:
        error, *shares = map(float, re.findall(r"[\d.]+(?:e-\d+)?", row.rpartition("` |")[2]))
        assert error < 1e-6
        assert shares == pytest.approx([68.3, 95.4, 68.3, 95.4], abs=4)
    with Image.open(tmp_path / "axes.png") as picture:
        assert picture.width > 1000
