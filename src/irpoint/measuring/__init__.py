"""Measure points: place, uncertainty, signal and width, by a fit to the pixels of the frame."""

from irpoint.measuring.measure import measure

__all__ = ["measure"]
