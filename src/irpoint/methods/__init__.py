"""Published methods by name, one folder each; what they share lies in ``blocks``."""

from __future__ import annotations

from irpoint.errors import SettingsError
from irpoint.methods.blocks.gaussian import (
    averaged_gaussian,
    gaussian,
    published_gaussian,
    quantised_gaussian,
)
from irpoint.methods.method import Method, Target
from irpoint.methods.p2p_lite import P2P_LITE
from irpoint.methods.spire import SPIRE
from irpoint.methods.spire.target import prps, published_prps
from irpoint.methods.sshd import SSHD

__all__ = ["METHODS", "TARGETS", "Method", "Target", "find_method", "find_target"]

METHODS: dict[str, Method] = {method.name: method for method in (SPIRE, SSHD, P2P_LITE)}

# Every method can be trained on every target; that is how they are compared.
TARGETS: dict[str, Target] = {
    "prps": Target(prps),
    "published-prps": Target(published_prps, map_offset=0.0),  # labels are rounded to corners
    "gaussian": Target(gaussian),
    "quantised-gaussian": Target(quantised_gaussian),
    "averaged-gaussian": Target(averaged_gaussian),
    "published-gaussian": Target(published_gaussian),
}


def find_method(name: str) -> Method:
    """The method of that name.

    Raises:
        SettingsError: where there is none.
    """
    if name not in METHODS:
        raise SettingsError(f"method {name!r}: known are {', '.join(METHODS)}")
    return METHODS[name]


def find_target(name: str, method: Method) -> Target:
    """The target of that name; ``default`` and ``published`` are the method's own two.

    Raises:
        SettingsError: where there is none.
    """
    own = {"default": method.target, "published": method.published_target}
    name = own.get(name, name)
    if name not in TARGETS:
        raise SettingsError(f"target {name!r}: known are {', '.join((*own, *TARGETS))}")
    return TARGETS[name]
