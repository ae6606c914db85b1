"""Defaults that several parts of irpoint share; nothing is imported here, so that help is fast."""

DEFAULT_MODEL = "glint"  # of commands that detect, and of Detector()
DEFAULT_METHOD = "glint"  # of commands that train
