"""Reading files of predicted points."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from irpoint.errors import EvaluationError, IrpointWarning
from irpoint.evaluation.prediction_files import read_predictions
from irpoint.evaluation.predictions import evaluate_predictions, predictions_of_file
from irpoint.evaluation.splits import load_split
from irpoint.points import Points

ONE = Points(np.array([[1.5, 2.25]], np.float32), np.array([0.5], np.float32))


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_csv_of_irpoint_detect(tmp_path):
    text = (
        "source,frame,x,y,score,time_s,track\n"
        "a/000024.png,0,1.5,2.25,0.5,,\n"
        "b.png,0,3,4,0.25,,\n"
        "\n"
        "a/000024.png,0,7,8,0.75,,\n"
    )
    read = read_predictions(written(tmp_path, "points.csv", text))
    assert list(read) == ["a/000024.png", "b.png"]
    assert read["a/000024.png"].xy.tolist() == [[1.5, 2.25], [7, 8]]
    assert read["a/000024.png"].score.tolist() == [0.5, 0.75]


def test_csv_of_another_program(tmp_path):
    text = '\ufeffY, X ,Image\r\n2.25,1.5,"a, b.png"\r\n'
    read = read_predictions(written(tmp_path, "points.CSV", text))
    assert read == {"a, b.png": Points.labels([[1.5, 2.25]])}


def test_csv_with_only_a_header_is_empty(tmp_path):
    assert read_predictions(written(tmp_path, "points.csv", "image,x,y\n")) == {}


FRAMES = [
    {"source": "a.png", "frame": 0, "points": [{"x": 1.5, "y": 2.25, "score": 0.5}]},
    {"source": "b.png", "frame": 0, "points": []},
]


@pytest.mark.parametrize("content", [{"frames": FRAMES}, FRAMES])
def test_json_of_irpoint_detect(tmp_path, content):
    read = read_predictions(written(tmp_path, "points.json", content))
    assert read == {"a.png": ONE, "b.png": Points.empty()}


def test_coco_results_name_images_by_their_id(tmp_path):
    content = [
        {"image_id": "000024", "category_id": 1, "keypoints": [1.5, 2.25, 1], "score": 0.5},
        {"image_id": 7, "category_id": 1, "keypoints": [3, 4, 2, 5, 6, 2, 0, 0, 0], "score": 0.25},
    ]
    read = read_predictions(written(tmp_path, "coco.json", content))
    assert read["000024"] == ONE
    assert read["7"].xy.tolist() == [[3, 4], [5, 6]]
    assert read["7"].score.tolist() == [0.25, 0.25]


def test_coco_dictionary_looks_names_up(tmp_path):
    content = {
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
        "annotations": [{"id": 9, "image_id": 1, "keypoints": [1.5, 2.25, 2], "score": 0.5}],
    }
    read = read_predictions(written(tmp_path, "coco.json", content))
    assert read == {"a.png": ONE, "b.png": Points.empty()}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "image,x\na,1\n", r"p\.csv: line 1: no column 'y'"),
        ("p.csv", "", r"line 1: no column 'image'"),
        ("p.csv", "image,x,y\na,1,2\nb,one,2\n", r"line 3\.x"),
        ("p.csv", "image,x,y\na,1\n", r"line 2\.y"),
        ("p.csv", "image,x,y\na,nan,2\n", r"line 2\.x: .*finite"),
        ("p.csv", "image,x,y\na,1,1e39\n", r"line 2\.y"),
        ("p.csv", "image,x,y,score\na,1,2,\n", r"line 2\.score"),
        ("p.csv", "image,x,y\n,1,2\n", r"line 2\.source"),
        ("p.csv", "source,frame,x,y\nv.mp4,0,1,2\nv.mp4,1,1,2\n", r"v\.mp4 has frames 0 and 1"),
        ("p.json", "{", r"p\.json: is not JSON"),
        ("p.json", {"points": []}, r"neither a list nor a key 'frames'"),
        ("p.json", "3", r"neither a list"),
        ("p.json", [{"source": "a", "points": [{"x": 1}]}], r"frames\.0\.points\.0\.y"),
        ("p.json", '[{"source": "a", "points": [{"x": NaN, "y": 1}]}]', r"points\.0\.x"),
        (
            "p.json",
            [{"image_id": "a", "keypoints": [1, 2]}],
            r"annotations\.0\.keypoints is not a list",
        ),
        (
            "p.json",
            {
                "images": [{"id": 1, "file_name": "a"}],
                "annotations": [{"image_id": 2, "keypoints": []}],
            },
            r"annotations\.0\.image_id: images has no id 2",
        ),
        ("p.txt", "image,x,y\n", r"p\.txt: predictions are read from \.csv or \.json"),
    ],
)
def test_errors_are_named_on_one_line(tmp_path, name, content, message):
    path = written(tmp_path, name, content)
    with pytest.raises(EvaluationError, match=message) as caught:
        read_predictions(path)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(EvaluationError, match=r"none\.csv: cannot be read \(No such file"):
        read_predictions(tmp_path / "none.csv")
    binary = tmp_path / "points.csv"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(EvaluationError, match=r"points\.csv: cannot be read \(not UTF-8"):
        read_predictions(binary)


def test_a_row_without_x_and_y_is_a_frame_without_points(tmp_path):
    read = read_predictions(written(tmp_path, "points.csv", "image,x,y\na.png,,\nb.png,1.5,2.25\n"))
    assert read == {"a.png": Points.empty(), "b.png": Points.labels([[1.5, 2.25]])}


def test_several_frames_of_one_source_are_refused(tmp_path):
    images = [{"id": k, "file_name": "v.mp4", "frame": k} for k in (0, 1)]
    content = {"images": images, "annotations": []}
    with pytest.raises(EvaluationError, match=r"v\.mp4 has frames 0 and 1"):
        read_predictions(written(tmp_path, "points.json", content))


def test_an_unclosed_quote_is_refused(tmp_path):
    text = 'image,x,y\n"a.png,1,2\n' + "b.png,3,4\n" * 20_000
    with pytest.raises(EvaluationError, match="not CSV"):
        read_predictions(written(tmp_path, "points.csv", text))


def test_the_frames_of_a_stack_are_scored_one_by_one(tmp_path: Path) -> None:
    """What ``irpoint detect night.tif`` writes, against labels of napari."""
    data = tmp_path / "data"
    data.mkdir()
    pages = np.zeros((4, 20, 30), np.uint16)
    tifffile.imwrite(data / "night.tif", pages, photometric="minisblack")
    (data / "night.csv").write_text("index,axis-0,axis-1,axis-2\n0,1,2,3\n1,3,7,4\n")
    rows = "my/night.tif,0,,,\nmy/night.tif,1,3,2,1\nmy/night.tif,3,19,9,1\n"
    path = written(tmp_path, "points.csv", f"source,frame,x,y,score\n{rows}")
    split = load_split([data], "all")
    with pytest.warns(IrpointWarning, match="1 of 3 prediction names match no image"):
        predicted = predictions_of_file(path, split)
    evaluated = evaluate_predictions(predicted, split)
    assert (evaluated.pooled.tp, evaluated.pooled.fp, evaluated.pooled.fn) == (1, 1, 1)
