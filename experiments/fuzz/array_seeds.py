"""Valid files of arrays: NumPy, FITS, MAT and HDF5."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import numpy as np

from experiments.fuzz.frame_seeds import Pixels, frame
from experiments.fuzz.kind import Seed


def _stack(dtype: str = "uint16") -> Pixels:
    return np.stack([frame(dtype, seed) for seed in range(3)])


def npy() -> Iterator[Seed]:
    """One frame, colour, several frames."""
    for dtype in ("bool", "uint8", ">u2", "int32", "float16", "float32", "float64"):
        yield _npy(frame(dtype))
    yield _npy(np.asfortranarray(frame()))
    yield _npy(np.stack([frame()] * 3, axis=2))
    yield _npy(_stack())


def _npy(pixels: Pixels) -> Seed:
    stream = io.BytesIO()
    np.save(stream, pixels)
    return Seed.file("frame.npy", stream.getvalue())


def npz() -> Iterator[Seed]:
    """Archives of NumPy arrays."""
    for write in (np.savez, np.savez_compressed):
        for count in (1, 2):
            stream = io.BytesIO()
            write(stream, *(frame("uint16", seed) for seed in range(count)))
            yield Seed.file("frames.npz", stream.getvalue())


def fits() -> Iterator[Seed]:
    """Images and cubes, scaled, compressed and in a gzip file."""
    from astropy.io import fits as files

    for pixels in (frame("uint16"), frame("float32"), _stack("int16"), frame("uint8")):
        stream = io.BytesIO()
        files.PrimaryHDU(pixels).writeto(stream)
        yield Seed.file("frames.fits", stream.getvalue())
    yield Seed.file("frames.fits.gz", gzip.compress(stream.getvalue(), mtime=0))
    stream = io.BytesIO()
    parts = [files.PrimaryHDU(), files.CompImageHDU(frame("int16"))]
    files.HDUList(parts).writeto(stream)
    yield Seed.file("frames.fits", stream.getvalue())


def mat() -> Iterator[Seed]:
    """MAT files of version 4 and 5, plain and compressed."""
    from scipy.io import savemat

    frames = np.moveaxis(_stack(), 0, -1)
    for version, compressed in (("5", False), ("5", True), ("4", False)):
        stream = io.BytesIO()
        content = {"frames": frames if version == "5" else frame("uint16")}
        savemat(stream, content, format=version, do_compression=compressed)
        # Bytes 0..115 are a text with the date.
        written = stream.getvalue()
        text = b"MATLAB 5.0 MAT-file".ljust(116)
        yield Seed.file("frames.mat", text + written[116:] if version == "5" else written)


def hdf5() -> Iterator[Seed]:
    """Data sets in one piece, and in compressed pieces with checksums."""
    import h5py

    stack = _stack()
    for options in ({}, {"chunks": (1, 20, 24), "compression": "gzip", "shuffle": True},
                    {"chunks": (1, 20, 24), "fletcher32": True}):  # fmt: skip
        for version in ("earliest", "latest"):
            stream = io.BytesIO()
            with h5py.File(stream, "w", libver=version, track_order=True) as file:
                dataset = file.create_dataset(
                    "run/frames", data=stack, track_times=False, **options
                )
                dataset.attrs["unit"] = "counts"
            yield Seed.file("frames.h5", stream.getvalue())
