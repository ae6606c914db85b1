"""Views of a frame that show what moves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy import ndimage

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.errors import FrameError
from irpoint.label.catalogue import Catalogue
from irpoint.label.views import Views
from irpoint.psf import gaussian_psf_image
from support.label_client import client_of
from support.moving import SHAPE, seen_from, texture


def views_of(folder: Path, pages: np.ndarray) -> tuple[Views, Catalogue]:
    folder.mkdir(exist_ok=True)
    tifffile.imwrite(folder / "clip.tif", pages, photometric="minisblack")
    catalogue = Catalogue(folder)
    return Views(catalogue), catalogue


def test_the_difference_keeps_the_counts_of_the_frames(tmp_path: Path) -> None:
    pages = np.random.default_rng(0).integers(0, 65_536, (4, 20, 30)).astype(np.uint16)
    views, catalogue = views_of(tmp_path / "a", pages)
    entries, counts = catalogue.entries, pages.astype(np.float32)
    assert np.array_equal(views.frame(entries[2], "difference"), counts[2] - counts[1])
    assert np.array_equal(views.frame(entries[0], "difference"), counts[0] - counts[1])
    assert np.array_equal(views.frame(entries[2]), pages[2])


def test_a_dim_target_stands_out_from_its_background(tmp_path: Path) -> None:
    rng, field = np.random.default_rng(1), texture()
    pages, places = [], []
    for k in range(60):
        places.append((30.0 + 2 * k, 40.0 + k))
        scene = 3000 + 400 * seen_from(field, (0.4 * k, 0.2 * k))  # the camera pans
        scene += gaussian_psf_image(SHAPE, np.array(places[-1:]), 1.1, 60) + rng.normal(0, 6, SHAPE)
        pages.append(scene.astype(np.uint16))
    views, catalogue = views_of(tmp_path / "a", np.stack(pages))
    for k in (0, 30, 59):
        shown = views.frame(catalogue.entries[k], "background")
        row, column = np.unravel_index(int(ndimage.gaussian_filter(shown, 1).argmax()), shown.shape)
        assert np.hypot(column - places[k][0], row - places[k][1]) < 2


def test_a_frame_without_neighbours_has_no_other_view(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    np.save(tmp_path / "a" / "one.npy", np.eye(20))
    np.save(tmp_path / "a" / "two.npy", np.eye(30))
    catalogue = Catalogue(tmp_path / "a")
    for kind in ("difference", "background"):
        with pytest.raises(FrameError, match=f"no neighbouring frame of its size, so no {kind}"):
            Views(catalogue).frame(catalogue.entries[0], kind)


def test_the_page_gets_the_view_in_counts(tmp_path: Path) -> None:
    from irpoint.label import LabelSession

    pages = np.random.default_rng(0).integers(0, 4096, (3, 20, 30)).astype(np.uint16)
    views_of(tmp_path / "a", pages)
    session = LabelSession(tmp_path / "a", tmp_path / "out")
    wanted = {"frame": "clip.tif#1", "view": "difference"}
    response = client_of(session).get("/api/pixels", params=wanted)
    head = json.loads(response.headers["x-frame"])
    stored = np.frombuffer(response.content, "<u2").reshape(20, 30)
    counts = head["offset"] + head["scale"] * stored
    difference = pages[1].astype(float) - pages[0]
    assert np.abs(counts - difference).max() <= head["scale"]
    session.close()
