"""SPIRE: an encoder without pooling regresses one response per target (arXiv 2604.05363)."""

from __future__ import annotations

from irpoint.methods.method import Method, TargetMap, fixed_width
from irpoint.methods.spire.deployed import DeployedHRPE
from irpoint.methods.spire.network import HRPE
from irpoint.methods.spire.published import PUBLISHED_DECODER, PUBLISHED_WEIGHTS
from irpoint.methods.spire.target_map import prps, published_prps

SPIRE = Method(
    name="spire",
    build=fixed_width("spire", HRPE),
    target_map="prps",
    published_target_map="published-prps",
    target_maps={
        "prps": TargetMap(prps),
        # The published code rounds labels to the corners of cells.
        "published-prps": TargetMap(published_prps, map_offset=0.0),
    },
    deploy=DeployedHRPE,
    published_decoder=PUBLISHED_DECODER,
    published_weights=PUBLISHED_WEIGHTS,
)
