"""Points as CSV, JSON and COCO, and pictures of them."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.errors import SettingsError
from irpoint.evaluation import read_predictions
from irpoint.points import FrameResult, Points
from irpoint.sinks import FORMATS, FramesFormat, OverlayFolder, PointsWriter
from irpoint.sinks.format import Columns
from support.models import draw_blobs


def found(source: str, xy: list[tuple[float, float]], score: float = 0.5) -> FrameResult:
    points = Points(np.array(xy).reshape(-1, 2), np.full(len(xy), score))
    return FrameResult(source, 0, None, (40, 60), points)


FRAMES = [
    found("sky/a.png", [(10.12345, 20.5), (-0.0001, 3.0)], 0.98766),
    found("empty.png", []),
    found('odd, "name"\n.png', [(1.0, 2.0)]),
]


def drawn(
    source: str, points: Points | None = None, pixels: np.ndarray | None = None
) -> FrameResult:
    pixels = np.zeros((8, 8), np.uint8) if pixels is None else pixels
    return FrameResult(source, 0, None, pixels.shape, points or Points.empty(), pixels=pixels)


def written(file_format: str, frames: list[FrameResult], **columns: bool) -> str:
    stream = io.BytesIO()
    writer = PointsWriter(file_format, stream, **columns)
    for frame in frames:
        writer.add(frame)
    writer.close()
    return stream.getvalue().decode()


def test_csv_columns_and_digits():
    rows = list(csv.reader(io.StringIO(written("csv", FRAMES))))
    assert rows == [
        ["source", "frame", "x", "y", "score"],
        ["sky/a.png", "0", "10.123", "20.500", "0.9877"],
        ["sky/a.png", "0", "0.000", "3.000", "0.9877"],
        ['odd, "name"\n.png', "0", "1.000", "2.000", "0.5000"],
    ]


def test_json_names_frames_without_points():
    assert json.loads(written("json", FRAMES[:2])) == {
        "frames": [
            {
                "source": "sky/a.png",
                "frame": 0,
                "status": "ok",
                "points": [
                    {"x": 10.123, "y": 20.5, "score": 0.9877},
                    {"x": 0.0, "y": 3.0, "score": 0.9877},
                ],
            },
            {"source": "empty.png", "frame": 0, "status": "ok", "points": []},
        ]
    }


def test_coco_is_whole():
    content = json.loads(written("coco", FRAMES))
    assert content["images"][1] == {
        "id": 2, "file_name": "empty.png", "height": 40, "width": 60, "frame": 0, "status": "ok"
    }  # fmt: skip
    assert [a["id"] for a in content["annotations"]] == [1, 2, 3]
    assert [a["image_id"] for a in content["annotations"]] == [1, 1, 3]
    first = content["annotations"][0]
    assert first["keypoints"] == [10.123, 20.5, 2]
    assert (first["num_keypoints"], first["category_id"], first["iscrowd"]) == (1, 1, 0)
    assert first["score"] == 0.9877
    assert first["bbox"] == [10.123, 20.5, 1, 1]
    assert content["categories"][0]["keypoints"] == ["point"]


@pytest.mark.parametrize("file_format", ["json", "coco"])
def test_the_status_of_a_frame_is_written(file_format):
    blank = dataclasses.replace(FRAMES[1], status="blank")
    content = json.loads(written(file_format, [FRAMES[0], blank]))
    listed = content["images" if file_format == "coco" else "frames"]
    assert [frame["status"] for frame in listed] == ["ok", "blank"]


def test_the_list_of_frames_has_those_without_points():
    frames = [FRAMES[0], dataclasses.replace(FRAMES[1], status="saturated", time_s=0.04)]
    rows = list(csv.reader(io.StringIO(written(FramesFormat(), frames, clock=True))))
    assert rows == [
        ["source", "frame", "width", "height", "points", "status", "time_s"],
        ["sky/a.png", "0", "60", "40", "2", "ok", ""],
        ["empty.png", "0", "60", "40", "0", "saturated", "0.040"],
    ]


@pytest.mark.parametrize("file_format", ["json", "coco"])
def test_points_of_tracks_have_their_numbers(file_format):
    one = FRAMES[0]
    tracked = dataclasses.replace(one, track_ids=(7, 3))
    content = json.loads(written(file_format, [tracked]))
    listed = content["annotations"] if file_format == "coco" else content["frames"][0]["points"]
    assert [entry["track"] for entry in listed] == [7, 3]


def test_polarity_is_written_if_asked_for_whatever_the_points():
    both = Points([[1, 2], [3, 4]], [0.9, 0.8], np.array([True, False]))
    frames = [dataclasses.replace(found("a.png", []), points=both), found("b.png", [(5, 6)])]
    frames[0] = dataclasses.replace(frames[0], track_ids=(7, 8))
    kinds = ["dark", "bright", "bright"]
    lines = list(csv.reader(io.StringIO(written("csv", frames, tracks=True, polarity=True))))
    assert lines[0] == ["source", "frame", "x", "y", "score", "track", "polarity"]
    assert [line[-1] for line in lines[1:]] == kinds
    listed = json.loads(written("json", frames, polarity=True))["frames"]
    assert [point["polarity"] for frame in listed for point in frame["points"]] == kinds
    annotations = json.loads(written("coco", frames, polarity=True))["annotations"]
    assert [one["polarity"] for one in annotations] == kinds
    assert not any("polarity" in written(name, frames) for name in ("csv", "json", "coco"))


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_evaluate_reads_back_what_is_written(tmp_path: Path, file_format):
    frames = [FRAMES[0], FRAMES[1]]
    writer = PointsWriter(file_format, tmp_path / "new" / "out")
    for frame in frames:
        writer.add(frame)
    assert not writer.path.exists()
    writer.close()
    assert [path.name for path in (tmp_path / "new" / "out").iterdir()] == [
        FORMATS[file_format].file_name
    ]
    read = read_predictions(writer.path)
    np.testing.assert_allclose(read["sky/a.png"].xy, frames[0].points.xy, atol=6e-4, rtol=0)
    np.testing.assert_allclose(read["sky/a.png"].score, frames[0].points.score, atol=6e-5, rtol=0)
    # CSV has a line a point, and so cannot name a frame without any.
    assert set(read) == {"sky/a.png"} | ({"empty.png"} if file_format != "csv" else set())


class Lines:
    """A line format without a header."""

    name, file_name = "lines", "points.txt"

    def header(self, columns: Columns) -> str:
        return ""

    def lines(self, result: FrameResult, columns: Columns) -> str:
        return f"{Path(result.source).name} {len(result.points)}\n"


class Document:
    """A format that is written as a whole."""

    name, file_name = "document", "points.doc"

    def text(self, results: Sequence[FrameResult], columns: Columns) -> str:
        return "".join(Lines().lines(result, Columns()) for result in results)


@pytest.mark.parametrize("new", [Lines(), Document()], ids=["lines", "document"])
def test_a_format_needs_its_class_and_a_row(new, cli, shipped, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(FORMATS, new.name, new)
    frame, out = tmp_path / "a.png", tmp_path / "out"
    Image.fromarray(draw_blobs([(40, 30)])).save(frame)
    code, points, _ = cli("detect", frame, "--format", new.name)
    assert (code, points) == (0, "a.png 1\n")
    for _ in range(2):  # the second run replaces the file of the first
        assert cli("detect", frame, "--format", new.name, "--out", out)[0] == 0
    assert (out / new.file_name).read_text() == "a.png 1\n"
    _, _, error = cli("detect", frame, "--format", "unknown")
    assert f"choose one of csv, json, coco, {new.name}" in error


def test_csv_on_a_stream_comes_frame_by_frame():
    stream = io.BytesIO()
    writer = PointsWriter("csv", stream)
    writer.add(FRAMES[0])
    assert stream.getvalue().count(b"\n") == 3


def test_a_file_name_that_is_no_unicode_keeps_its_bytes():
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    stream = io.BytesIO()
    PointsWriter("csv", stream).add(found(name, [(1, 1)]))
    assert b"caf\xe9.png,0,1.000" in stream.getvalue()
    assert json.loads(written("json", [found(name, [])]))["frames"][0]["source"] == name


def test_no_frames_write_no_file(tmp_path: Path):
    PointsWriter("csv", tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_one_line(tmp_path: Path):
    (tmp_path / "points.csv").mkdir()
    (tmp_path / "points.csv" / "full").touch()
    writer = PointsWriter("csv", tmp_path)
    writer.add(FRAMES[0])
    with pytest.raises(SettingsError, match=r"points\.csv: cannot be written .*--out"):
        writer.close()


def test_csv_lies_beside_its_file_from_the_first_frame_on(tmp_path: Path):
    """A process that is killed leaves it, and the next one writes it anew."""
    part = tmp_path / "points.csv.part"
    for _ in range(2):
        writer = PointsWriter("csv", tmp_path)
        writer.add(FRAMES[0])
        assert part.read_text() == written("csv", FRAMES[:1])
    writer.close()
    assert not part.exists()
    assert (tmp_path / "points.csv").read_text() == written("csv", FRAMES[:1])


def test_labels_are_not_written_over(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("image,x,y\na.png,1,2\n")
    with pytest.raises(SettingsError, match=r"points\.csv: contains labels; give another folder"):
        PointsWriter("csv", tmp_path)
    assert file.read_text() == "image,x,y\na.png,1,2\n"
    file.write_text(written("csv", FRAMES))
    PointsWriter("csv", tmp_path)


def test_overlays_of_one_stem_do_not_overwrite_each_other(tmp_path: Path):
    folder = OverlayFolder(tmp_path / "pictures")
    sources = ["a/x.png", "b/x.tif", "c/X.png", "x-2.png", "-"]
    paths = [
        folder.add(drawn(source, Points.labels([(level, 1)]), np.full((8, 8), level, np.uint8)))
        for level, source in enumerate(sources)
    ]
    names = [path.name.casefold() for path in paths]
    assert names[0] == "x.png"
    assert names[-1] == "stdin.png"
    assert len(set(names)) == len(folder) == len(sources)
    assert sorted(path.name.casefold() for path in (tmp_path / "pictures").iterdir()) == sorted(
        names
    )
    assert Image.open(paths[0]).width >= 768


def page(index: int, source: str = "rec.tif", time_s: float | None = None) -> FrameResult:
    return dataclasses.replace(drawn(source), index=index, time_s=time_s)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pictures_of_an_earlier_run_keep_their_names(tmp_path: Path):
    folder = OverlayFolder(tmp_path)
    for source, time_s in (("rec.tif", None), ("clip.mkv", 0.0)):
        for index in range(3):
            folder.reserve(page(index, source, time_s))
    # Three pages have three pictures, three frames of a video are one file.
    assert len(folder) == 4
    assert folder.add(drawn("b/rec.tif")).stem == "rec_2"
    assert folder.add(drawn("clip.png")).stem == "clip-2"


def test_pictures_of_several_frames_have_the_numbers_of_the_frames(tmp_path: Path):
    folder = OverlayFolder(tmp_path)
    sources = {"rec-2.png": 1, "rec.tif": 4, "b/rec.tif": 2, "c/rec.png": 1, "one.tif": 1}
    for source, count in sources.items():
        for index in range(count):
            folder.add(page(index, source))
    second = ["rec__2-0.png", "rec__2-1.png"]  # the second source of the name
    first = ["rec-0.png", "rec-1.png", "rec_2.png", "rec-3.png"]  # rec-2.png is another source
    assert names_in(tmp_path) == sorted(["rec-2.png", *first, *second, "rec_3.png", "one.png"])


def test_stale_overlays_are_deleted_and_nothing_else(tmp_path: Path):
    earlier = OverlayFolder(tmp_path)
    for source in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        earlier.add(drawn(source))
    for index in range(2):
        earlier.add(page(index))
    (tmp_path / "c.png").rename(tmp_path / "mine.png")
    with (tmp_path / "d.png").open("ab") as stream:
        stream.write(b"edited")
    edited = bytearray((tmp_path / "e.png").read_bytes())
    edited[len(edited) // 2] ^= 1
    (tmp_path / "e.png").write_bytes(edited)
    Image.new("L", (4, 4)).save(tmp_path / "photo.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "b.png")
    kept = ["d.png", "e.png", "empty.png", "folder.png", "link.png", "mine.png", "photo.png"]
    again = OverlayFolder(tmp_path)
    again.add(drawn("a.png"))
    again.add(drawn("rec.png"))
    again.remove_stale()
    assert names_in(tmp_path) == sorted(["a.png", "rec.png", *kept])


def test_a_sealed_picture_is_a_valid_file(tmp_path: Path):
    path = OverlayFolder(tmp_path / "new").add(drawn("a.png"))
    with Image.open(path) as picture:
        picture.verify()
    OverlayFolder(tmp_path / "new").remove_stale()
    assert not (tmp_path / "new").exists()
    OverlayFolder(tmp_path / "none").remove_stale()


def test_overlay_shows_the_point(tmp_path: Path):
    frame = np.zeros((64, 64), np.uint8)
    folder = OverlayFolder(tmp_path)
    with_point, without = (
        np.asarray(Image.open(folder.add(drawn("a", points, frame))))
        for points in (Points.labels([(32, 32)]), Points.empty())
    )
    square = np.s_[: without.shape[0], : without.shape[1]]
    assert (with_point[square] != without).any()
