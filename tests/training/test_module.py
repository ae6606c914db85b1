"""How the network is validated and searched for errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from irpoint.frames.scale import InputScale
from irpoint.methods import METHODS, find_target_map
from irpoint.points import Points
from irpoint.training.crops import Crops
from irpoint.training.mining import search_errors
from irpoint.training.module import ResponseModule
from irpoint.training.network_frames import NetworkFrame, load_frames
from irpoint.training.run import labelled
from support.blobs import blob
from support.runs import short_run

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_method")


@pytest.fixture
def frames(scenes: Path) -> list[NetworkFrame]:
    return load_frames(labelled([scenes], "all"), InputScale.parse("native"))


@pytest.mark.parametrize(("target_map", "position"), [("published-prps", 28.0), ("prps", 25.5)])
def test_validation_reads_positions_by_the_offset_of_the_target_map(
    frames: list[NetworkFrame],
    scenes: Path,
    monkeypatch: pytest.MonkeyPatch,
    target_map: str,
    position: float,
) -> None:
    settings = short_run(scenes, target_map=target_map)
    module = ResponseModule(settings, Crops(frames[:1], settings), frames[:1])
    label = np.array([[position, position]])
    drawn = find_target_map(target_map, METHODS["tiny"]).draw(blob((48, 64), label), label, 1.5)
    monkeypatch.setattr(module, "forward", lambda _: torch.from_numpy(drawn)[None, None])
    assert module.find(frames[0], 0.5).xy == pytest.approx(label, abs=0.1)


def test_a_search_renews_the_errors_of_its_frames_and_keeps_the_others(
    frames: list[NetworkFrame],
) -> None:
    known_false = np.array([[0.0, 1, 1, 1], [1, 2, 2, 1]])
    known_missed = np.array([[3.0, 4, 4], [4, 5, 5]])
    beside, far = np.array([3.0, 0.0]), np.array([40.0, 0.0])

    def find(frame: NetworkFrame, threshold: float) -> Points:
        """The first label, surely in frame 0 and unsurely elsewhere, and a false alarm."""
        assert threshold < 0.5
        sure = frame is frames[0]
        at = np.array([frame.xy[0] + beside, frame.xy.max(axis=0) + far], np.float32)
        return Points(at, np.array([0.9 if sure else 0.3, 0.3], np.float32))

    false_alarms, missed = search_errors(frames, find, [0], known_false, known_missed)
    assert false_alarms[:, 0].tolist() == [1, 0, 3]  # frame 1 was not searched
    for index, *xy, score in false_alarms[1:]:
        assert score == pytest.approx(0.3)
        assert xy == pytest.approx(frames[int(index)].xy.max(axis=0) + far, abs=1e-3)
    lost = {index: (missed[:, 0] == index).sum() for index in range(6)}
    assert lost[4] == 1  # frame 4 was not searched
    assert lost[0] == len(frames[0].xy) - 1  # the first label was found
    assert lost[3] == len(frames[3].xy)  # found, but not surely
