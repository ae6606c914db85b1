"""The recall on simulated frames that a card states, as text."""

from __future__ import annotations

from irpoint.evaluation.intervals import wilson_interval
from irpoint.zoo import Recall, RecallBin, SimulatedRecall


def percent(recall: Recall) -> tuple[str, str]:
    """Recall in % and its 95 % interval (Wilson); – and nothing without targets."""
    if recall.share is None:
        return "–", ""
    low, high = wilson_interval(recall.found, recall.targets)
    return f"{100 * recall.share:.1f}", f"{100 * low:.1f}–{100 * high:.1f}"


def range_of(part: RecallBin) -> str:
    """The range of a bin: ``8–12``."""
    return f"{part.low:g}–{part.high:g}"


def rate_in_words(rate: float) -> str:
    """A rate of false alarms: ``1 false alarm per Mpx``."""
    return f"{rate:g} false alarm{'s' * (rate != 1)} per Mpx"


def frames_in_words(recall: SimulatedRecall) -> str:
    """Which frames were simulated: their number, size, bits and signal-to-noise ratio."""
    numbers = sorted({scene.frames for scene in recall.scenes.values()})
    low, high = recall.snr
    return (
        f"{' or '.join(map(str, numbers))} frames per scene, {recall.width} × {recall.height} px, "
        f"{recall.bits} bits, SNR {low:g} to {high:g}"
    )
