"""Finding the images that the names in a file of predictions refer to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import EvaluationError, IrpointWarning
from irpoint.evaluation.assign import assign_predictions
from irpoint.points import Points

ONE = Points(np.array([[1.5, 2.25]], np.float32), np.array([0.5], np.float32))


def frame(image: str, dataset: str = "set", name: str | None = None) -> LabelledFrame:
    path = Path(image)
    return LabelledFrame(name or path.stem, path, (64, 64), Points.empty(), dataset)


@pytest.mark.parametrize(
    "name",
    [
        "images/000024.png",
        "000024.png",
        "000024",
        "000024.jpg",
        "C:\\clips\\000024.png",
        "/x/000024",
    ],
)
def test_a_name_refers_to_the_image_with_its_file_name_or_stem(name):
    frames = [frame("d/images/000024.png"), frame("d/images/24.png")]
    found = assign_predictions({name: ONE}, frames, frames)
    assert found == {frames[0].image: ONE, frames[1].image: Points.empty()}


def test_a_name_may_be_that_of_the_split_list():
    frames = [frame("d/images/Misc_1_left.png", name="Misc_1")]
    assert assign_predictions({"Misc_1": ONE}, frames, frames) == {frames[0].image: ONE}


def test_unknown_names_are_a_warning_and_an_error_if_no_name_matches():
    frames = [frame("d/a.png")]
    with pytest.raises(EvaluationError, match=r"none of the 1 prediction names \(first: 'b'\)"):
        assign_predictions({"b": ONE}, frames, frames)
    with pytest.warns(IrpointWarning, match=r"1 of 2 prediction names .* \(first: 'b'\)"):
        found = assign_predictions({"a": ONE, "b": ONE}, frames, frames)
    assert found == {Path("d/a.png"): ONE}


def test_no_prediction_gives_frames_without_points():
    frames = [frame("d/a.png")]
    assert assign_predictions({}, frames, frames) == {Path("d/a.png"): Points.empty()}


def test_a_name_in_two_datasets_is_ambiguous_unless_its_folders_decide():
    frames = [frame("one/images/a.png", "one"), frame("two/images/a.png", "two")]
    with pytest.raises(EvaluationError, match=r"'images/a\.png' matches one/images/a\.png and two"):
        assign_predictions({"images/a.png": ONE}, frames, frames)
    found = assign_predictions({"/data/two/images/a.png": ONE}, frames, frames)
    assert found == {frames[0].image: Points.empty(), frames[1].image: ONE}


def test_copies_of_one_image_share_their_points():
    frames = [frame("v1/images/a.png", "v1"), frame("v2/images/targets/a.png", "v2")]
    found = assign_predictions({"a": ONE}, frames, frames[1:])
    assert found == {frames[0].image: ONE, frames[1].image: ONE}


def test_two_names_of_one_image_are_refused():
    frames = [frame("d/a.png")]
    with pytest.raises(EvaluationError, match=r"'a\.png' and 'a' both match d/a\.png"):
        assign_predictions({"a.png": ONE, "a": ONE}, frames, frames)
