"""Augmentation of one training crop: cut from a frame, with pasted targets and jitter.

Labels move with the pixels. All random numbers come from the given generator, so that a crop
depends on its number only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.psf import gaussian_psf_image
from irpoint.training.settings import AugmentSettings

Image = npt.NDArray[np.float32]
Points2D = npt.NDArray[np.float64]
Stamp = tuple[Image, Points2D]
"""A target without its background, with sides of 2 · PATCH + 1 pixels, and its label in it."""

PATCH = 20  # pixels from the centre to the edge of the patch around an extracted target
_MIN_STEP = 1.1  # pixels between samples, below which smoothing changes nothing
_MIN_GAP = 12.0  # minimum distance of a pasted target from any other: three cells


def cut(
    image: npt.NDArray[np.floating],
    xy: Points2D,
    centre: Points2D,
    rows_columns: tuple[int, int],
    settings: AugmentSettings,
    rng: np.random.Generator,
) -> tuple[Image, Points2D]:
    """Cut a crop around ``centre``, turned, mirrored and usually scaled and rotated.

    Square crops are turned in steps of 90°. Other crops are turned in steps of 180°, because a wide
    crop would not fit into a wide frame otherwise.

    Args:
        image: (h, w) network frame.
        xy: (N, 2) labels in the frame.
        centre: (2,) centre of the crop in the frame; moved so that the crop stays inside.
        rows_columns: shape of the crop.
        settings: shares and limits of the changes.
        rng: source of random numbers.

    Returns:
        The crop (rows, columns) and its labels, including labels up to 24 pixels outside, whose
        responses reach into the crop.
    """
    rows, columns = rows_columns
    quarters = int(rng.integers(4)) if rows == columns else 2 * int(rng.integers(2))
    turn = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), quarters)
    turn = turn @ np.diag([rng.choice((-1.0, 1.0)), 1.0])
    shape = np.array(image.shape[::-1], float)
    if rng.random() < settings.warp_share:
        angle = np.deg2rad(rng.uniform(-settings.rotation, settings.rotation))
        cosine, sine = np.cos(angle), np.sin(angle)
        zoom = np.exp(rng.uniform(-1, 1) * np.log(settings.scale))
        if settings.antialias:
            zoom = max(zoom, min(1.0, max(columns / shape[0], rows / shape[1])))
        turn = turn @ np.array([[cosine, -sine], [sine, cosine]]) / zoom
    middle = np.array([columns - 1, rows - 1]) / 2
    reach = np.abs(turn) @ middle  # half extent of the crop in the frame
    centre = np.clip(
        centre, np.minimum(reach, (shape - 1) / 2), np.maximum(shape - 1 - reach, (shape - 1) / 2)
    )
    corner = centre - turn @ middle
    if (np.abs(turn) == np.round(np.abs(turn))).all():
        corner = np.round(corner)
        crop = copy_window(image, turn, corner, rows_columns)
    else:
        crop = sample_bilinear(image, turn, corner, rows_columns, antialias=settings.antialias)
    moved = (xy - corner) @ np.linalg.inv(turn).T
    near = ((moved > -24) & (moved < 2 * middle + 24)).all(axis=1)
    return crop, moved[near]


def copy_window(
    image: npt.NDArray[np.floating], turn: Points2D, corner: Points2D, shape: tuple[int, int]
) -> Image:
    """A faster :func:`sample_bilinear` for turns by multiples of 90°, without interpolation."""
    (height, width), turned = image.shape, turn[0, 0] == 0
    down, right = np.arange(shape[0]), np.arange(shape[1])
    along_x, along_y = (down, right) if turned else (right, down)
    columns = np.clip(corner[0] + turn[0].sum() * along_x, 0, width - 1).astype(int)
    rows = np.clip(corner[1] + turn[1].sum() * along_y, 0, height - 1).astype(int)
    window = image[np.ix_(rows, columns)]
    return np.ascontiguousarray(window.T if turned else window, np.float32)


def sample_bilinear(
    image: npt.NDArray[np.floating],
    turn: Points2D,
    corner: Points2D,
    shape: tuple[int, int],
    antialias: bool = False,
) -> Image:
    """Bilinear samples of ``image`` at turn · (x, y) + corner; edges repeat beyond it.

    With ``antialias``, a shrunk crop is as smooth as :func:`irpoint.frames.scale.fit` makes it.
    """
    down, right = shape[0] - 1, shape[1] - 1
    corners = corner + np.array([[0, 0], [right, 0], [0, down], [right, down]]) @ turn.T
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, np.array(image.shape[::-1]) - 1)
    high = np.ceil(corners.max(axis=0)).astype(int) + 2
    window = image[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    step = np.sqrt(abs(np.linalg.det(turn)))  # pixels of the image per pixel of the crop
    if antialias and step > _MIN_STEP:
        # The triangular filter of a bilinear resize has a variance of step² / 6; the samples' own
        # interpolation has 1 / 6.
        window = ndimage.gaussian_filter(window, np.sqrt((step**2 - 1) / 6), truncate=2.0)
    matrix, offset = turn[::-1, ::-1], (corner - low)[::-1]
    crop: Image = ndimage.affine_transform(
        window, matrix, offset, shape, order=1, mode="nearest", prefilter=False
    )
    return crop


def extract_target(image: npt.NDArray[np.floating], xy: Points2D) -> Stamp | None:
    """Separate a target from its background, to paste it elsewhere.

    The background is the median of the patch's rim. Pixels that resemble the target and are
    connected with it are kept; others, and all towards the rim, fade to zero.

    Args:
        image: (h, w) network frame.
        xy: (2,) label of the target.

    Returns:
        The target without its background, and its label in the patch. None if the target is at the
        border or has too little contrast.
    """
    column, row = (int(v) for v in np.round(xy))
    height, width = image.shape
    if not (PATCH <= column < width - PATCH and PATCH <= row < height - PATCH):
        return None
    window = (slice(row - PATCH, row + PATCH + 1), slice(column - PATCH, column + PATCH + 1))
    patch = image[window].astype(np.float32)
    reach = np.arange(-PATCH, PATCH + 1)
    radius = np.hypot(reach[:, None], reach[None, :])
    rim = patch[(radius > 0.7 * PATCH) & (radius <= PATCH)]
    background, spread = float(np.median(rim)), float(rim.std())
    patch -= background
    core = patch[radius < 3]
    contrast = float(core[np.argmax(np.abs(core))])
    if abs(contrast) < max(0.1, 2 * spread):
        return None
    fade = np.clip((PATCH - radius) / (0.4 * PATCH), 0, 1)
    likeness = np.clip(3 * patch / contrast - 0.4, 0, 1)
    pieces, _ = ndimage.label(likeness)
    target = np.isin(pieces, pieces[(radius < 3) & (likeness > 0)])
    likeness *= ndimage.binary_dilation(target, iterations=2)
    return patch * likeness.astype(np.float32) * fade.astype(np.float32), xy - np.round(xy) + PATCH


def simulated(rng: np.random.Generator) -> Stamp:
    """A simulated target, in the form of :func:`extract_target`."""
    at = PATCH + rng.uniform(-0.5, 0.5, 2)
    sigma, amplitude = np.exp(rng.uniform(np.log((0.5, 0.3)), np.log((3.0, 3.0))))
    side = 2 * PATCH + 1
    return gaussian_psf_image((side, side), at, sigma, amplitude, np.float32), at


def paste(
    crop: Image, xy: Points2D, stamp: Stamp, spot: Points2D, rng: np.random.Generator
) -> Points2D:
    """Add an extracted or simulated target to ``crop``, in place.

    Args:
        crop: (rows, columns); unchanged if another target is too close.
        xy: (N, 2) labels in the crop.
        stamp: the target; it is mirrored and scaled in brightness at random.
        spot: (2,) position of its centre in the crop, rounded to pixels.
        rng: source of random numbers.

    Returns:
        (N, 2) or (N + 1, 2) labels, with that of the target if it was added.
    """
    patch, at = stamp
    if rng.random() < 0.5:
        patch, at = patch[:, ::-1], np.array([2 * PATCH - at[0], at[1]])
    if rng.random() < 0.5:
        patch, at = patch.T, at[::-1]
    corner = np.round(spot).astype(int) - PATCH
    label = corner + at
    if len(xy) and (np.hypot(*(xy - label).T) < _MIN_GAP).any():
        return xy
    left, top = corner
    rows = slice(max(top, 0), top + 2 * PATCH + 1)
    columns = slice(max(left, 0), left + 2 * PATCH + 1)
    under = crop[rows, columns]
    part = patch[rows.start - top :, columns.start - left :][: under.shape[0], : under.shape[1]]
    under += part * np.float32(rng.uniform(0.5, 1.3))
    return np.vstack([xy, label])


def jitter(
    crop: Image, settings: AugmentSettings, rng: np.random.Generator, enlargement: float = 1.0
) -> Image:
    """Change gain, offset, noise and bad pixels at random, within the range of different cameras.

    Args:
        crop: (rows, columns), normalised.
        settings: limits of the changes.
        rng: source of random numbers.
        enlargement: network pixels per camera pixel, the width of a bad pixel.
    """
    crop = crop * np.float32(np.exp(rng.uniform(-1, 1) * np.log(settings.gain)))
    crop += np.float32(rng.normal(0, settings.offset))
    if rng.random() < 0.5:
        deviation = abs(rng.normal(0, settings.noise))
        crop += rng.standard_normal(crop.shape, np.float32) * np.float32(deviation)
    if rng.random() < settings.bad_pixels:
        for _ in range(int(rng.integers(1, 6))):
            add_bad_pixels(crop, enlargement, rng)
    return np.clip(crop, -1.0, 5.0)


def add_bad_pixels(crop: Image, enlargement: float, rng: np.random.Generator) -> None:
    """Add one dead or hot camera pixel in place, in the shape that a bilinear resize gives it."""
    width = max(enlargement, 1.0)
    value = rng.uniform(-1.0, 0.0) if rng.random() < 0.5 else rng.uniform(1.0, 5.0)
    down, across = (
        np.clip(1 - np.abs(np.arange(side) - ((k + 0.5) * width - 0.5)) / width, 0, 1)
        for side, k in ((side, rng.integers(max(1, int(side / width)))) for side in crop.shape)
    )
    rows, columns = np.flatnonzero(down), np.flatnonzero(across)
    weight = np.outer(down[rows], across[columns]).astype(np.float32)
    crop[np.ix_(rows, columns)] += weight * (np.float32(value) - crop[np.ix_(rows, columns)])
