"""The luminance of decoded video frames, as stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame

if TYPE_CHECKING:
    import av

# Formats that pack luma and colour into one plane: samples per group of pixels, and the positions
# of their luma. Source: libavutil/pixfmt.h of FFmpeg.
_PACKED: dict[str, tuple[int, tuple[int, ...]]] = {
    "yuyv422": (2, (0,)),
    "yvyu422": (2, (0,)),
    "uyvy422": (2, (1,)),
    "uyyvyy411": (6, (1, 2, 4, 5)),
    "y210": (2, (0,)),
    "y212": (2, (0,)),
    "y216": (2, (0,)),
    "vyu444": (3, (1,)),
    "ayuv": (4, (1,)),
    "uyva": (4, (1,)),
    "vuya": (4, (2,)),
    "vuyx": (4, (2,)),
    "ayuv64": (4, (1,)),
    "xv36": (4, (1,)),
    "xv48": (4, (1,)),
    "ya8": (2, (0,)),
    "ya16": (2, (0,)),
    "yaf16": (2, (0,)),
    "yaf32": (2, (0,)),
}
_IN_WORDS = {"xv30": 10, "v30x": 12}  # 10 bits of luma from this bit of a 32-bit word


def luminance(image: av.VideoFrame) -> Frame:
    """Luminance (H, W) of a video frame as stored, without a change of its range.

    8 bits give uint8, 9 to 16 bits uint16, float formats float32. Of RGB, equal channels give one
    of them; other colours are converted.

    Raises:
        FrameError: if FFmpeg cannot convert the pixel format.
    """
    kind = image.format
    plain = kind.name.removesuffix("le").removesuffix("be")
    if plain in _IN_WORDS:
        words = _samples(image, np.dtype(_order(kind) + "u4"), 1, (0,))
        return (words >> _IN_WORDS[plain] & 1023).astype(np.uint16)
    parts = kind.components
    alone = len(parts) == 1 and kind.name.startswith("gray")
    planar = kind.is_planar and not kind.is_rgb and parts[0].is_luma
    if not (alone or planar or plain in _PACKED):
        return _converted(image, max(part.bits for part in parts))
    size = 1 if parts[0].bits <= 8 else 2 if parts[0].bits <= 16 else 4
    floats = plain.endswith(("f16", "f32"))
    dtype = np.dtype(f"{_order(kind)}{'f' if floats else 'u'}{size}")
    pixels = _samples(image, dtype, *_PACKED.get(plain, (1, (0,))))
    return pixels.astype(np.float32) if floats else pixels


def _order(kind: Any) -> str:
    return ">" if kind.name.endswith("be") else "<"


def _samples(
    image: av.VideoFrame, dtype: np.dtype[Any], step: int, positions: tuple[int, ...]
) -> Frame:
    """The samples at ``positions`` of each group of ``step`` in the first plane."""
    plane = image.planes[0]
    across = plane.line_size // dtype.itemsize
    stored = np.frombuffer(memoryview(plane), dtype)[: across * image.height]
    rows = stored.reshape(-1, across)
    groups = -(-image.width // len(positions))
    pixels: Frame = rows[:, positions[0] : groups * step : step]
    if len(positions) > 1:
        each = [rows[:, first : groups * step : step] for first in positions]
        pixels = np.stack(each, axis=-1).reshape(image.height, -1)[:, : image.width]
    return pixels.astype(dtype.newbyteorder("="))  # a copy: PyAV reuses the memory


def _converted(image: av.VideoFrame, bits: int) -> Frame:
    """The luminance of RGB and palettes."""
    deep = bits > 8 and not image.format.name.startswith("pal")
    try:
        # FFmpeg's luminance of grey is off by up to 0.4 %.
        colours = image.reformat(format="rgb48le" if deep else "rgb24").to_ndarray()
        if (colours == colours[..., :1]).all():
            return np.ascontiguousarray(colours[..., 0])
        return luminance(image.reformat(format="gray16le" if deep else "gray"))
    except (OSError, ValueError) as error:  # av.error.FFmpegError is one of them
        raise FrameError(
            f"video pixel format {image.format.name} cannot be read ({one_line(error)}); "
            "convert the video to another one, such as gray16le"
        ) from error
