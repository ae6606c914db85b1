"""Names of the published SPIRE checkpoint, translated to ours.

The published file lists the same tensors in the same order as :class:`HRPE` holds them, one to one;
the shapes are checked tensor by tensor, so that another method's file is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from irpoint.errors import ModelError
from irpoint.methods.spire.network import HRPE


def published_state(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of :class:`HRPE` from the ``model`` entry of a published SPIRE checkpoint.

    Raises:
        ModelError: where the tensors are not those of SPIRE.
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
