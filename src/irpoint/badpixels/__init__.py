"""Dead, hot, stuck and blinking pixels of a detector, found in a sequence of frames."""

from irpoint.badpixels.find import BadPixelFinder, BadPixels, find_bad_pixels
from irpoint.badpixels.kinds import BadPixel

__all__ = ["BadPixel", "BadPixelFinder", "BadPixels", "find_bad_pixels"]
