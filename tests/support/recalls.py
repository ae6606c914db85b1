"""Recall on simulated frames, as a card states it."""

from __future__ import annotations

from typing import Any


def recall_values(**changes: Any) -> dict[str, Any]:
    """JSON values: 90 of 200 targets found, 70 of 100 in clouds and 20 of 100 at sea."""

    def scene(seed: int, found: int) -> dict[str, Any]:
        return {
            "targets": 100, "found": found, "frames": 200, "seed": seed, "threshold": 0.4,
            "false_alarms_per_mpx": 0.98,
        }  # fmt: skip

    return {
        "rate_per_mpx": 1, "radius_px": 5, "width": 640, "height": 512, "bits": 16, "snr": [8, 40],
        "scenes": {"clouds": scene(1, 70), "sea": scene(2, 20)},
        "by_snr": [
            {"low": 8, "high": 18, "targets": 100, "found": 25},
            {"low": 18, "high": 40, "targets": 100, "found": 65},
        ],
        "by_scnr": [
            {"low": 0, "high": 4, "targets": 200, "found": 90},
            {"low": 4, "high": 40, "targets": 0, "found": 0},
        ],
        "version": "0.1.0",
    } | changes  # fmt: skip
