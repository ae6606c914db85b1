"""Cards of the baselines: ``python -m experiments.filter_cards SPLIT DATA…``.

A baseline has nothing to train; what its card holds is the threshold chosen on a validation split
and the figures there, measured as for every other model.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from irpoint import __version__
from irpoint.runtime import Detector
from irpoint.runtime.backends.filters import FILTERS
from irpoint.system.atomic import atomic_write
from irpoint.training.card_figures import measure_figures
from irpoint.zoo import Model, ModelCard, Thresholds, digest

WEIGHTS = Path(__file__).parents[1] / "src" / "irpoint" / "zoo" / "weights"


def rated_card(name: str, data: Sequence[Path], split: str) -> ModelCard:
    """The card of a baseline, with thresholds and figures measured on ``split``."""
    draft = ModelCard(
        name=name,
        method=name,
        data=(),
        split="",
        seed=None,
        version=__version__,
        licence="Apache-2.0",
        parameters=0,
        gmac_512=0.0,
        normalisation="robust",
        input_scale="native",
        resize="half-pixel",
        stride=1,
        map_offset=0.0,
        thresholds=Thresholds(default=0.5, chosen="not yet chosen"),
        metrics={},
        sha256=digest(b""),
        note="A filter: nothing is trained.",
    )
    thresholds, metrics = measure_figures(Detector(Model(draft, b"")), data, split)
    return draft.model_copy(update={"thresholds": thresholds, "metrics": metrics})


def main(arguments: Sequence[str]) -> None:
    """Write the card of every baseline into the package."""
    split, *folders = arguments
    for name in FILTERS:
        card = rated_card(name, [Path(folder) for folder in folders], split)
        atomic_write(WEIGHTS / f"{name}.json", card.model_dump_json(indent=2) + "\n")
        print(f"{name}: F1 {card.metrics['f1']:.3f} at {card.thresholds.default:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
