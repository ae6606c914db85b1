"""The input of the benchmark: simulated 16-bit frames, as PNG files or as a video."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import SettingsError
from irpoint.simulate import SceneSettings, scene_rng, simulate_scene

_PNG_FRAMES = 4
_CLIP_SCENES = 6  # repeated in a clip, because simulating a frame takes longer than detection
_MAX_SIDE = 1024  # of a simulated scene; larger frames are tiled with it
_FRAMES_PER_SECOND = 25


def parse_size(size: str) -> tuple[int, int]:
    """(width, height) from ``"512"`` or ``"3840x2160"``.

    Raises:
        SettingsError: if it is neither, or a side is not within 16..8192 pixels.
    """
    parts = size.lower().split("x")
    sides = [int(part) if part.isascii() and part.isdigit() else 0 for part in parts]
    if len(sides) not in (1, 2) or not all(16 <= side <= 8192 for side in sides):
        raise SettingsError(
            f"size {size}: give one side, such as 512, or WxH, such as 3840x2160; "
            "each side from 16 to 8192 pixels"
        )
    return sides[0], sides[-1]


def simulated_pngs(width: int, height: int) -> list[bytes]:
    """PNG files of simulated frames: four; one if the frame is larger than a simulated scene.

    A large frame is tiled with one scene, so that simulation needs less memory than detection.
    """
    settings = SceneSettings.checked(
        width=min(width, _MAX_SIDE), height=min(height, _MAX_SIDE), bits=16
    )
    tiles = -(-height // settings.height), -(-width // settings.width)
    count = _PNG_FRAMES if tiles == (1, 1) else 1
    scenes = (simulate_scene(settings, scene_rng(0, index)).frame for index in range(count))
    return [_png(np.tile(scene, tiles)[:height, :width]) for scene in scenes]


def write_simulated_clip(path: Path, size: tuple[int, int], frames: int) -> Path:
    """Write an uncompressed 16-bit video (MOV), as thermal cameras record it.

    Args:
        path: file to write.
        size: (width, height) in pixels.
        frames: number of frames; six scenes are repeated.

    Returns:
        ``path``.
    """
    import av

    settings = SceneSettings.checked(width=size[0], height=size[1], bits=16)
    scenes = [simulate_scene(settings, scene_rng(0, index)).frame for index in range(_CLIP_SCENES)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=Fraction(_FRAMES_PER_SECOND))
        stream.width, stream.height, stream.pix_fmt = *size, "gray16be"
        stream.codec_context.codec_tag = "b16g"  # declares 16-bit pixels
        for index in range(frames):
            picture = av.VideoFrame.from_ndarray(scenes[index % _CLIP_SCENES], "gray16le")
            container.mux(stream.encode(picture.reformat(format="gray16be")))
        container.mux(stream.encode(None))
    return path


def _png(frame: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()
