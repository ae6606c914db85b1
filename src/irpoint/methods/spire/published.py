"""The decoding rule and the checkpoints that the authors of SPIRE published.

A checkpoint has the same tensors in the same order as :class:`HRPE`. They are matched one by one,
and their shapes are compared, so that a file of another network is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from irpoint.decoding.published import PublishedRule
from irpoint.errors import ModelError
from irpoint.methods.method import PublishedWeights
from irpoint.methods.spire.network import HRPE


def published_state(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of :class:`HRPE` from the ``model`` entry of a published SPIRE checkpoint.

    Raises:
        ModelError: if the tensors are not those of SPIRE.
    """
    ours = HRPE().state_dict()
    if len(published) != len(ours):
        raise ModelError(f"not a SPIRE checkpoint: {len(published)} tensors instead of {len(ours)}")
    state: dict[str, Tensor] = {}
    for (name, mine), (their_name, theirs) in zip(ours.items(), published.items(), strict=True):
        if not isinstance(theirs, Tensor) or mine.shape != theirs.shape:
            raise ModelError(
                f"not a SPIRE checkpoint: tensor {their_name!r} does not fit {name!r} "
                f"of shape {tuple(mine.shape)}"
            )
        state[name] = theirs
    return state


PUBLISHED_DECODER = PublishedRule(threshold=0.35, relative_gate=0.65, max_points=8)
PUBLISHED_WEIGHTS = PublishedWeights(
    translate=published_state,
    data={512: "SIRST4", 640: "SIRST-UAVB"},
    threshold=PUBLISHED_DECODER.threshold,
)
