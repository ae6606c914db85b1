"""Batches: how many frames are in memory, and a frame in them that fails."""

from __future__ import annotations

import numpy as np

from irpoint import Detector
from irpoint.pipeline import Skipped, detect_frames
from irpoint.points import FrameResult
from support.detection import png
from support.models import draw_blobs


def test_frames_in_hand_are_bounded_in_number_and_pixels(model, tmp_path, monkeypatch):
    sizes = []

    class Counting(Detector):
        def judge(self, frames, **limits):
            sizes.append([frame.shape for frame in frames])
            return super().judge(frames, **limits)

    monkeypatch.setattr("irpoint.pipeline.batches.BATCH_PIXELS", 3 * 64 * 64)
    shapes = [(64, 64)] * 4 + [(200, 200), (64, 64), (64, 64), (64, 64)]
    paths = []
    for number, shape in enumerate(shapes):
        paths.append(tmp_path / f"{number}.npy")
        np.save(paths[-1], draw_blobs([(30, 30)], shape))
    items = list(detect_frames(Counting(model, threads=1), paths, batch=2))
    assert [item.source for item in items] == [str(path) for path in paths]
    assert [len(item.points) for item in items] == [1] * len(shapes)
    assert [len(group) for group in sizes] == [2, 2, 1, 2, 1]


def test_a_frame_that_the_graph_refuses_costs_the_others_nothing(model, tmp_path, monkeypatch):
    folder = tmp_path / "sky"
    folder.mkdir()
    for name in "ac":
        (folder / f"{name}.png").write_bytes(png(draw_blobs([(30, 20)])))
    (folder / "b.png").write_bytes(png(draw_blobs([], (50, 60))))
    detector = Detector(model, backend="onnxruntime", threads=1)
    run = detector._network._session.run

    class Picky:
        def run(self, outputs, inputs):
            if inputs["frame"].shape[2] < 64:
                raise RuntimeError("Failed to allocate\nmemory")
            return run(outputs, inputs)

    monkeypatch.setattr(detector._network, "_session", Picky())
    items = list(detect_frames(detector, sorted(folder.iterdir())))
    assert [type(item) for item in items] == [FrameResult, Skipped, FrameResult]
    assert "b.png: model 'tiny' fails on 1 frame(s) of 60×52: Failed to allocate memory" in (
        items[1].reason
    )
