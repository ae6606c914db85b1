"""Labels move to the target next to them, or the frame is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from irpoint.datasets import LabelledFrame
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.points import Points
from irpoint.training.recentring import recentred, target_near
from support.blobs import blob

SHAPE = (120, 160)


def scene(xy: npt.ArrayLike, sigma: float = 1.2, noise: float = 0.02) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(3)
    ramp = np.linspace(0, 1, SHAPE[1])[None, :]
    image = ramp + rng.normal(0, noise, SHAPE) + blob(SHAPE, np.atleast_2d(xy), sigma)
    return image.astype(np.float32)


def labelled(path: Path, xy: npt.ArrayLike, labels: npt.ArrayLike, name: str) -> LabelledFrame:
    grey = np.clip(scene(xy) * 60 + 40, 0, 255).astype(np.uint8) if len(np.ravel(xy)) else None
    if grey is None:
        grey = np.clip(scene([[-99, -99]]) * 60 + 40, 0, 255).astype(np.uint8)
    file = path / f"{name}.png"
    Image.fromarray(grey).save(file)
    points = Points.labels(np.reshape(np.asarray(labels, float), (-1, 2)))
    return LabelledFrame(name, file, SHAPE, points, "boxes")


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (2.0, -1.0), (-3.5, 3.0)])
def test_a_label_moves_to_the_centre_of_its_target(
    sigma: float, shift: tuple[float, float]
) -> None:
    xy = np.array([71.3, 50.6])
    found = target_near(scene(xy, sigma), (xy[0] + shift[0], xy[1] + shift[1]))
    assert found == pytest.approx(tuple(xy), abs=0.25)


def test_targets_at_the_border_are_found() -> None:
    assert target_near(scene([1.2, 118.4]), (3.0, 117.0)) == pytest.approx((1.2, 118.4), abs=0.7)


def test_frames_with_a_label_without_a_target_are_left_out(tmp_path: Path) -> None:
    good = labelled(tmp_path, [[40, 50]], [[42, 49]], "good")
    bare = labelled(tmp_path, [[40, 50]], [[42, 49], [120, 90]], "bare")
    twice = labelled(tmp_path, [[40, 50]], [[42, 49], [38, 50]], "twice")
    empty = labelled(tmp_path, [], [], "empty")
    with pytest.warns(IrpointWarning, match="2 of 4 frames are left out"):
        kept = recentred([good, bare, twice, empty], ["boxes"])
    assert [frame.name for frame in kept] == ["good", "empty"]
    assert kept[0].points.xy[0] == pytest.approx((40, 50), abs=0.2)


def test_other_datasets_keep_their_labels(tmp_path: Path) -> None:
    frame = labelled(tmp_path, [[40, 50]], [[42, 49]], "good")
    assert recentred([frame], []) == [frame]
    with pytest.raises(SettingsError, match="recentre: no frame of dataset 'others'; loaded are"):
        recentred([frame], ["others"])
