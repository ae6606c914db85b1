"""Labelled frames from any published layout."""

from irpoint.datasets.load import load_dataset
from irpoint.datasets.record import Dataset, LabelledFrame

__all__ = ["Dataset", "LabelledFrame", "load_dataset"]
