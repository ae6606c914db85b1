"""Names that are proposed for a misspelt one."""

from __future__ import annotations

import pytest

from irpoint.system.spelling import choices, closest, did_you_mean

KNOWN = ["epochs", "crops_per_epoch", "learning_rate", "batch", "augment.noise", "augment.scale"]


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("epoch", ["epochs"]),
        ("EPOCHS", ["epochs"]),
        ("lr", ["learning_rate"]),
        ("batch_size", ["batch"]),
        ("noise", ["augment.noise"]),
        ("augment.nois", ["augment.noise"]),
        ("augment.batch", ["batch"]),
        ("", []),
        ("x", []),
        ("zzzz", []),
    ],
)
def test_the_closest_names(name: str, proposed: list[str]) -> None:
    assert closest(name, KNOWN) == proposed


def test_the_proposal_in_words() -> None:
    assert did_you_mean("epoch", KNOWN) == "; did you mean epochs?"
    assert did_you_mean("zzzz", KNOWN) == ""
    assert did_you_mean("ab1", ["ab2", "ab3"]) == "; did you mean ab2 or ab3?"
    assert choices("ab1", ["ab2", "zz"]) == "did you mean ab2? Choose from ab2, zz"
    assert choices("yy", ["ab2", "zz"]) == "choose from ab2, zz"
