"""SPIRE: an encoder without pooling regresses one response per target (arXiv 2604.05363)."""

from __future__ import annotations

from irpoint.methods.method import Method, fixed_width
from irpoint.methods.spire.deployed import DeployedHRPE
from irpoint.methods.spire.network import HRPE

SPIRE = Method(
    name="spire",
    build=fixed_width("spire", HRPE),
    target_map="prps",
    published_target_map="published-prps",
    deploy=DeployedHRPE,
)
