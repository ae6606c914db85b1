"""The methods by name. Each is one folder; ``blocks`` holds what they share.

To add a method, add a folder that defines a :class:`Method`, and name it in :data:`METHODS`.
"""

from __future__ import annotations

from irpoint.errors import SettingsError
from irpoint.methods.blocks.gaussian import (
    averaged_gaussian,
    gaussian,
    published_gaussian,
    quantised_gaussian,
)
from irpoint.methods.method import Method, PublishedWeights, TargetMap
from irpoint.methods.p2p_lite import P2P_LITE
from irpoint.methods.spire import SPIRE
from irpoint.methods.sshd import SSHD

__all__ = [
    "DEFAULT_METHOD",
    "METHODS",
    "TARGET_MAPS",
    "Method",
    "PublishedWeights",
    "TargetMap",
    "find_method",
    "find_target_map",
]

METHODS: dict[str, Method] = {method.name: method for method in (SPIRE, SSHD, P2P_LITE)}
DEFAULT_METHOD = SPIRE.name

# Every method can be trained on every target map, so that methods and maps can be compared.
TARGET_MAPS: dict[str, TargetMap] = {
    name: target_map
    for method in METHODS.values()
    for name, target_map in method.target_maps.items()
} | {
    "gaussian": TargetMap(gaussian),
    "quantised-gaussian": TargetMap(quantised_gaussian),
    "averaged-gaussian": TargetMap(averaged_gaussian),
    "published-gaussian": TargetMap(published_gaussian),
}


def find_method(name: str) -> Method:
    """The method of the given name.

    Raises:
        SettingsError: if there is none.
    """
    if name not in METHODS:
        raise SettingsError(f"method {name!r} is unknown; choose from {', '.join(METHODS)}")
    return METHODS[name]


def find_target_map(name: str, method: Method) -> TargetMap:
    """The target map of the given name.

    Args:
        name: a key of :data:`TARGET_MAPS`, or ``default`` or ``published`` for the method's own.
        method: method that is trained.

    Raises:
        SettingsError: if there is none.
    """
    own = {"default": method.target_map, "published": method.published_target_map}
    name = own.get(name, name)
    if name not in TARGET_MAPS:
        known = ", ".join((*own, *TARGET_MAPS))
        raise SettingsError(f"target_map {name!r} is unknown; choose from {known}")
    return TARGET_MAPS[name]
