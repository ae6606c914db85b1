"""Published methods by name, one folder each; what they share lies in ``blocks``."""

from __future__ import annotations

from irpoint.errors import SettingsError
from irpoint.methods.blocks.gaussian import (
    averaged_gaussian,
    gaussian,
    published_gaussian,
    quantised_gaussian,
)
from irpoint.methods.method import Method, TargetMap
from irpoint.methods.p2p_lite import P2P_LITE
from irpoint.methods.spire import SPIRE
from irpoint.methods.spire.target_map import prps, published_prps
from irpoint.methods.sshd import SSHD

__all__ = [
    "DEFAULT_METHOD",
    "METHODS",
    "TARGET_MAPS",
    "Method",
    "TargetMap",
    "find_method",
    "find_target_map",
]

DEFAULT_METHOD = SPIRE.name
METHODS: dict[str, Method] = {method.name: method for method in (SPIRE, SSHD, P2P_LITE)}

# Every method can be trained on every target; that is how they are compared.
TARGET_MAPS: dict[str, TargetMap] = {
    "prps": TargetMap(prps),
    "published-prps": TargetMap(published_prps, map_offset=0.0),  # labels are rounded to corners
    "gaussian": TargetMap(gaussian),
    "quantised-gaussian": TargetMap(quantised_gaussian),
    "averaged-gaussian": TargetMap(averaged_gaussian),
    "published-gaussian": TargetMap(published_gaussian),
}


def find_method(name: str) -> Method:
    """The method of that name.

    Raises:
        SettingsError: where there is none.
    """
    if name not in METHODS:
        raise SettingsError(f"method {name!r}: known are {', '.join(METHODS)}")
    return METHODS[name]


def find_target_map(name: str, method: Method) -> TargetMap:
    """The target of that name; ``default`` and ``published`` are the method's own two.

    Raises:
        SettingsError: where there is none.
    """
    own = {"default": method.target_map, "published": method.published_target_map}
    name = own.get(name, name)
    if name not in TARGET_MAPS:
        raise SettingsError(f"target {name!r}: known are {', '.join((*own, *TARGET_MAPS))}")
    return TARGET_MAPS[name]
