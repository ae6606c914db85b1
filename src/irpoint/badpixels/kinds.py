"""Kinds of bad pixels, as they are simulated and found."""

from __future__ import annotations

from enum import IntEnum


class BadPixel(IntEnum):
    """What is wrong with a pixel of a detector.

    Attributes:
        GOOD: nothing.
        DEAD: reads far too low, whatever the scene.
        HOT: reads far too high, whatever the scene.
        STUCK: does not follow the scene, but reads a value within its range.
        BLINKING: switches between right and wrong (random telegraph signal).
    """

    GOOD = 0
    DEAD = 1
    HOT = 2
    STUCK = 3
    BLINKING = 4
