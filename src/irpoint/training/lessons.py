"""What a student learns from a teacher more than once: taught crops, turned anew each time.

A large teacher takes most of the time of a step. Its response to a crop is therefore kept, and the
student learns it several times, in different orientations.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from irpoint.training.teachers import turned

_KEPT = 512  # crops of each shape, the latest; in float16, 512² crops take 0.3 GB
_STREAM = 4  # separates these random numbers from those of crops, batches and frames


class Lessons:
    """The latest taught crops of each shape, from which batches are drawn.

    Args:
        reuse: times that a crop is learned, on average.
        seed: seed of the run. What is drawn depends on it, the step, and the crops that are kept.
    """

    def __init__(self, reuse: int, seed: int) -> None:
        self._reuse = reuse
        self._seed = seed
        self._images: dict[torch.Size, Tensor] = {}
        self._maps: dict[torch.Size, Tensor] = {}

    def __call__(self, image: Tensor, target_map: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Keep new crops, and draw a batch of one shape from all that are kept.

        Args:
            image: (n, 1, h, w) new crops.
            target_map: (n, 1, h/4, w/4) what is to be learned from them.
            step: number of the step.

        Returns:
            ``reuse`` times as many crops and maps, each turned and mirrored at random; a crop that
            is not square is turned by 180° only.
        """
        shape = image.shape[-2:]
        for kept, new in ((self._images, image), (self._maps, target_map)):
            old = kept.get(shape, new[:0].half())
            kept[shape] = torch.cat((old, new.half()))[-_KEPT:]
        rng = np.random.default_rng((self._seed, step, _STREAM))
        shapes = list(self._images)
        odds = np.array([len(self._images[one]) for one in shapes], float)
        shape = shapes[rng.choice(len(shapes), p=odds / odds.sum())]
        images, maps = self._images[shape], self._maps[shape]
        size = self._reuse * len(image)
        drawn = rng.integers(len(images), size=size)
        orientations = np.arange(8) if shape[0] == shape[1] else np.arange(0, 8, 2)
        ways = rng.choice(orientations, size)

        def chosen(kept: Tensor) -> Tensor:
            pairs = zip(drawn, ways, strict=True)
            return torch.stack([turned(kept[k], way) for k, way in pairs]).float()

        return chosen(images), chosen(maps)
