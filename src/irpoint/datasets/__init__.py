"""Read a dataset of any published layout into labelled frames."""

from irpoint.datasets.convert import convert
from irpoint.datasets.load import load_dataset
from irpoint.datasets.pool import pool
from irpoint.datasets.record import Dataset, LabelledFrame

__all__ = ["Dataset", "LabelledFrame", "convert", "load_dataset", "pool"]
