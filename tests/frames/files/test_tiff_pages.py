"""The frames of a TIFF file: pages, samples, parts, and frames without a page."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile

from irpoint.errors import DatasetError, FrameError, FrameWarning
from irpoint.frames import frame_shape, open_source, read_frame
from irpoint.frames.source import Skipped
from irpoint.label.catalogue import Catalogue
from support.tiffs import tiff, with_tag

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (6, 9)).astype(np.uint8)
STACK = RNG.integers(0, 2**14, (5, 24, 32)).astype(np.uint16)
THUMBNAIL = STACK[0, ::4, ::4]


def frames_of(path: Path) -> list[np.ndarray]:
    """The frames that detection reads, and the labelling page in any order."""
    items = list(open_source(path).frames())
    assert not [item for item in items if isinstance(item, Skipped)]
    frames = [item.frame for item in items]
    catalogue = Catalogue(path.parent)
    assert len(catalogue) == len(frames)
    for number in (*range(len(frames))[::-1], 0):
        assert np.array_equal(catalogue.read(catalogue.entries[number]), frames[number])
    return frames


def check(path: Path, expected: np.ndarray) -> None:
    frames = frames_of(path)
    assert [frame.dtype for frame in frames] == [expected.dtype] * len(expected)
    assert np.array_equal(frames, expected)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("count", [2, 5])
def test_samples_of_a_grey_page_are_frames(
    tmp_path: Path, count: int, planar: str, options: dict[str, object]
) -> None:
    frames = STACK[:count]
    stored = np.moveaxis(frames, 0, -1) if planar == "contig" else frames
    extra = ["unspecified"] * (count - 1)
    path = tmp_path / "stack.tif"
    path.write_bytes(tiff(stored, planarconfig=planar, extrasamples=extra, **options))
    check(path, frames)
    with pytest.raises(FrameError, match=f"has {count} samples or planes; give one file per frame"):
        read_frame(path)


def test_samples_of_several_pages_are_frames(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "bands.tif") as writer:
        for pair in (STACK[:2], STACK[2:4]):
            writer.write(np.moveaxis(pair, 0, -1), planarconfig="contig", photometric="minisblack")
    check(tmp_path / "bands.tif", STACK[:4])


def test_more_than_four_samples_of_colour_are_refused(tmp_path: Path) -> None:
    stack = np.stack([GREY] * 5, axis=-1)
    path = tmp_path / "colour.tif"
    path.write_bytes(tiff(stack, photometric="rgb", extrasamples=["unspecified"] * 2))
    with pytest.raises(FrameError, match="has 5 samples per pixel, which may be frames or bands"):
        read_frame(path)
    (skipped,) = open_source(path).frames()
    assert isinstance(skipped, Skipped)


def test_planes_of_a_volume_are_frames(tmp_path: Path) -> None:
    path = tmp_path / "volume.tif"
    path.write_bytes(tiff(STACK[:4], volumetric=True, tile=(2, 16, 16)))
    check(path, STACK[:4])


@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha"])
def test_transparency_is_not_a_frame(tmp_path: Path, alpha: str) -> None:
    opaque = np.full_like(GREY, 255)
    for photometric, channels in (("minisblack", 1), ("rgb", 3)):
        for planar in ("contig", "separate"):
            axis = -1 if planar == "contig" else 0
            stored = np.stack((*[GREY] * channels, opaque), axis=axis)
            options = {"photometric": photometric, "extrasamples": [alpha]}
            data = tiff(stored, planarconfig=planar, **options)
            assert np.array_equal(read_frame(data), GREY)


def test_a_fourth_colour_sample_is_taken_for_transparency() -> None:
    stored = np.stack([GREY] * 4, axis=-1)
    data = tiff(stored, photometric="rgb", extrasamples=["unspecified"])
    assert np.array_equal(read_frame(data), GREY)


@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("kind", ["imagej", "tifffile"])
def test_frames_behind_the_only_page(tmp_path: Path, kind: str, byteorder: str) -> None:
    """ImageJ writes stacks of more than 4 GB this way."""
    path = tmp_path / "stack.tif"
    if kind == "imagej":
        hyperstack = STACK[:4].reshape(2, 2, 24, 32)
        big = ">" if byteorder == ">" else "<"
        stored = hyperstack.astype(f"{big}u2")
        tifffile.imwrite(path, stored, imagej=True, byteorder=big, metadata={"axes": "TZYX"})
        whole = path.read_bytes()
        with tifffile.TiffFile(path) as file:
            first = file.pages[0].offset
            size = file.tiff.tagnosize + len(file.pages[0].tags) * file.tiff.tagsize
        # Only the first page stays, as beyond 4 GB.
        path.write_bytes(whole[: first + size] + bytes(4) + whole[first + size + 4 :])
        with tifffile.TiffFile(path) as file:
            assert len(file.pages) == 1
        check(path, STACK[:4])
    else:
        options = {"truncate": True, "byteorder": byteorder, "metadata": {}}
        tifffile.imwrite(path, STACK, photometric="minisblack", **options)
        check(path, STACK)
    with pytest.raises(FrameError, match=r"has . pages; give one file per frame"):
        read_frame(path)


def test_frames_behind_the_only_page_that_are_missing_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack", truncate=True)
    path.write_bytes(path.read_bytes()[:-1])
    *frames, skipped = open_source(path).frames()
    assert len(frames) == 4
    assert "frames are missing" in skipped.reason


def test_ome_and_imagej_stacks_with_pages(tmp_path: Path) -> None:
    for name, options in (
        ("a.ome.tif", {"ome": True, "metadata": {"axes": "TYX"}}),
        ("b.tif", {"imagej": True, "metadata": {"axes": "TYX"}}),
        ("c.tif", {"bigtiff": True, "metadata": None}),
    ):
        folder = tmp_path / name[0]
        folder.mkdir()
        tifffile.imwrite(folder / name, STACK, photometric="minisblack", **options)
        check(folder / name, STACK)


def test_thumbnails_masks_and_pyramid_levels_are_left_out_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "pyramid.tif"
    with tifffile.TiffWriter(path) as writer:
        options = {"contiguous": False, "photometric": "minisblack"}
        for number, frame in enumerate(STACK):
            writer.write(frame, subifds=2, **options)
            writer.write(frame[::2, ::2], subfiletype=1, **options)
            writer.write(frame[::4, ::4], **options)  # does not say that it is reduced
            if number == 2:
                writer.write(THUMBNAIL, subfiletype=1, **options)
                writer.write(frame > 5, subfiletype=4, **options)
    with pytest.warns(FrameWarning, match=r"12 of its images .* \(32x24, 16x12, 8x6\)"):
        frames = list(open_source(path).frames())
    assert np.array_equal([item.frame for item in frames], STACK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(path, STACK)


def test_a_frame_that_belongs_to_its_thumbnail(tmp_path: Path) -> None:
    """So raw photographs (DNG) are stored."""
    path = tmp_path / "raw.tif"
    with tifffile.TiffWriter(path) as writer:
        options = {"photometric": "minisblack", "metadata": None}
        writer.write(THUMBNAIL, subifds=1, subfiletype=1, **options)
        writer.write(STACK[1], **options)
    with pytest.warns(FrameWarning, match="1 of its images are thumbnails"):
        assert np.array_equal(read_frame(path), STACK[1])
    with pytest.warns(FrameWarning):
        assert frame_shape(path) == STACK[1].shape


def test_a_file_of_a_reduced_image_only_is_read(tmp_path: Path) -> None:
    assert np.array_equal(read_frame(tiff(STACK[0], subfiletype=1)), STACK[0])


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "f4", "f8"])
def test_pixels_without_data_become_nan(dtype: str) -> None:
    frame = (STACK[0] % 100).astype(dtype)
    frame[:, :3] = 7
    read = read_frame(tiff(frame, extratags=[(42113, 2, 2, "7", True)]))
    expected = frame.astype(np.float64)
    expected[frame == 7] = np.nan
    assert read.dtype == (np.float32 if np.dtype(dtype).itemsize <= 2 or dtype == "f4" else float)
    assert np.array_equal(read, expected, equal_nan=True)


def test_a_mask_keeps_the_pixels_without_data() -> None:
    """A mask whose nodata value is 0 would have no pixel left."""
    mask = (STACK[0] > 9000).astype(np.uint8)
    for marked in (mask, np.zeros_like(mask)):
        data = tiff(marked, extratags=[(42113, 2, 2, "0", True)])
        assert np.array_equal(read_frame(data, mask=True), marked)


@pytest.mark.parametrize("value", ["-9999", "nan", "123456", "text", "1e400", ""])
def test_a_nodata_value_that_no_pixel_has_changes_nothing(value: str) -> None:
    tag = (42113, 2, len(value) + 1, value, True)
    read = read_frame(tiff(STACK[0], extratags=[tag]))
    assert read.dtype == np.uint16
    assert np.array_equal(read, STACK[0])


def test_a_nodata_value_of_float32_is_compared_as_such() -> None:
    frame = STACK[0].astype(np.float32)
    frame[2:4] = np.finfo(np.float32).min
    text = "-3.40282346638528859811704183484516925e+38"
    read = read_frame(tiff(frame, extratags=[(42113, 2, len(text) + 1, text, True)]))
    assert np.isnan(read[2:4]).all()
    assert np.array_equal(read[4:], frame[4:])


def test_an_orientation_tag_is_reported_and_not_applied() -> None:
    data = tiff(STACK[0], extratags=[(274, 3, 1, 6, True)])
    with pytest.warns(FrameWarning, match="orientation 6 is not applied"):
        assert np.array_equal(read_frame(data), STACK[0])


def test_a_damaged_header_and_a_circle_of_pages_are_errors(tmp_path: Path) -> None:
    """They would cost minutes."""
    data = bytearray(tiff(STACK[:2]))
    (first,) = struct.unpack_from("<I", data, 4)
    (tags,) = struct.unpack_from("<H", data, first)
    end = first + 2 + 12 * tags
    second = struct.unpack_from("<I", data, end)[0]
    (tags,) = struct.unpack_from("<H", data, second)
    struct.pack_into("<I", data, second + 2 + 12 * tags, first)
    (tmp_path / "circle.tif").write_bytes(data)
    (skipped,) = open_source(tmp_path / "circle.tif").frames()
    assert "pages refer to each other in a circle" in skipped.reason
    wide = with_tag(tiff(STACK[0]), 256, lambda *_: 2**16 - 1)
    wide = with_tag(wide, 257, lambda *_: 2**16 - 1)
    with pytest.raises(FrameError, match="65535x65535 is more than"):
        read_frame(wide)


def test_notes_about_a_stack_are_reported_once(tmp_path: Path) -> None:
    stream = io.BytesIO()
    tag = (274, 3, 1, 3, True)
    tifffile.imwrite(stream, STACK, photometric="minisblack", metadata=None, extratags=[tag])
    path = tmp_path / "stack.tif"
    path.write_bytes(stream.getvalue())
    with pytest.warns(FrameWarning) as said:
        assert len(list(open_source(path).frames())) == 5
    assert len([warning for warning in said if issubclass(warning.category, FrameWarning)]) == 1


@pytest.mark.parametrize("first", [0, 1])
def test_pages_that_refer_to_each_other_in_a_circle(tmp_path: Path, first: int) -> None:
    path = tmp_path / "circle.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in STACK[:3]:
            writer.write(frame, photometric="minisblack", metadata=None)
    with tifffile.TiffFile(path) as file:
        pages = [page for page in file.pages if isinstance(page, tifffile.TiffPage)]
        end = pages[-1].offset + 2 + 12 * len(pages[-1].tags)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, end, pages[first].offset)
    path.write_bytes(content)
    with pytest.raises(FrameError, match="its pages refer to each other in a circle"):
        read_frame(path)
    (skipped,) = open_source(path).frames()
    assert isinstance(skipped, Skipped)
    with pytest.raises(DatasetError, match="has no readable frame"):
        Catalogue(tmp_path)
