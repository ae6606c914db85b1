"""A labelling session: its folder, and that it is resumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.label import LabelSession
from irpoint.label.labels import FrameLabels
from support.label_scenes import picture, write_folder


def test_a_session_is_resumed(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "frames"), tmp_path / "out"
    for version in range(2):
        session = LabelSession(folder, out)
        assert session.labels("a.png").version == version
        session.put("a.png", FrameLabels(note=str(version)), version)
        session.close()


def test_labels_of_another_folder_are_refused_unless_it_was_moved(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "frames"), tmp_path / "out"
    LabelSession(folder, out).close()
    other = write_folder(tmp_path / "other")
    with pytest.raises(DatasetError, match=r"belong to .*frames, not to .*other"):
        LabelSession(other, out)
    session = LabelSession(folder, out)
    session.put("a.png", FrameLabels(note="kept"), 0)
    session.close()
    folder.rename(tmp_path / "moved")
    unrelated = tmp_path / "unrelated"
    unrelated.mkdir()
    Image.fromarray(picture([], 0)).save(unrelated / "unrelated.png")
    with pytest.raises(DatasetError, match="none of its frames"):
        LabelSession(unrelated, out)
    with pytest.warns(IrpointWarning, match="no longer exists"):
        session = LabelSession(tmp_path / "moved", out)
    assert session.labels("a.png").labels.note == "kept"
    session.close()


def test_a_dataset_of_the_user_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine" / "dataset" / "images").mkdir(parents=True)
    with pytest.raises(DatasetError, match="not from a labelling session"):
        LabelSession(write_folder(tmp_path / "frames"), tmp_path / "mine")


def test_a_folder_without_frames_and_an_out_inside_the_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no readable frame"):
        LabelSession(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(DatasetError, match="no such folder"):
        LabelSession(tmp_path / "nowhere", tmp_path / "out")
    folder = write_folder(tmp_path / "frames")
    with pytest.raises(DatasetError, match="inside the labelled folder"):
        LabelSession(folder, folder / "labels")
