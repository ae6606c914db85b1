"""Find point-like targets in infrared frames, trained from one click per target."""

__version__ = "0.1.0"
