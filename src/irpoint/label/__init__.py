"""The labelling page: one click per target, with the model's help (extra ``label``)."""

from irpoint.label.session import LabelSession

__all__ = ["LabelSession"]
