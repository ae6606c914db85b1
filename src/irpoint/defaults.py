"""Defaults that several parts of irpoint share; nothing is imported here, so that help is fast."""

DEFAULT_MODEL = "spire"  # of commands that detect, and of Detector()
DEFAULT_METHOD = "spire"  # of commands that train
