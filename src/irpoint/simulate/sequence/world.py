"""The scene of a sequence: larger than a frame, and a function of time.

The scene has the pixel size of the frames. Land, haze and cirrus are fixed in it. Clouds lie on a
plane above the camera, the sea on one below it; their textures drift and evolve.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.simulate.sequence.fields import EvolvingTexture, Floats, Plane
from irpoint.simulate.sequence.settings import SequenceSettings
from irpoint.simulate.settings import SceneKind
from irpoint.simulate.sky import smoothstep
from irpoint.simulate.spectrum import Field, power_law_field, power_law_profile

Image = npt.NDArray[np.float32]
_TILE = (512, 1024)
_MIXED: tuple[SceneKind, ...] = ("clear", "clouds", "sea", "land")


@dataclass(frozen=True)
class Extent:
    """The part of the scene that the camera sees during a sequence.

    Attributes:
        left, top: place of its first column and row; the frame at rest begins at 0, 0.
        width, height: its size in pixels.
        frame: (height, width) of a frame, the unit in which layouts are drawn.
    """

    left: int
    top: int
    width: int
    height: int
    frame: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def rows(self) -> Floats:
        """Places of the rows (height,)."""
        return np.arange(self.height, dtype=np.float64) + self.top

    @property
    def columns(self) -> Floats:
        """Places of the columns (width,), from the middle of the frame at rest."""
        return np.arange(self.width, dtype=np.float64) + (self.left - self.frame[1] / 2)


@dataclass(frozen=True)
class Window:
    """A rectangle of an extent, in its rows and columns."""

    rows: slice
    columns: slice


@dataclass(frozen=True, eq=False)
class View:
    """What a window shows at a time.

    Attributes:
        structure: float32 (h, w), radiance of the scene in arbitrary units.
        cover: float32 (h, w), 0..1, how much of the light from far away is hidden.
    """

    structure: Image
    cover: Image


class Clouds:
    """Broken cumulus on a plane above the camera, smaller towards the horizon."""

    def __init__(
        self,
        extent: Extent,
        settings: SequenceSettings,
        rng: np.random.Generator,
        horizon: float,
        cover: float,
    ) -> None:
        height, width = extent.frame
        self.columns = extent.columns
        self.texture = EvolvingTexture(_TILE, settings.beta + 0.2, rng, rng.uniform(1.3, 2.2))
        self.texture.as_clouds(settings.cloud_life * 1024 / max(extent.frame), rng)
        nearest = horizon + 0.6 * height
        elevation = np.maximum(horizon - extent.rows, 0.0) + 0.6 * height
        distance = height / elevation
        self.plane = Plane(
            nearest * distance, nearest * distance / elevation, distance, 2.0 * width
        )
        middle = height / (max(horizon - height / 2, 0.0) + 0.6 * height)
        # A cloud that moves down in the image moves away, towards the horizon.
        along = nearest * middle**2 / height
        self.speed = settings.wind[0] * middle, settings.wind[1] * along
        self.level = float(np.quantile(self.texture.at(0.0)[::4, ::4], 1.0 - cover))
        self.edges = self.level - rng.uniform(0.2, 0.5), self.level + rng.uniform(0.7, 1.3)

    def over(self, sky: Image, window: Window, time: float) -> tuple[Image, Image]:
        """The sky of a window with clouds before it, and the opacity of the clouds."""
        drift = self.speed[0] * time, self.speed[1] * time
        plane = self.plane.rows(window.rows)
        body = plane.view(self.texture.at(time), self.columns[window.columns], drift)
        opacity = smoothstep(body, *self.edges)
        # Thick cloud radiates at the temperature of its base; thin cloud transmits the cold sky.
        cloud = np.float32(0.72) + np.float32(0.16) * np.clip(body - self.level, 0.0, 2.5)
        return sky + opacity * np.maximum(cloud - sky, 0), opacity


class Sea:
    """Open water: swell that travels, on a plane below the camera, and a reflection of the sky."""

    def __init__(
        self, extent: Extent, settings: SequenceSettings, rng: np.random.Generator, line: Floats
    ) -> None:
        height = extent.frame[0]
        self.columns = extent.columns
        self.texture = EvolvingTexture(_TILE, 1.9, rng, rng.uniform(3.0, 5.0))
        self.texture.as_waves(settings.wave_period, rng.uniform(0, 2 * np.pi))
        depth = np.maximum(extent.rows - line.mean(), 0.0) + 0.1 * height
        distance = 0.3 * height / depth
        self.plane = Plane(
            height * distance, height * distance / depth, distance, 2.0 * extent.frame[1]
        )
        near = np.maximum(extent.rows[:, None] - line, 0.0) / height
        patches = _texture(extent, settings.beta, rng, stretch=6.0)
        # At grazing incidence water reflects the sky; near the camera it shows its own temperature.
        tone = rng.uniform(0.35, 0.75)
        base = tone + 0.3 * near + 0.15 * np.exp(-near / 0.03) + 0.04 * patches
        self.base = base.astype(np.float32)
        self.contrast = np.float32(rng.uniform(0.06, 0.13))

    def __call__(self, window: Window, time: float) -> Image:
        swell = self.plane.rows(window.rows).view(
            self.texture.at(time), self.columns[window.columns]
        )
        swell *= self.contrast
        swell += self.base[window.rows, window.columns]
        return swell


def _texture(extent: Extent, beta: float, rng: np.random.Generator, stretch: float = 1.0) -> Field:
    """A power-law field in which no structure is much larger than a frame."""
    largest = float(max(extent.frame))
    return EvolvingTexture(extent.shape, beta, rng, stretch, largest).at(0.0)


def _gradient(extent: Extent, horizon: float, rng: np.random.Generator) -> Field:
    """Path radiance of a clear sky: 1 at the row ``horizon``, and decreasing above it."""
    elevation = np.maximum(horizon - extent.rows, 0.0) / extent.frame[0]
    depth = rng.uniform(0.3, 0.6)
    lean = rng.uniform(-0.06, 0.06) * np.sin(extent.columns / extent.frame[1] * np.pi)
    return (np.exp(-elevation / depth)[:, None] + lean).astype(np.float32)


@dataclass(frozen=True, eq=False)
class World:
    """The scene at any time.

    Attributes:
        kind: what it shows.
        extent: how much of the scene there is.
        sky: float32 (height, width), what lies behind the clouds.
        clouds: None if there are none.
        below: float32 (height, width), share of each pixel that is below the horizon or a ridge;
            None if nothing is.
        surface: float32 (height, width) or a function of time: what lies there.
        sky_gain: radiance of the sky.
    """

    kind: SceneKind
    extent: Extent
    sky: Image
    clouds: Clouds | None = None
    below: Image | None = None
    surface: Image | Callable[[Window, float], Image] | None = None
    sky_gain: float = 1.0

    def view(self, window: Window, time: float) -> View:
        """What a window shows at a time in frames."""
        if self.below is None or self.surface is None:
            return View(*self._sky(window, time))
        below = self.below[window.rows, window.columns]
        full = below.min(axis=1) >= 1.0
        none = below.max(axis=1) <= 0.0
        start = window.rows.start
        top = int(np.argmin(none)) if not none.all() else len(below)  # the first row with surface
        end = len(below) - int(np.argmin(full[::-1])) if not full.all() else 0  # and the last sky
        structure = np.empty(below.shape, np.float32)
        cover = np.ones(below.shape, np.float32)
        sky, opacity = self._sky(Window(slice(start, start + end), window.columns), time)
        structure[:end], cover[:end] = sky, opacity
        lower = Window(slice(start + top, start + len(below)), window.columns)
        surface = (
            self.surface(lower, time)
            if callable(self.surface)
            else self.surface[lower.rows, lower.columns]
        )
        edge = slice(top, end)
        structure[end:] = surface[end - top :]
        share = below[edge]
        structure[edge] = structure[edge] * (1 - share) + surface[: end - top] * share
        cover[edge] = np.maximum(cover[edge], share)
        return View(structure, cover)

    def _sky(self, window: Window, time: float) -> tuple[Image, Image]:
        sky = self.sky[window.rows, window.columns]
        if self.clouds is None or not sky.size:
            return sky * np.float32(self.sky_gain), np.zeros(sky.shape, np.float32)
        sky, opacity = self.clouds.over(sky, window, time)
        return sky * np.float32(self.sky_gain), opacity


def _cloudy(
    extent: Extent,
    settings: SequenceSettings,
    rng: np.random.Generator,
    horizon: float,
    cover: float,
) -> tuple[Image, Clouds]:
    sky = np.float32(0.7) * _gradient(extent, horizon, rng)
    field = _texture(extent, settings.beta + 0.3, rng, stretch=4.0)
    cirrus = smoothstep(field, -0.2, 2.8)
    sky = sky + np.float32(0.5) * cirrus * (np.float32(1.1) - sky)
    return sky, Clouds(extent, settings, rng, horizon, cover)


def _clear(extent: Extent, settings: SequenceSettings, rng: np.random.Generator) -> World:
    sky = _gradient(extent, extent.frame[0] * rng.uniform(1.0, 1.3), rng)
    haze = _texture(extent, settings.beta + 0.6, rng, stretch=3.0)
    return World("clear", extent, sky + np.float32(rng.uniform(0.01, 0.06)) * haze)


def _clouds(extent: Extent, settings: SequenceSettings, rng: np.random.Generator) -> World:
    horizon, cover = extent.frame[0] * rng.uniform(1.05, 1.6), rng.uniform(0.3, 0.7)
    return World("clouds", extent, *_cloudy(extent, settings, rng, horizon, cover))


def _sea(extent: Extent, settings: SequenceSettings, rng: np.random.Generator) -> World:
    level = extent.frame[0] * rng.uniform(0.25, 0.5)
    tilt = math.tan(math.radians(rng.uniform(-1.2, 1.2)))
    # A frame's width from the middle, the horizon levels out, so that a pan stays on it.
    width = extent.frame[1]
    line = level + tilt * width * np.tanh(extent.columns / width)
    sky, clouds = _cloudy(extent, settings, rng, level, rng.uniform(0.1, 0.5))
    water = Sea(extent, settings, rng, line)
    return World("sea", extent, sky, clouds, _below(extent, line), water)


def _below(extent: Extent, line: npt.NDArray[np.floating]) -> Image:
    """1 below ``line`` (a row per column), 0 above, with a blur of about a pixel."""
    return smoothstep((extent.rows[:, None] - line).astype(np.float32), -1.1, 1.1)


def _land(extent: Extent, settings: SequenceSettings, rng: np.random.Generator) -> World:
    height = extent.frame[0]
    level = height * rng.uniform(0.3, 0.6)
    sky, clouds = _cloudy(extent, settings, rng, level, rng.uniform(0.1, 0.5))
    scene, below = _ridges(extent, level - 0.14 * height, level, settings.beta, rng)
    edge = level + 0.03 * height + 0.01 * height * _profile(extent, 2.4, rng)
    parcels = power_law_field(_TILE, settings.beta, rng) - rng.uniform(-0.5, 0.8)
    scrub = power_law_field(_TILE, 1.8, rng)
    tile = np.asarray(-0.10 * np.tanh(3.0 * parcels) + 0.11 * scrub, dtype=np.float32)
    depth = np.maximum(extent.rows - level, 0.0) + 0.3 * height
    distance = 0.6 * height / depth
    plane = Plane(height * distance, height * distance / depth, distance, 2.0 * extent.frame[1])
    relief = _texture(extent, settings.beta, rng, stretch=3.0)
    plain = 0.95 + 0.06 * relief + plane.view(tile, extent.columns)
    near = _below(extent, edge)
    surface = np.asarray(scene * (1 - near) + plain * near, dtype=np.float32)
    return World("land", extent, sky, clouds, np.maximum(below, near), surface, 0.8)


def _profile(extent: Extent, beta: float, rng: np.random.Generator) -> Field:
    """A random line with structures of the size that they have in a single frame."""
    width = extent.frame[1]
    length = width * math.ceil(2 * extent.width / width)
    line = power_law_profile(length, beta, rng)
    # Structures longer than a frame would lift a whole frame of land out of view.
    coarse = max(1, round(width / 8))
    mean = np.convolve(np.pad(line, 4 * coarse, mode="edge"), np.ones(8 * coarse) / (8 * coarse))
    line = line - mean[8 * coarse - 1 :][:length]
    return np.asarray(line / line.std(), dtype=np.float32)[: extent.width]


def _ridges(
    extent: Extent, top: float, bottom: float, beta: float, rng: np.random.Generator
) -> tuple[Image, Image]:
    """Ridges between two rows, far ones colder and smoother, and the share that they cover."""
    height = extent.frame[0]
    scene, cover = np.zeros(extent.shape, np.float32), np.zeros(extent.shape, np.float32)
    texture = _texture(extent, max(beta - 0.4, 0.0), rng, stretch=2.0)
    count = int(rng.integers(2, 5))
    for number in range(count):
        near = (number + 1) / count
        base = top + (bottom - top) * near
        relief = (bottom - top) * (0.5 - 0.3 * near)
        line = base + relief * _profile(extent, 2.8, rng) + 0.8 * near * _profile(extent, 1.2, rng)
        slope = np.clip((extent.rows[:, None] - line) / (0.4 * height), 0.0, 1.0)
        hill = 0.75 + near * rng.uniform(0.1, 0.35) + near * 0.07 * texture - 0.15 * slope
        below = _below(extent, line)
        # Where nothing is covered yet, the ridge's own value lies behind its blurred edge.
        behind = np.where(cover > 0, scene, hill)
        scene = np.asarray(behind * (1 - below) + hill * below, dtype=np.float32)
        cover = np.maximum(cover, below)
        texture = texture[:, ::-1]
    return scene, cover


def _clutter(extent: Extent, settings: SequenceSettings, rng: np.random.Generator) -> World:
    return World("clutter", extent, _texture(extent, settings.beta, rng))


_BUILDERS: dict[SceneKind, Callable[[Extent, SequenceSettings, np.random.Generator], World]] = {
    "clear": _clear,
    "clouds": _clouds,
    "sea": _sea,
    "land": _land,
    "clutter": _clutter,
}


def build_world(extent: Extent, settings: SequenceSettings, rng: np.random.Generator) -> World:
    """Draw the scene of a sequence; ``mixed`` is one of clear, clouds, sea and land."""
    kind = settings.scene
    if kind == "mixed":
        kind = _MIXED[int(rng.integers(len(_MIXED)))]
    return _BUILDERS[kind](extent, settings, rng)
