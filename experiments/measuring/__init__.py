"""Measure how good measured places are: errors beside the Cramér–Rao bound, and calibration."""

from experiments.measuring.command import main

__all__ = ["main"]
