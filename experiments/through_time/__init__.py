"""Compare what is found in a single frame, by M of N, by a classical filter, and through time.

    python -m experiments.through_time p2p-lite --cache DIR
    python -m experiments.through_time p2p-lite --cache DIR --false-tracks --frames 20000
    python -m experiments.through_time p2p-lite --cache DIR --clips ../shared/data/video-ir

Simulated sequences of 640 × 512 pixels, with a camera that stands still, pans and shakes.
Candidates are cached in DIR, so that a second run reruns the tracker alone. Used in docs/video.md.
"""

from experiments.through_time.command import main

__all__ = ["main"]
