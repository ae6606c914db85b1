"""Compression among the camera artefacts: JPEG, H.264 and the range of video."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irpoint.errors import SettingsError
from irpoint.simulate import Artefacts, add_artefacts, compress_video


def smooth(shape: tuple[int, int] = (64, 96), seed: int = 0) -> np.ndarray:
    """A gradient with some noise and a bright square."""
    rng = np.random.default_rng(seed)
    frame = 60 + 100 * np.linspace(0, 1, shape[1]) + 3 * rng.standard_normal(shape)
    frame[20:26, 20:26] = 240
    return frame.astype(np.uint8)


def coded(frame: np.ndarray, **values: Any) -> np.ndarray:
    result, mask = add_artefacts(frame, Artefacts(**values), np.random.default_rng(0))
    assert not mask.any()
    assert (result.shape, result.dtype) == (frame.shape, np.uint8)
    return result


def error(frame: np.ndarray, result: np.ndarray) -> float:
    return float(np.abs(result.astype(int) - frame).mean())


@pytest.mark.parametrize("shape", [(64, 96), (33, 47), (16, 17)])
@pytest.mark.parametrize(("name", "good", "bad"), [("jpeg", 95, 10), ("h264", 12, 45)])
def test_frames_lose_detail_and_keep_their_scene(
    name: str, good: int, bad: int, shape: tuple[int, int]
) -> None:
    pytest.importorskip("av")
    frame = smooth(shape)
    errors = [error(frame, coded(frame, **{name: quality})) for quality in (good, bad)]
    assert 0 < errors[0] < 2.5
    assert errors[0] < errors[1] < 12
    again = [coded(frame, **{name: bad}) for _ in range(2)]
    np.testing.assert_array_equal(*again)


def test_video_predicts_frames_from_their_neighbours() -> None:
    pytest.importorskip("av")
    frames = np.stack([np.roll(smooth((64, 96)), shift, axis=1) for shift in range(6)])
    result = compress_video(frames, 20)
    assert (result.shape, result.dtype) == (frames.shape, np.uint8)
    for frame, out in zip(frames, result, strict=True):
        assert error(frame, out) < 3
    alone = np.stack([compress_video(frame[None], 20)[0] for frame in frames])
    assert (result[3] != alone[3]).any()


def test_the_range_of_video_is_16_to_235() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = np.rint(16 + ramp * (219 / 255))
    np.testing.assert_array_equal(coded(ramp, video_range=True), expected)


def test_text_is_burnt_in_before_compression() -> None:
    frame = smooth()
    plain, mask = add_artefacts(frame, Artefacts(text=4), np.random.default_rng(0))
    result, same = add_artefacts(frame, Artefacts(text=4, jpeg=60), np.random.default_rng(0))
    np.testing.assert_array_equal(mask, same)
    assert error(plain, result) < error(frame, result)
    assert (result[mask] != plain[mask]).any()


@pytest.mark.parametrize("name", ["jpeg", "h264", "video_range"])
def test_frames_of_other_types_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"artefacts.{name}: needs 8-bit frames, not uint16"):
        coded(smooth().astype(np.uint16), **{name: 30 if name != "video_range" else True})
    result = coded(smooth().astype(np.uint16), agc="linear", jpeg=90)
    assert np.ptp(result) > 200


def test_without_pyav_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("irpoint.simulate.artefacts.compression.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"needs PyAV; run pip install 'irpoint\[video\]'"):
        coded(smooth(), h264=30)


def test_a_build_of_pyav_without_the_encoder_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    av = pytest.importorskip("av")

    def unknown(name: str, mode: str) -> Any:
        raise av.codec.codec.UnknownCodecError(name)

    monkeypatch.setattr(av, "CodecContext", type("Absent", (), {"create": staticmethod(unknown)}))
    with pytest.raises(SettingsError, match=r"cannot encode H\.264 here \(libx264\)"):
        coded(smooth(), h264=30)
