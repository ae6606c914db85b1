"""Simulated scenes for several test files."""

from __future__ import annotations

from irpoint.simulate import SceneSettings

# Wide, strong targets, which the tiny model of support.models finds.
WIDE_TARGETS = SceneSettings(
    width=512, height=512, scene="clear", targets=(4, 4), snr=(150, 150), psf_sigma=(2, 2),
    min_separation=60, bits=16,
)  # fmt: skip
