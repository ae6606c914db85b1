"""Choose the threshold for a wanted false-alarm rate from target-free footage. Start here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from irpoint.calibration.alarm_list import write_alarms
from irpoint.calibration.card import calibrated_card
from irpoint.calibration.collect import Watch, collect
from irpoint.calibration.rate import Rate
from irpoint.calibration.searched import Searched
from irpoint.calibration.suspects import suspects
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.frames.cut import Cut
from irpoint.frames.raw import RawLayout
from irpoint.pipeline import find_sources
from irpoint.pipeline.resume import journal_settings
from irpoint.runtime import CANDIDATE_SCORE, Detector
from irpoint.sinks import Journal
from irpoint.system.atomic import check_folder, claimed_folder
from irpoint.zoo import Model, ModelCard, write_model

_JOURNAL = ".unfinished.jsonl"


@dataclass(frozen=True)
class Calibrated:
    """A calibrated model.

    Attributes:
        folder: folder of the model, as ``irpoint detect --model`` takes it.
        card: its card, with the threshold and the footage.
        suspects: what in the footage looks like a target, a line each.
    """

    folder: Path
    card: ModelCard
    suspects: tuple[str, ...] = ()


def calibrate(
    sources: str | Path | Sequence[str | Path],
    detector: Detector,
    out: str | Path,
    wanted: Rate,
    *,
    fps: float | None = None,
    raw: RawLayout | None = None,
    cut: Cut | None = None,
    frames: int | None = None,
    batch: int = 8,
    force: bool = False,
    watch: Watch | None = None,
) -> Calibrated:
    """Choose the threshold for a false-alarm rate, and write a model that has it.

    Every point in the footage counts as a false alarm. Warns if some look like targets.

    Args:
        sources: target-free footage: files, folders, patterns or streams, as for ``detect``.
        detector: the model, and its scale, polarity and region. Its threshold is not used.
        out: new folder for the model; or that of an earlier call without a result, which resumes.
        wanted: rate of false alarms.
        fps: frames per second, for a rate per hour; None takes it from the times of the frames.
        raw: pixel layout, if the files are headerless.
        cut: rows and columns to cut off each frame.
        frames: number of frames after which to stop; None reads all.
        batch: maximum number of frames that go through the network together, >= 1.
        force: write the model even if the footage is too little for the rate.
        watch: called with every new result or skipped part, the numbers of sources and of frames.

    Raises:
        CalibrationError: if no frame can be searched, or the footage is too little for the rate.
            What was searched is kept, for a call with more footage.
        FrameError: if there is one source only, and it matches nothing readable.
        SettingsError: if a setting is out of range, or ``out`` is not empty or cannot be written.
        KeyboardInterrupt: if a signal ended it; the same call resumes.
    """
    wanted.check(fps=fps, frames=frames, batch=batch)
    names = [str(n) for n in ([sources] if isinstance(sources, str | Path) else sources)]
    footage, skipped = find_sources(names, raw, cut)
    wanted.check_clock(fps, footage)
    low, folder = _for_candidates(detector), Path(out)
    with _journal(folder, journal_settings(low) | {"reading": repr((raw, cut))}) as journal:
        found = collect(footage, skipped, low, journal, frames=frames, batch=batch, watch=watch)
        searched = Searched.of(found, low.region, fps)
        counted = searched.choose(wanted, CANDIDATE_SCORE, force=force)
        reading = {"sources": names, "raw": raw and str(raw), "cut": cut and str(cut)}
        card = calibrated_card(detector, folder.resolve().name, wanted, searched, counted, reading)
        judged_from = min(counted.threshold, detector.card.thresholds.default)
        lines = suspects(searched.alarms, judged_from, low.score_odds, searched.results)
        write_alarms(folder, searched, counted.threshold)
        write_model(folder, Model(card, detector.model.graph, detector.model.weights))
    for line in lines:
        warnings.warn(f"the footage may have targets: {line}", IrpointWarning, stacklevel=2)
    return Calibrated(folder, card, tuple(lines))


def _for_candidates(detector: Detector) -> Detector:
    """The same detector for all candidates.

    They are not measured, which would take long for the thousands of a filter. Measuring at most
    joins points that turn out to be one, so that ``detect`` gives no more of them.
    """
    changes = {"threshold": CANDIDATE_SCORE, "false_alarms_per_mpx": None, "measure": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IrpointWarning)  # given when the first one was made
        return Detector(detector.model, **detector.settings | changes)


@contextmanager
def _journal(folder: Path, settings: dict[str, object]) -> Iterator[Journal]:
    """Lock the new folder and record what is done there, until the block ends without an error."""
    check_folder(folder)
    if folder.is_dir() and any(file.name != _JOURNAL for file in folder.iterdir()):
        raise SettingsError(f"{folder}: not empty; give a new or empty folder")
    with claimed_folder(folder, "calibration"):
        journal, finished = Journal(folder, settings), False
        try:
            yield journal
            finished = True
        finally:
            journal.close(finished=finished)
