"""Names close to a misspelt one, for error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE = 0.6  # similarity above which a name may be the one that was meant
_WORSE = 0.2  # names that are less similar than the best by this much are left out


def closest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most similar to ``name``, the best first.

    Abbreviations count as similar: ``lr`` is close to ``learning_rate`` and ``batch_size`` to
    ``batch``. A known name with a dot is compared as a whole and by its last part, so that
    ``noise`` is close to ``augment.noise``.

    Args:
        name: the name that is not known.
        known: the names to choose from.
        count: maximum number of names.

    Returns:
        At most ``count`` names; empty if none is close.
    """
    scored = [(max(_similarity(name, other), _similarity(_leaf(name), _leaf(other))), other)
              for other in dict.fromkeys(known)]  # fmt: skip
    least = max([_CLOSE, *(score - _WORSE for score, _ in scored)])
    close = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: -pair[0])
    return [other for _, other in close[:count]]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean x or y?"``, or an empty text if no known name is close."""
    close = closest(name, known)
    return f"; did you mean {_listed(close)}?" if close else ""


def choices(name: str, known: Iterable[str]) -> str:
    """``"choose from a, b"`` for an error message, after ``"did you mean a?"`` if a is close."""
    listed = list(known)
    close = closest(name, listed)
    start = f"did you mean {_listed(close)}? Choose from" if close else "choose from"
    return f"{start} {', '.join(listed)}"


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]


def _similarity(name: str, other: str) -> float:
    """0..1; 1 if the names are equal but for case, hyphens and underscores."""
    words = re.split(r"[-_. ]+", other.lower())
    one, two = "".join(re.split(r"[-_. ]+", name.lower())), "".join(words)
    if len(one) > 1 and one == "".join(word[:1] for word in words):
        return 0.9  # initials
    ratio = SequenceMatcher(None, one, two).ratio()
    shorter, longer = sorted((one, two), key=len)
    return max(ratio, 0.7) if len(shorter) >= 3 and shorter in longer else ratio
