"""Measure the filters and write their model cards.

    python -m experiments.filter_cards --data NUDT-SIRST IRSTD-1k SIRST-v1 SIRST-v2

A filter has nothing to train. Its card has the threshold that was chosen on the val frames, and the
figures there, measured as for every other model. Prints F1 and threshold of each filter. Used in
docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.common import add_data, argument_parser, run
from irpoint import Detector, __version__
from irpoint.runtime.backends.filters import FILTERS
from irpoint.system.atomic import atomic_write
from irpoint.training.card_figures import measure_figures
from irpoint.zoo import Model, ModelCard, Thresholds, digest

WEIGHTS = Path(__file__).parents[1] / "src" / "irpoint" / "zoo" / "weights"
SPLIT = "val"


def measured_card(name: str, data: Sequence[Path]) -> ModelCard:
    """The card of a filter, with threshold and figures measured on the val frames."""
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
    return measure_figures(Detector(Model(draft, b"")), data, SPLIT).on(draft)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("filter_cards", __doc__)
    add_data(parser)
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS, help="folder of the cards (default: the package's)"
    )
    given = parser.parse_args(arguments)
    for name in FILTERS:
        card = measured_card(name, given.data)
        atomic_write(given.out / f"{name}.json", card.model_dump_json(indent=2) + "\n")
        print(f"{name}: F1 {100 * card.metrics['f1']:.1f} % at {card.thresholds.default:.3f}")


if __name__ == "__main__":
    run(main)
