"""Training from the page: a comparison by cross-validation, then a model from all labels.

A training lies in two folders. ``runs/3`` is the run of the new model, as ``irpoint train`` writes
it. ``runs/3.training`` has its plan, a copy of the labels, and what is known so far; every state of
the training is read from these files, so that none is lost if the server is killed.
"""

from irpoint.label.training.plan import PlanFrame
from irpoint.label.training.progress import Progress
from irpoint.label.training.schedule import Schedule
from irpoint.label.training.trainer import Trainer

__all__ = ["PlanFrame", "Progress", "Schedule", "Trainer"]
