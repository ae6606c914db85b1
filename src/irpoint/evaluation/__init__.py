"""How good predicted points are: matching, protocols, figures, intervals."""

from irpoint.evaluation.bootstrap import bootstrap_intervals
from irpoint.evaluation.counts import EvaluatedFrame, Evaluation, evaluate
from irpoint.evaluation.matching import PROTOCOLS, Matches, match, match_greedy
from irpoint.evaluation.predictions import read_predictions
from irpoint.evaluation.sweep import Sweep, sweep

__all__ = [
    "PROTOCOLS",
    "EvaluatedFrame",
    "Evaluation",
    "Matches",
    "Sweep",
    "bootstrap_intervals",
    "evaluate",
    "match",
    "match_greedy",
    "read_predictions",
    "sweep",
]
