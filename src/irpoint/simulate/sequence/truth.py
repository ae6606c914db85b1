"""A frame of a simulated sequence and its truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from irpoint.points import Points
from irpoint.simulate.artefacts.canvas import Frame, Mask
from irpoint.simulate.sequence.camera import Pose
from irpoint.simulate.sequence.settings import Motion
from irpoint.simulate.settings import SceneKind

_VISIBLE = 0.5  # share of its light from which a target counts as visible


@dataclass(frozen=True)
class TrackedTarget:
    """A target in one frame.

    Attributes:
        track: number of its track, from 1.
        x, y: place at mid-exposure in pixels; x right, y down, pixel centres at integers.
        vx, vy: speed over the frame at mid-exposure in pixels per frame.
        snr: signal of its brightest pixel over the temporal noise there. Hidden light does not
            count, and motion blur lowers it.
        scnr: the same signal over the combination of temporal noise, fixed pattern and local
            clutter (standard deviation of the background within 20 pixels).
        psf_sigma: standard deviation of its point spread function in pixels.
        electrons: total charge that it would add to the frame if nothing hid it; negative for a
            dark target.
        uncovered: share of its light that is not hidden by clouds, land or artefacts, 0..1.
        motion: how it moves.
    """

    track: int
    x: float
    y: float
    vx: float
    vy: float
    snr: float
    scnr: float
    psf_sigma: float
    electrons: float
    uncovered: float
    motion: Motion

    @property
    def visible(self) -> bool:
        """Whether at least half of its light is."""
        return self.uncovered >= _VISIBLE


@dataclass(frozen=True, eq=False)
class SequenceFrame:
    """A simulated frame of a sequence and its truth.

    Attributes:
        index: number of the frame, from 0.
        frame: (height, width), as :class:`irpoint.simulate.Scene` has it.
        targets: those that emit light and whose place is inside the frame, in the order of their
            tracks, also if they are hidden.
        camera: pose at mid-exposure.
        background: float32 (height, width) in electrons, without targets and noise.
        kind: kind of scene.
        mask: bool (height, width), true for pixels that an artefact covers.
    """

    index: int
    frame: Frame
    targets: tuple[TrackedTarget, ...]
    camera: Pose
    background: npt.NDArray[np.float32]
    kind: SceneKind
    mask: Mask

    @cached_property
    def visible(self) -> tuple[TrackedTarget, ...]:
        """The targets that are visible."""
        return tuple(target for target in self.targets if target.visible)

    @property
    def points(self) -> Points:
        """Places of the visible targets, with a score of 1."""
        dark = np.array([target.electrons < 0 for target in self.visible], bool)
        labels = Points.labels([(target.x, target.y) for target in self.visible])
        return Points(labels.xy, labels.score, dark)

    @property
    def track_ids(self) -> tuple[int, ...]:
        """Track numbers of :attr:`points`."""
        return tuple(target.track for target in self.visible)
