"""Radiometric JPEG: a picture for people, and the raw data of the thermal camera beside it.

The picture is 8-bit, scaled, often coloured, and larger than the detector. So the raw data is the
frame if it can be read, and a note says so if it cannot.
"""

from __future__ import annotations

from typing import NamedTuple

from irpoint.frames.flir import FFF, RawThermal, find_fff, find_raw
from irpoint.frames.jpeg import Segment
from irpoint.frames.notes import Note

_EXPORT = "export the raw frames with the maker's software, as 16-bit TIFF or headerless for --raw"


class Maker(NamedTuple):
    """A maker of cameras whose raw data is not read.

    Attributes:
        name: name of the maker.
        words: lower-case words, one of which is in the EXIF field Make.
        signatures: bytes, of which one is near the start of a part of the private data.
        export: how to get frames that can be read.
        segment: number of the application segments that hold the raw data, if that is known.
    """

    name: str
    words: tuple[str, ...]
    signatures: tuple[bytes, ...] = ()
    export: str = _EXPORT
    segment: int | None = None


# Signatures: the tables of JPEG tags in the documentation of ExifTool, and public parsers.
MAKERS = (
    Maker(
        "DJI",
        ("dji",),
        (b"\xaa\x55\x12\x06", b"\xaa\x55\x38\0", b"DTAT\0"),
        "convert it with the DJI Thermal SDK (dji_irp -s FILE -a measure --measurefmt float32 -o "
        "FILE.raw) and give --raw with the size of the picture, such as 640x512:float32",
        segment=3,
    ),
    Maker("InfiRay", ("infiray", "iray", "thermal master", "xtherm", "topdon"), (b"IJPEG\0",)),
    Maker("HIKMICRO", ("hikmicro", "hikvision"), (b"HDRI", b"HIPT")),
    Maker("Guide", ("guide", "guidir")),
    Maker("Testo", ("testo",)),
    Maker("Fluke", ("fluke",)),
    Maker("Seek Thermal", ("seek",)),
    Maker("Optris", ("optris",)),
    Maker("Autel", ("autel",)),
    Maker("Yuneec", ("yuneec",)),
    Maker("UNI-T", ("uni-t", "uni-trend")),
    Maker("Bosch", ("bosch",)),
    Maker("InfraTec", ("infratec", "jenoptik")),
    Maker("Avio", ("avio",)),
    Maker("FLIR", ("flir", "teledyne"), (b"FLIR\0",)),
)
_NEAR_START = 64

# Segments that hold metadata, a colour profile or a preview, by their first bytes.
_METADATA = (
    b"Exif\0", b"http://ns.adobe.com/", b"ICC_PROFILE", b"FPXR", b"MPF\0", b"urn:", b"JFIF",
    b"JFXX", b"Photoshop", b"Adobe", b"Ducky", b"JP", b"SCALADO", b"Meta", b"META", b"Stim",
    b"_JPSJPS_", b"DJI-DBG", b"HUAWEI", b"PENTAX", b"\x1aQualcomm", b"GoPro", b"AROT", b"UNICODE",
    b"SPIFF", b"RMETA", b"[picture info]", b"Media Jukebox", b"HDR_RI", b"SEAL", b"\xff\xd8\xff",
)  # fmt: skip
# Makers of telephones and cameras that write private data, but have no thermal detectors.
_OTHER_CAMERAS = (
    "apple", "samsung", "google", "huawei", "honor", "xiaomi", "oppo", "vivo", "oneplus",
    "motorola", "canon", "nikon", "sony", "panasonic", "olympus", "fujifilm", "ricoh", "pentax",
    "leica", "gopro",
)  # fmt: skip
_NAMED_BYTES = 1024  # private data of a known maker of thermal cameras
_UNKNOWN_BYTES = 2 * 80 * 60  # of another one: 16 bits per pixel of the smallest detectors


def find_raw_thermal(segments: list[Segment]) -> RawThermal | None:
    """The raw frame in the segments of a JPEG; None if there is none that can be read.

    Raises:
        FrameError: if the raw data is damaged.
    """
    for fff in find_fff(segments):
        if fff.startswith(FFF) and (raw := find_raw(fff)) is not None:
            return raw
    return None


def unread_raw_data(segments: list[Segment], trailer: bytes, make: str) -> Note | None:
    """A note about raw data that is in a JPEG but cannot be read; None if there seems to be none.

    Args:
        segments: the application segments.
        trailer: the bytes after the picture.
        make: maker of the camera, from the EXIF data.
    """
    if any(word in make.lower() for word in _OTHER_CAMERAS):
        return None
    parts = [part for part in segments if not part.content.startswith(_METADATA)]
    private = [part.content for part in parts]
    private += [trailer] * (not trailer.startswith(_METADATA))
    maker = _find_maker(private, make)
    if maker is not None and maker.segment is not None:
        private = [part.content for part in parts if part.number == maker.segment]
    size = sum(map(len, private))
    if size < (_UNKNOWN_BYTES if maker is None else _NAMED_BYTES):
        return None
    name = maker.name if maker else make or "an unknown maker"
    export = maker.export if maker else _EXPORT
    return Note(
        "unread-raw-data",
        f"holds {size} bytes of private data of {name}, probably the raw thermal frame, which "
        f"cannot be read; its 8-bit picture is used instead; {export}",
    )


def _find_maker(private: list[bytes], make: str) -> Maker | None:
    words = make.lower()
    for maker in MAKERS:
        if any(word in words for word in maker.words):
            return maker
    heads = [part[:_NEAR_START] for part in private]
    for maker in MAKERS:
        if any(signature in head for signature in maker.signatures for head in heads):
            return maker
    return None
