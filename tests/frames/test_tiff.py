"""Pages of a TIFF with several samples per pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from irpoint.errors import FrameError
from irpoint.frames import open_source, read_frame
from irpoint.frames.source import Skipped

GREY = np.random.default_rng(5).integers(0, 256, (6, 9)).astype(np.uint8)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("photometric", ["minisblack", "rgb"])
def test_frames_stored_as_samples_of_one_page_are_refused(
    tmp_path: Path, planar: str, photometric: str
) -> None:
    """Reading the first samples only would lose the other frames."""
    stack = np.stack([GREY] * 5, axis=-1 if planar == "contig" else 0)
    path = tmp_path / "stack.tif"
    extra = ["unspecified"] * (2 if photometric == "rgb" else 4)
    tifffile.imwrite(path, stack, photometric=photometric, planarconfig=planar, extrasamples=extra)
    with pytest.raises(FrameError, match="has 5 samples per pixel, which may be frames or bands"):
        read_frame(path)
    (skipped,) = open_source(path).frames()
    assert isinstance(skipped, Skipped)
    assert "5 samples per pixel" in skipped.reason


@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha"])
def test_transparency_is_not_a_frame(tmp_path: Path, alpha: str) -> None:
    opaque = np.full_like(GREY, 255)
    for photometric, channels in (("minisblack", 1), ("rgb", 3)):
        stored = np.stack((*[GREY] * channels, opaque), axis=-1)
        path = tmp_path / f"{photometric}.tif"
        tifffile.imwrite(path, stored, photometric=photometric, extrasamples=[alpha])
        assert np.array_equal(read_frame(path), GREY)


def test_a_fourth_colour_sample_is_taken_for_transparency(tmp_path: Path) -> None:
    stored = np.stack([GREY] * 4, axis=-1)
    path = tmp_path / "rgbx.tif"
    tifffile.imwrite(path, stored, photometric="rgb", extrasamples=["unspecified"])
    assert np.array_equal(read_frame(path), GREY)
