"""``irpoint bad-pixels``: mask, counts, warnings, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from irpoint.frames import read_frame
from support.sequences import frames_of, moving_sequence


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A TIFF of 60 frames, and where its bad pixels are."""
    sequence = moving_sequence(60, blinking_pixels=0.0, width=64, height=64, bits=14)
    path = tmp_path_factory.mktemp("stack") / "clip.tiff"
    tifffile.imwrite(path, np.stack(frames_of(sequence)), photometric="minisblack")
    return path, sequence.detector.bad


def test_the_mask_is_one_that_detect_takes(cli: Any, stack: Any, tmp_path: Path) -> None:
    path, bad = stack
    mask = tmp_path / "mask.png"
    code, out, err = cli("bad-pixels", path, "--out", mask)
    assert code == 0, err
    found = read_frame(mask, mask=True) > 0
    assert (found & bad).sum() >= 0.95 * bad.sum()
    assert not (found & ~bad).any()
    assert out.startswith(f"{found.sum()} bad pixels (")
    assert "in 60 frames: " in out
    assert " dead, " in out
    assert out.rstrip().endswith(str(mask))
    code, _, err = cli("detect", path, "--ignore-mask", mask, "--model", "top-hat")
    assert code == 0, err


def test_sources_that_do_not_fit_are_skipped_and_listed(
    cli: Any, stack: Any, tmp_path: Path
) -> None:
    path, _ = stack
    other, mask = tmp_path / "other.tiff", tmp_path / "mask.png"
    tifffile.imwrite(other, np.zeros((32, 32), np.uint16))
    code, out, err = cli("bad-pixels", path, other, tmp_path / "absent.tiff", "--out", mask)
    assert code == 1
    assert mask.exists()
    assert "in 60 frames" in out
    assert "other.tiff: 32x32 pixels, but the frames before have 64x64" in err
    assert "absent.tiff" in err


def test_frames_limits_and_cut_apply(cli: Any, stack: Any, tmp_path: Path) -> None:
    path, bad = stack
    mask = tmp_path / "mask.png"
    code, out, err = cli("bad-pixels", path, "--frames", 40, "--cut", "2,3", "--out", mask)
    assert code == 0
    assert "in 40 frames" in out
    assert "warning: 40 frames: pixels that are stuck" in err
    found = read_frame(mask, mask=True) > 0
    assert found.shape == (59, 64)
    assert (found & bad[2:-3]).sum() > 0.8 * bad[2:-3].sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--frames", 5), "5 usable frames: bad pixels need at least 30"),
        (("--out", "mask.jpg"), "--out mask.jpg: masks are PNG files"),
        (("--cut", "1"), "--cut"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    cli: Any, stack: Any, tmp_path: Path, options: tuple[Any, ...], message: str
) -> None:
    mask = tmp_path / "mask.png"
    code, _, err = cli("bad-pixels", stack[0], "--out", mask, *options)
    assert code == 1
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not mask.exists()
