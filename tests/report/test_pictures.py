"""The pictures of a report: their total size, and what the cut-outs show."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.evaluation.records import FrameRecord
from irpoint.report import pictures
from irpoint.report.pictures import HALF, take_pictures


def frames(folder: Path, count: int, shape: tuple[int, int] = (96, 120)) -> list[FrameRecord]:
    """Frames of 14-bit noise, which compress badly."""
    records = []
    for k in range(count):
        image = folder / f"{k}.png"
        noise = np.random.default_rng(k).integers(0, 2**14, shape).astype(np.uint16)
        Image.fromarray(noise).save(image)
        records.append(
            FrameRecord(
                dataset="a", name=str(k), image=image, shape=shape, targets=(), predicted=()
            )
        )
    return records


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_more_loss_keeps_all_frames_below_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = frames(tmp_path, 20)
    free = take_pictures(records, [])
    assert "quality 90" in free.note
    limit = sum(len(uri or "") for uri in free.frames) * 3 // 8  # half, before base64
    monkeypatch.setattr(pictures, "FRAMES_BYTES", limit)
    small = take_pictures(records, [])
    assert "quality 90" not in small.note
    assert sum(len(uri or "") for uri in small.frames) * 3 / 4 <= limit
    assert opened(small.frames[0] or "").size == (120, 96)


def test_a_large_frame_is_shown_smaller(tmp_path: Path) -> None:
    found = take_pictures(frames(tmp_path, 1, (300, 2048)), [])
    assert opened(found.frames[0] or "").size == (1024, 150)
    assert "at most 1024 px" in found.note


def test_a_cut_out_is_exact_and_stretched(tmp_path: Path) -> None:
    (record,) = frames(tmp_path, 1)
    ramp = np.tile(np.arange(120, dtype=np.uint16) * 10 + 500, (96, 1))
    Image.fromarray(ramp).save(record.image)
    found = take_pictures([record], [(0, 60, 40), (0, 60, 40), (0, 0, 0), (0, 500, 40)])
    assert len(found.cuts) == 3
    side = 2 * HALF + 1
    middle = np.asarray(opened(found.cuts[0, 60, 40]))
    assert middle.shape == (side, side)
    expected = np.round(255 * np.arange(side) / (side - 1))
    assert np.abs(middle - expected).max() <= 1
    corner = np.asarray(opened(found.cuts[0, 0, 0]))
    assert not corner[:HALF].any()  # outside the frame
    assert corner[HALF:, HALF:].max() == 255
    assert not np.asarray(opened(found.cuts[0, 500, 40])).any()


def test_frames_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    records = frames(tmp_path, 2)
    records[0].image.unlink()
    found = take_pictures(records, [(0, 5, 5), (1, 5, 5)])
    assert (found.unread, found.frames[0]) == (1, None)
    assert list(found.cuts) == [(1, 5, 5)]
