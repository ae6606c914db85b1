"""False-colour palettes of thermal cameras."""

from __future__ import annotations

import numpy as np

# Colours at equal distances from cold to hot.
_STOPS = {
    "ironbow": "000010 2b0082 8c0090 c03a60 e06a10 f7a800 ffe95a ffffff",
    "rainbow": "000080 0060ff 00e0c0 40ff40 f0f000 ff7000 d00000 ffffff",
    "hot": "000000 5a0000 b40000 ff1400 ff7800 ffd200 ffff80 ffffff",
    "arctic": "0000a0 0060d0 00c0ff 508098 808080 b09830 ffb000 ffe0a0",
    "green": "000000 003008 006012 00901c 20b03c 60c874 a0e0a8 e0ffe0",
}
PALETTES = tuple(_STOPS)


def coloured(frame: np.ndarray, palette: str) -> np.ndarray:
    """An 8-bit frame (H, W) in the colours of a palette, (H, W, 3) uint8."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in _STOPS[palette].split()])
    position = np.linspace(0, 255, len(stops))
    channels = [np.interp(frame, position, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
