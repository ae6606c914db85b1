"""The methods by name. Each method is one folder; ``blocks`` contains the code that they share.

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
from irpoint.methods.glint import GLINT
from irpoint.methods.method import Method, PublishedWeights, TargetMap
from irpoint.methods.p2p_lite import P2P_LITE
from irpoint.methods.spire import SPIRE
from irpoint.methods.sshd import SSHD
from irpoint.system.spelling import choices

__all__ = [
    "METHODS",
    "TARGET_MAPS",
    "Method",
    "PublishedWeights",
    "TargetMap",
    "find_method",
    "find_target_map",
]

METHODS: dict[str, Method] = {method.name: method for method in (SPIRE, SSHD, P2P_LITE, GLINT)}

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
    """The method with this name.

    Raises:
        SettingsError: if there is no such method.
    """
    if name not in METHODS:
        raise SettingsError(f"method {name!r} is unknown; {choices(name, METHODS)}")
    return METHODS[name]


def find_target_map(name: str, method: Method) -> TargetMap:
    """The target map with this name.

    Args:
        name: a key of :data:`TARGET_MAPS`; or ``default`` or ``published``, for the default map or
            the published map of the method.
        method: the method to train.

    Raises:
        SettingsError: if there is no such target map.
    """
    of_method = {"default": method.target_map, "published": method.published_target_map}
    name = of_method.get(name, name)
    if name not in TARGET_MAPS:
        known = (*of_method, *TARGET_MAPS)
        raise SettingsError(f"target_map {name!r} is unknown; {choices(name, known)}")
    return TARGET_MAPS[name]
