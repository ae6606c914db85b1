"""Numbered training crops: crop k of a run is the same in every process and after a resume."""

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
from irpoint.training.settings import AugmentSettings, TrainSettings
from irpoint.training.simulated_frames import SIMULATED
from irpoint.training.strange_cameras import as_another_camera

Table = npt.NDArray[np.float64]  # rows (frame index, x, y); for false alarms also the score
# A missed label is shown at most this many times as often as the others, because most labels that
# are still missed at the end of a training belong to invisible targets.
_MAX_MISSED_ODDS = 5
_MIN_SIDE = 0.9  # minimum side of a frame, as a fraction of the crop's side; the edge is repeated
_BATCH_STREAM = 1  # separates the random numbers of batches from those of crops
_SWARM_AREA = 64**2  # network pixels of a crop per target of the largest swarm
_CLEARANCE = 24.0  # network pixels around an extracted target without other targets


class EpochNumbers(Sampler[int]):
    """Sampler of the crop numbers of an epoch, which start at epoch · length.

    Each of several processes samples its part of every batch, so that together they process the
    same batches as a single process.
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
        size = self.batch // parts
        for number in range(self.length):
            if number % self.batch // size == part:
                yield self.epoch * self.length + number


@dataclass(frozen=True)
class CropShape:
    """One shape of crops and the frames that are large enough for it.

    Attributes:
        shape: rows and columns.
        share: relative share of the batches with this shape.
        frames: (F,) indices of the frames.
        frame_odds: (F,) probability of each frame.
        labels: (N, 3) rows (frame index, x, y), the labels in these frames.
        label_odds: (N,) probability of each label.
        augment: how its crops are augmented.
    """

    shape: tuple[int, int]
    share: float
    frames: npt.NDArray[np.int64]
    frame_odds: npt.NDArray[np.float64]
    labels: Table
    label_odds: npt.NDArray[np.float64]
    augment: AugmentSettings

    def within(self, table: Table) -> Table:
        """Rows of a table whose first column is the index of one of these frames."""
        return table[np.isin(table[:, 0], self.frames)]


class Crops(Dataset[tuple[Tensor, ...]]):
    """Crop number k → (frame (1, h, w), target map (1, h/4, w/4), taught); one shape per batch.

    ``taught`` says whether teachers help to learn the crop. They do not help with simulated frames,
    whose labels are exact, whereas a teacher misses their faint targets.

    Datasets are drawn in proportion to their weight times the square root of the number of their
    targets (for background crops, of their frames), so that a large dataset does not dominate.

    Attributes:
        labels: (N, 3) rows (frame index, x, y), all labels in network pixels.
        false_alarms: (M, 4) rows (frame index, x, y, score), false alarms of the last search. Some
            of the background crops show them; those with high scores are shown more often.
        missed: (M, 3) rows (frame index, x, y), labels that the last search did not find.
        numbers: sampler of the crop numbers, epoch by epoch.
        stages: first epoch of each stage of the run, and its crop shapes of which at least one
            frame is large enough.

    Raises:
        SettingsError: if ``dataset_weights`` names a dataset without frames.
    """

    def __init__(self, frames: Sequence[NetworkFrame], settings: TrainSettings) -> None:
        self.frames = frames
        self.settings = settings
        self._target_map = find_target_map(settings.target_map, find_method(settings.method))
        self.labels = label_table(frames)
        self._sets = np.array([frame.label.dataset for frame in frames])
        self.false_alarms: Table = np.empty((0, 4))
        self.missed: Table = np.empty((0, 3))
        self.numbers = EpochNumbers(settings.new_crops_per_epoch, settings.new_batch)
        self.stages = [
            (first, self._crop_shapes(stage.crop, stage.augment))
            for first, stage in settings.in_stages()
        ]

    @property
    def shapes(self) -> list[CropShape]:
        """The crop shapes of the first stage."""
        return self.stages[0][1]

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """Rows and columns of the crops of all stages."""
        return {shape.shape for _, shapes in self.stages for shape in shapes}

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((self.settings.seed, number))
        shape = self._shape_of(number)
        varied = shape.augment
        index, centre = self.draw_position(shape, rng)
        frame = self.frames[index]
        crop, xy = augment.cut(frame.image, frame.xy, centre, shape.shape, varied, rng)
        xy = self._pasted(crop, xy, shape, rng, frame.label.dataset)
        if varied.camera_share and rng.random() < varied.camera_share:
            crop, xy = as_another_camera(crop, xy, frame.enlargement, rng)
        crop = augment.jitter(crop, varied, rng, frame.enlargement)
        target_map = self._target_map.draw(crop, xy, self._sigma(frame))
        taught = torch.tensor(frame.label.dataset != SIMULATED)
        return torch.from_numpy(crop)[None], torch.from_numpy(target_map)[None], taught

    def frame_of(self, number: int) -> NetworkFrame:
        """The frame that crop ``number`` shows."""
        rng = np.random.default_rng((self.settings.seed, number))
        return self.frames[self.draw_position(self._shape_of(number), rng)[0]]

    def _sigma(self, frame: NetworkFrame) -> float:
        """Width of the response to a target, in cells."""
        if not self.settings.sigma_scales:
            return self.settings.sigma
        return min(max(self.settings.sigma * frame.enlargement, 1.0), 2.0)

    def _crop_shapes(
        self, shapes: Sequence[tuple[int, int]], varied: AugmentSettings
    ) -> list[CropShape]:
        """Assign every frame to the shapes that fit into it, or else to the smallest shape.

        The odds of a frame are divided among its shapes, so that it is drawn as often as others.
        """
        sides = np.array([frame.image.shape for frame in self.frames]).reshape(-1, 2)
        fits = np.array([(sides >= _MIN_SIDE * np.array(shape)).all(axis=1) for shape in shapes])
        fits[np.argmin([rows * columns for rows, columns in shapes])] |= ~fits.any(axis=0)
        sets = self._sets
        unknown = sorted(self.settings.dataset_weights.keys() - set(sets))
        if unknown:
            known = ", ".join(np.unique(sets))
            raise SettingsError(
                f"setting dataset_weights: no frame of dataset {unknown[0]!r}; loaded are {known}"
            )
        of_label = self.labels[:, 0].astype(int)
        aimed = varied.target_share
        frame_odds = self._odds(sets) / fits.sum(axis=0)
        label_odds = self._odds(sets[of_label]) / fits.sum(axis=0)[of_label]
        assigned = []
        for shape, chosen in zip(shapes, fits, strict=True):
            if chosen.any():
                labels, odds = self.labels[chosen[of_label]], label_odds[chosen[of_label]]
                indices, frames = np.flatnonzero(chosen), frame_odds[chosen]
                share = aimed * odds.sum() + (1 - aimed) * frames.sum()
                assigned.append(
                    CropShape(shape, share, indices, _unit(frames), labels, _unit(odds), varied)
                )
        return assigned

    def _odds(self, sets: npt.NDArray[np.str_]) -> npt.NDArray[np.float64]:
        """Odds of each row of a table, from the dataset of each row."""
        odds = _odds(sets, self.settings.dataset_weights)
        simulated = sets == SIMULATED
        if simulated.any() and not simulated.all():
            share = self.settings.simulated_share
            odds[simulated] *= share / odds[simulated].sum()
            odds[~simulated] *= (1 - share) / odds[~simulated].sum()
        return odds

    def _shape_of(self, number: int) -> CropShape:
        """The shape of the batch that crop ``number`` belongs to."""
        settings = self.settings
        epoch, index = divmod(number, settings.new_crops_per_epoch)
        batches = math.ceil(settings.new_crops_per_epoch / settings.new_batch)
        batch = epoch * batches + index // settings.new_batch
        which = np.random.default_rng((settings.seed, batch, _BATCH_STREAM))
        shapes = [shapes for first, shapes in self.stages if first <= epoch][-1]
        odds = _unit(np.array([shape.share for shape in shapes]))
        return shapes[which.choice(len(odds), p=odds)]

    def draw_position(self, shape: CropShape, rng: np.random.Generator) -> tuple[int, Table]:
        """Draw frame index and centre (x, y): near a label, near a false alarm, or anywhere."""
        varied = shape.augment
        # The limit keeps the label or false alarm inside the crop at any scale.
        reach = 0.4 * np.array(shape.shape[::-1]) / varied.scale
        false_alarms = shape.within(self.false_alarms)
        if len(shape.labels) and rng.random() < varied.target_share:
            missed = shape.within(self.missed)
            share = min(varied.missed_share, _MAX_MISSED_ODDS * len(missed) / len(shape.labels))
            if rng.random() < share:
                row = missed[rng.integers(len(missed))]
            else:
                row = self._label(shape, rng)
        elif len(false_alarms) and rng.random() < varied.hard_share:
            odds = false_alarms[:, 3] ** 2
            row = false_alarms[rng.choice(len(odds), p=odds / odds.sum())]
        else:
            index = int(rng.choice(shape.frames, p=shape.frame_odds))
            height, width = self.frames[index].image.shape
            return index, rng.uniform(0, 1, 2) * (width - 1, height - 1)
        return int(row[0]), row[1:3] + rng.uniform(-reach, reach)

    def _label(self, shape: CropShape, rng: np.random.Generator) -> Table:
        row: Table = shape.labels[rng.choice(len(shape.labels), p=shape.label_odds)]
        return row

    def _pasted(
        self,
        crop: augment.Image,
        xy: Table,
        shape: CropShape,
        rng: np.random.Generator,
        dataset: str,
    ) -> Table:
        """Paste targets into the crop: usually a few of any kind, sometimes a swarm.

        A swarm consists of one to three kinds and fills part of the crop. Without swarms, networks
        that weight channels by their means learn that a frame never has more than a few targets.
        """
        varied, size = shape.augment, np.array(crop.shape[::-1])
        if rng.random() < varied.swarm_share:
            number = int(rng.integers(2, max(3, crop.size // _SWARM_AREA)))
            kinds, extent = int(rng.integers(1, 4)), rng.uniform(0.25, 1.0)
        else:
            number = kinds = int(rng.poisson(varied.paste))
            extent = 1.0
        stamps = [self._stamp(shape, rng, dataset) for _ in range(min(kinds, number))]
        corner = rng.uniform(0, 1, 2) * (1 - extent)
        for k in range(number):
            stamp = stamps[k % len(stamps)]
            spot = np.clip((corner + extent * rng.uniform(0, 1, 2)) * size, 4, size - 5)
            if stamp is not None:
                xy = augment.paste(crop, xy, stamp, spot, rng)
        return xy

    def _stamp(
        self, shape: CropShape, rng: np.random.Generator, dataset: str
    ) -> augment.Stamp | None:
        varied = shape.augment
        if rng.random() < varied.simulated:
            return augment.simulated(rng)
        return self.draw_donor(shape, rng, dataset if varied.paste_from == "same" else None)

    def draw_donor(
        self, shape: CropShape, rng: np.random.Generator, dataset: str | None = None
    ) -> augment.Stamp | None:
        """Draw a target of any frame, or of any frame of a dataset.

        Returns:
            The target; None if it cannot be extracted without its neighbours, or there is none.
        """
        labels = shape.labels
        if dataset is not None:
            labels = labels[self._sets[labels[:, 0].astype(int)] == dataset]
        if not len(labels):
            return None
        row = self._label(shape, rng) if dataset is None else labels[rng.integers(len(labels))]
        frame = self.frames[int(row[0])]
        if (np.hypot(*(frame.xy - row[1:]).T) < _CLEARANCE).sum() > 1:
            return None  # a neighbour would be extracted with the target, without a label
        return augment.extract_target(frame.image, row[1:])


def _odds(sets: npt.NDArray[np.str_], weights: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Odds of each row, so that a dataset of n rows is drawn in proportion to its weight · √n."""
    names, which, counts = np.unique(sets, return_inverse=True, return_counts=True)
    weight = np.array([weights.get(name, 1.0) for name in names])
    return _unit((weight / np.sqrt(counts))[which])


def _unit(odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return odds / odds.sum() if len(odds) else odds
