"""The pixels of a TIFF page: compressions, packed bits, empty tiles and wrong byte counts."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from irpoint.errors import FrameError, FrameWarning
from irpoint.frames import read_frame
from support.tiffs import tiff, with_tag

RNG = np.random.default_rng(5)
DEEP = RNG.integers(0, 4000, (64, 96)).astype(np.uint16)
SIGNED = RNG.integers(-128, 128, (64, 96)).astype(np.int8)
STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
FRAMES = {
    "u1": SIGNED.view(np.uint8),
    "i1": SIGNED,
    "u2": DEEP,
    "i2": DEEP.astype(np.int16) - 2000,
    "f4": DEEP.astype(np.float32) / 7,
}

pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")


@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("dtype", FRAMES)
@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "lzma", "packbits"])
def test_lossless_compressions(compression: str, dtype: str, predictor: bool) -> None:
    frame = FRAMES[dtype]
    read = read_frame(tiff(frame, compression=compression, predictor=predictor))
    assert read.dtype == frame.dtype
    assert np.array_equal(read, frame)


@pytest.mark.parametrize("dtype", FRAMES)
def test_lerc(dtype: str) -> None:
    assert np.array_equal(read_frame(tiff(FRAMES[dtype], compression="lerc")), FRAMES[dtype])


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_jpeg_in_tiff(dtype: str) -> None:
    """8 bits, and 12 bits as some cameras write them."""
    rows, columns = np.mgrid[:64, :96]
    smooth = (rows + columns).astype(dtype) * (1 if dtype == "u1" else 20)
    read = read_frame(tiff(smooth, compression="jpeg", compressionargs={"level": 98}))
    assert read.dtype == smooth.dtype
    assert np.abs(read.astype(int) - smooth).max() <= 0.01 * smooth.max()


def packed(values: np.ndarray, bits: int) -> bytes:
    """Rows of ``bits`` per pixel, the highest first, each row filled to whole bytes (TIFF 6)."""
    digits = values[..., None] >> np.arange(bits)[::-1] & 1
    rows = digits.reshape(len(values), -1).astype(np.uint8)
    return np.packbits(rows, axis=1).tobytes()


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_pixels(bits: int) -> None:
    frame = RNG.integers(0, 2**bits, (5, 7)).astype(np.uint16)
    data = tiff(frame, bitspersample=bits)
    assert packed(frame, bits) in data
    read = read_frame(data)
    assert read.dtype == np.uint16
    assert np.array_equal(read, frame)
    inverted = read_frame(tiff(frame, bitspersample=bits, photometric="miniswhite"))
    assert np.array_equal(inverted, 2**bits - 1 - frame)


def test_without_imagecodecs_a_frame_is_read_right_or_the_extra_is_named(tmp_path: Path) -> None:
    """Pillow's own type for signed 8-bit is unsigned, and it ignores some predictors."""
    for dtype in ("u1", "i1", "u2", "i2", "f4"):
        for predictor in (False, True):
            for compression in ("lzw", "packbits"):
                name = f"{compression}-{dtype}-{predictor}"
                options = {"compression": compression, "predictor": predictor}
                (tmp_path / f"{name}.tif").write_bytes(tiff(FRAMES[dtype], **options))
                np.save(tmp_path / f"{name}.npy", FRAMES[dtype])
    for name, options in {
        "lerc": {"compression": "lerc"},
        "zstd": {"compression": "zstd"},
        "packed": {"bitspersample": 14},
    }.items():
        (tmp_path / f"{name}.tif").write_bytes(tiff(DEEP, **options))
        np.save(tmp_path / f"{name}.npy", DEEP)
    program = """if True:
        import sys
        from importlib import util
        sys.modules["imagecodecs"] = None
        find = util.find_spec
        util.find_spec = lambda name, *rest: name != "imagecodecs" and find(name, *rest) or None
        from pathlib import Path
        import numpy as np
        from irpoint.errors import FrameError
        from irpoint.frames import read_frame
        for path in sorted(Path(sys.argv[1]).glob("*.tif")):
            right = np.load(path.with_suffix(".npy"))
            try:
                frame = read_frame(path)
            except FrameError as error:
                assert "need imagecodecs; run pip install 'irpoint[tiff]'" in str(error), error
                print("named", path.stem)
            else:
                good = frame.dtype == right.dtype and np.array_equal(frame, right)
                print("right" if good else "wrong", path.stem)
    """
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    outcome = dict(line.split()[::-1] for line in run.stdout.splitlines())
    assert "wrong" not in outcome.values()
    assert {"lerc", "packed", "packbits-f4-True"} <= {n for n, o in outcome.items() if o == "named"}
    assert {"lzw-i1-False", "lzw-i1-True", "lzw-u2-True"} <= {
        name for name, what in outcome.items() if what == "right"
    }


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd"])
@pytest.mark.parametrize("nodata", [None, "7"])
def test_empty_tiles(compression: str | None, nodata: str | None) -> None:
    """GDAL leaves out tiles without data: they have neither place nor bytes."""
    tags = [] if nodata is None else [(42113, 2, 2, nodata, True)]
    data = tiff(DEEP, compression=compression, tile=(32, 32), extratags=tags)
    for tag in (TILE_OFFSETS, TILE_COUNTS):
        data = with_tag(data, tag, lambda number, old: 0 if number == 4 else old)
    with pytest.warns(FrameWarning, match="1 of its 6 tiles or strips are empty"):
        read = read_frame(data)
    expected = DEEP.astype(np.float32)
    if nodata is None:
        assert read.dtype == np.uint16
    else:
        expected[expected == 7] = np.nan
    expected[32:64, 32:64] = 0 if nodata is None else np.nan
    assert np.array_equal(read, expected, equal_nan=True)


WRONG: dict[str, Callable[[int, int], int] | None] = {
    "half": lambda _, old: old // 2,
    "one less": lambda _, old: old - 1,
    "one more": lambda _, old: old + 1,
    "double": lambda _, old: old * 2,
    "much more": lambda *_: 60_000,
    "none": lambda *_: 0,
    "no tag": None,
}


@pytest.mark.parametrize("rows", [16, 64])
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("compression", [None, "zlib", "zstd"])
def test_wrong_byte_counts_are_corrected(compression: str | None, wrong: str, rows: int) -> None:
    data = tiff(DEEP, compression=compression, rowsperstrip=rows)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", FrameWarning)
        read = read_frame(with_tag(data, STRIP_COUNTS, WRONG[wrong]))
    assert np.array_equal(read, DEEP)
    assert {warning.message.kind for warning in said} <= {"byte-counts"}


@pytest.mark.parametrize("wrong", ["half", "one less", "none"])
@pytest.mark.parametrize("compression", ["lzw", "packbits"])
def test_too_few_bytes_of_a_compression_that_does_not_tell(compression: str, wrong: str) -> None:
    data = tiff(DEEP, compression=compression, rowsperstrip=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.array_equal(read_frame(with_tag(data, STRIP_COUNTS, WRONG[wrong])), DEEP)


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd", "packbits"])
def test_a_truncated_file_is_an_error(compression: str | None) -> None:
    data = tiff(DEEP, compression=compression, rowsperstrip=16)
    for end in (-1, -40, -len(data) // 3):
        with pytest.raises(FrameError, match=r"truncated|damaged"):
            read_frame(data[:end])
