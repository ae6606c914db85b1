"""The labelling page: one click per target, with proposals from a model (extra ``label``)."""

from irpoint.label.session import LabelSession

__all__ = ["LabelSession"]
