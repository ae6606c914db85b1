"""P2P-Lite: dynamic kernels and 0.24 M parameters (doi 10.3788/gzxb20265502.0210002)."""

from __future__ import annotations

from irpoint.methods.method import Method, fixed_width
from irpoint.methods.p2p_lite.network import P2PLite

P2P_LITE = Method(
    name="p2p-lite",
    build=fixed_width("p2p-lite", P2PLite),
    target_map="gaussian",
    published_target_map="gaussian",
    dynamic=True,
    halo=128,
    # Its publication describes the decoder that irpoint uses for all methods.
    published_decoder=None,
)
