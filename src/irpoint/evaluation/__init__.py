"""Evaluate predicted points: matching, protocols, figures and their intervals.

The figures of a model on the val list of a dataset::

    from irpoint import Detector
    from irpoint.evaluation import evaluate_predictions, load_split, predictions_of_model

    split = load_split(["SIRST-v1"], "val")
    predictions = predictions_of_model(Detector("spire", backend="onnxruntime"), split)
    evaluation = evaluate_predictions(predictions, split)
    print(evaluation.pooled.f1)
"""

from irpoint.evaluation.bootstrap import bootstrap_intervals
from irpoint.evaluation.counts import EvaluatedFrame, Evaluation, evaluate
from irpoint.evaluation.matching import PROTOCOLS, Matches, match, match_greedy
from irpoint.evaluation.prediction_files import read_predictions
from irpoint.evaluation.predictions import (
    Predictions,
    evaluate_predictions,
    predictions_of_file,
    predictions_of_model,
)
from irpoint.evaluation.result import result
from irpoint.evaluation.splits import Split, SplitEvaluation, evaluate_split, load_split
from irpoint.evaluation.sweep import Sweep, sweep

__all__ = [
    "PROTOCOLS",
    "EvaluatedFrame",
    "Evaluation",
    "Matches",
    "Predictions",
    "Split",
    "SplitEvaluation",
    "Sweep",
    "bootstrap_intervals",
    "evaluate",
    "evaluate_predictions",
    "evaluate_split",
    "load_split",
    "match",
    "match_greedy",
    "predictions_of_file",
    "predictions_of_model",
    "read_predictions",
    "result",
    "sweep",
]
