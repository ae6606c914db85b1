"""Training crops by number: crop k of a run is the same whenever and wherever it is made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from irpoint.errors import SettingsError
from irpoint.methods import find_method, find_target_map
from irpoint.training import augment
from irpoint.training.distributed import part_of_batch
from irpoint.training.network_frames import NetworkFrame, label_table
from irpoint.training.settings import TrainSettings

Table = npt.NDArray[np.float64]  # rows (frame index, x, y), of false alarms a score too
# How much oftener than other labels one that was missed is shown. What stays on the list to the end
# is mostly labels of what cannot be seen.
_MISSED_ODDS = 5
_ROOM = 0.9  # least part of a crop's side that a frame must have; the rest repeats its edge
_OF_BATCHES = 1  # parts what is drawn for a batch from what is drawn for a crop
_SWARM_AREA = 64**2  # network px of a crop to each of the most targets that a swarm has
_ALONE = 24.0  # network px around a target that is lifted out of its frame, without another


class EpochNumbers(Sampler[int]):
    """The crop numbers of an epoch: epoch · length, and on.

    Of several processes each goes through its own part of every batch, so that together they see
    the batches that one alone would.
    """

    def __init__(self, length: int, batch: int) -> None:
        self.length = length
        self.batch = batch
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length // part_of_batch()[1]

    def __iter__(self) -> Iterator[int]:
        part, parts = part_of_batch()
        own = self.batch // parts
        for number in range(self.length):
            if number % self.batch // own == part:
                yield self.epoch * self.length + number


@dataclass(frozen=True)
class _Window:
    """One shape of crops, and what they are cut from: the frames in which it finds room.

    Attributes:
        shape: rows and columns.
        share: of the batches, in which it is drawn.
        frames: (F,) indices of these frames, each with its odds.
        labels: (N, 3) rows (frame index, x, y) of these frames, likewise.
    """

    shape: tuple[int, int]
    share: float
    frames: npt.NDArray[np.int64]
    frame_odds: npt.NDArray[np.float64]
    labels: Table
    label_odds: npt.NDArray[np.float64]

    def within(self, table: Table) -> Table:
        """The rows of a table whose first column is one of these frames."""
        return table[np.isin(table[:, 0], self.frames)]


class Crops(Dataset[tuple[Tensor, Tensor]]):
    """Crop number k → (frame (1, h, w), target (1, h/4, w/4)), of one shape throughout a batch.

    Data sets are drawn in proportion to the square root of their targets (of their frames, for
    crops of background), so that a large one does not drown a small one;
    ``dataset_weights`` multiplies.

    Attributes:
        false_alarms: (M, 4) rows (frame index, x, y, score) where the network last saw targets that
            are not there; half of the background crops are put on them, most on the best scores.
        missed: (M, 3) rows likewise: labels that it last overlooked.
        numbers: the sampler that goes through the crops of one epoch after the other.

    Raises:
        SettingsError: where ``dataset_weights`` names a data set of which there is no frame.
    """

    def __init__(self, frames: Sequence[NetworkFrame], settings: TrainSettings) -> None:
        self.frames = frames
        self.settings = settings
        self._target_map = find_target_map(settings.target_map, find_method(settings.method))
        self.labels = label_table(frames)
        self.false_alarms: Table = np.empty((0, 4))
        self.missed: Table = np.empty((0, 3))
        self.numbers = EpochNumbers(settings.crops_per_epoch, settings.batch)
        self._windows = self._cut_from(settings.crop)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        settings, varied = self.settings, self.settings.augment
        rng = np.random.default_rng((settings.seed, number))
        window = self._window(number)
        index, centre = self._place(window, rng)
        frame = self.frames[index]
        crop, xy = augment.cut(frame.image, frame.xy, centre, window.shape, varied, rng)
        xy = self._pasted(crop, xy, window, rng)
        crop = augment.jitter(crop, varied, rng, 1 / frame.placement.factor[0])
        target = self._target_map.draw(crop, xy, self._sigma(frame))
        return torch.from_numpy(crop)[None], torch.from_numpy(target)[None]

    def _sigma(self, frame: NetworkFrame) -> float:
        """Width of a target's response in cells."""
        if not self.settings.sigma_scales:
            return self.settings.sigma
        enlargement = 1 / frame.placement.factor[0]
        return min(max(self.settings.sigma * enlargement, 1.0), 2.0)

    def _cut_from(self, shapes: Sequence[tuple[int, int]]) -> list[_Window]:
        """Frames by shape: each in all shapes that it holds, or in the smallest if in none.

        A frame's odds are divided among its shapes, so that it is seen as often as with one shape.
        """
        sides = np.array([frame.image.shape for frame in self.frames]).reshape(-1, 2)
        held = np.array([(sides >= _ROOM * np.array(shape)).all(axis=1) for shape in shapes])
        held[np.argmin([rows * columns for rows, columns in shapes])] |= ~held.any(axis=0)
        sets = np.array([frame.label.dataset for frame in self.frames])
        unknown = sorted(self.settings.dataset_weights.keys() - set(sets))
        if unknown:
            known = ", ".join(np.unique(sets))
            raise SettingsError(
                f"setting dataset_weights: no frame of dataset {unknown[0]!r}; loaded are {known}"
            )
        of_label = self.labels[:, 0].astype(int)
        aimed = self.settings.augment.target_share
        frame_odds = _odds(sets, self.settings.dataset_weights) / held.sum(axis=0)
        label_odds = (
            _odds(sets[of_label], self.settings.dataset_weights) / held.sum(axis=0)[of_label]
        )
        windows = []
        for shape, own in zip(shapes, held, strict=True):
            if own.any():
                labels, odds = self.labels[own[of_label]], label_odds[own[of_label]]
                indices, frames = np.flatnonzero(own), frame_odds[own]
                share = aimed * odds.sum() + (1 - aimed) * frames.sum()
                windows.append(_Window(shape, share, indices, _unit(frames), labels, _unit(odds)))
        return windows

    def _window(self, number: int) -> _Window:
        """The shape that the batch of crop ``number`` has drawn."""
        settings = self.settings
        epoch, place = divmod(number, settings.crops_per_epoch)
        batches = math.ceil(settings.crops_per_epoch / settings.batch)
        batch = epoch * batches + place // settings.batch
        which = np.random.default_rng((settings.seed, batch, _OF_BATCHES))
        odds = _unit(np.array([window.share for window in self._windows]))
        return self._windows[which.choice(len(odds), p=odds)]

    def _place(self, window: _Window, rng: np.random.Generator) -> tuple[int, Table]:
        """Frame index and middle (x, y) of a crop: near a label, a false alarm, or anywhere."""
        varied = self.settings.augment
        # Inside the smallest window of the frame.
        reach = 0.4 * np.array(window.shape[::-1]) / varied.scale
        false_alarms = window.within(self.false_alarms)
        if len(window.labels) and rng.random() < varied.target_share:
            missed = window.within(self.missed)
            share = min(varied.missed_share, _MISSED_ODDS * len(missed) / len(window.labels))
            if rng.random() < share:
                row = missed[rng.integers(len(missed))]
            else:
                row = self._label(window, rng)
        elif len(false_alarms) and rng.random() < varied.hard_share:
            odds = false_alarms[:, 3] ** 2
            row = false_alarms[rng.choice(len(odds), p=odds / odds.sum())]
        else:
            index = int(rng.choice(window.frames, p=window.frame_odds))
            height, width = self.frames[index].image.shape
            return index, rng.uniform(0, 1, 2) * (width - 1, height - 1)
        return int(row[0]), row[1:3] + rng.uniform(-reach, reach)

    def _label(self, window: _Window, rng: np.random.Generator) -> Table:
        row: Table = window.labels[rng.choice(len(window.labels), p=window.label_odds)]
        return row

    def _pasted(
        self, crop: augment.Image, xy: Table, window: _Window, rng: np.random.Generator
    ) -> Table:
        """Targets pasted into the crop: most often few, of any kind; now and then a swarm.

        A swarm is of one to three kinds and lies in a part of the crop. Without swarms, the means
        by which networks weigh their channels tell that a frame holds a target or two.
        """
        varied, shape = self.settings.augment, np.array(crop.shape[::-1])
        if rng.random() < varied.swarm_share:
            number = int(rng.integers(2, max(3, crop.size // _SWARM_AREA)))
            kinds, extent = int(rng.integers(1, 4)), rng.uniform(0.25, 1.0)
        else:
            number = kinds = int(rng.poisson(varied.paste))
            extent = 1.0
        stamps = [self._stamp(window, rng) for _ in range(min(kinds, number))]
        corner = rng.uniform(0, 1, 2) * (1 - extent)
        for k in range(number):
            stamp = stamps[k % len(stamps)]
            spot = np.clip((corner + extent * rng.uniform(0, 1, 2)) * shape, 4, shape - 5)
            if stamp is not None:
                xy = augment.paste(crop, xy, stamp, spot, rng)
        return xy

    def _stamp(self, window: _Window, rng: np.random.Generator) -> augment.Stamp | None:
        if rng.random() < self.settings.augment.simulated:
            return augment.simulated(rng)
        return self._donor(window, rng)

    def _donor(self, window: _Window, rng: np.random.Generator) -> augment.Stamp | None:
        if not len(window.labels):
            return None
        row = self._label(window, rng)
        frame = self.frames[int(row[0])]
        if (np.hypot(*(frame.xy - row[1:]).T) < _ALONE).sum() > 1:
            return None  # its neighbour would come along without a label
        return augment.extract_target(frame.image, row[1:])


def _odds(sets: npt.NDArray[np.str_], weights: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Odds of each row, so that a dataset of n rows is drawn in proportion to its weight · √n."""
    names, which, counts = np.unique(sets, return_inverse=True, return_counts=True)
    own = np.array([weights.get(name, 1.0) for name in names])
    return _unit((own / np.sqrt(counts))[which])


def _unit(odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return odds / odds.sum() if len(odds) else odds
