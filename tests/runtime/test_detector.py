"""Frame → points, with a fixed blob filter in the place of a network."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import Detector
from irpoint.errors import FrameError, IrpointWarning, ModelError, SettingsError
from irpoint.evaluation import match
from irpoint.points import Points
from irpoint.runtime import Region
from irpoint.zoo import find_model
from support.models import draw_blobs

TARGETS = [(30.3, 20.7), (90.0, 60.5), (55.6, 71.2)]


@pytest.fixture
def detector(model: Path) -> Detector:
    return Detector(model, backend="onnxruntime", threads=1)  # float32, for exact figures


def agree(found: Points, truth: list[tuple[float, float]], within: float) -> bool:
    return len(found) == len(truth) == len(match(truth, found.xy, within))


def test_targets_are_found_to_a_fraction_of_a_pixel(detector):
    errors = []
    for seed in range(20):
        truth = np.random.default_rng(seed).uniform((12, 12), (115, 83))
        points = detector(draw_blobs([tuple(truth)], seed=seed))
        assert len(points) == 1
        errors.append(points.xy[0] - truth)
    assert np.abs(errors).max() < 0.35
    # A wrong lattice (half a cell, half a pixel) shows as a bias.
    assert np.abs(np.mean(errors, axis=0)).max() < 0.1


def test_best_first(detector):
    score = detector(draw_blobs(TARGETS), threshold=0.1).score
    assert (np.diff(score) <= 0).all()


def test_the_path_of_a_file_is_a_frame(detector, tmp_path):
    frame, name = draw_blobs(TARGETS), tmp_path / "a.png"
    Image.fromarray(frame).save(name)
    assert detector(name) == detector(str(name)) == detector(frame)
    assert detector.batch([name, frame]) == [detector(frame)] * 2
    assert detector.candidates(name) == detector.candidates(frame)
    pages = [Image.fromarray(frame)] * 2
    pages[0].save(tmp_path / "one.tif")
    assert detector(tmp_path / "one.tif") == detector(frame)
    pages[0].save(tmp_path / "two.tif", save_all=True, append_images=pages[1:])
    (tmp_path / "b.png").write_bytes(name.read_bytes()[:-40])
    wrong = {
        tmp_path / "two.tif": "two.tif: has several frames; give its frames to Detector.stream",
        tmp_path / "b.png": "b.png: damaged",
        tmp_path / "gone.png": "gone.png: no such file",
        tmp_path: "a folder, not one frame; give its frames to Detector.stream",
        "rtsp://camera/stream": "a stream, not one frame",
        "-": "-: a stream, not one frame",
    }
    for path, message in wrong.items():
        with pytest.raises(FrameError, match=message):
            detector(path)


def test_an_empty_sky_has_no_points(detector):
    assert len(detector(draw_blobs([]))) == 0
    assert len(detector(np.full((64, 64), 7, np.uint16))) == 0
    assert len(detector(np.zeros((64, 64), np.float32))) == 0


@pytest.mark.parametrize(
    "as_type",
    [
        lambda f: f.astype(np.uint16) * 257,
        lambda f: f.astype(np.uint16) * 16 + 8000,  # 14 bits of a camera, with an offset
        lambda f: (f / 255).astype(np.float32),
        lambda f: f.astype(np.float64) * 1e-3 - 40,
        lambda f: f.astype(np.int32) - 100_000,
        lambda f: f.astype(">u2"),
        lambda f: np.repeat(f[..., None], 3, axis=2),
        lambda f: np.dstack([f, f, f, np.full_like(f, 255)]),
        lambda f: f[..., None],
        lambda f: np.asfortranarray(f),
    ],
    ids=["16-bit", "14-bit", "unit-float", "double", "int32", "big-endian", "RGB", "RGBA",
         "one-channel", "column-major"],
)  # fmt: skip
def test_depth_and_colour_do_not_move_points(detector, as_type):
    frame = draw_blobs(TARGETS)
    expected, points = detector(frame), detector(as_type(frame))
    assert len(expected) == 3
    np.testing.assert_allclose(points.xy, expected.xy, atol=2e-3)
    np.testing.assert_allclose(points.score, expected.score, atol=2e-3)


def test_pixels_that_are_not_finite_are_no_targets(detector):
    frame = draw_blobs(TARGETS).astype(np.float32)
    frame[5, 100], frame[80, 10], frame[40, 40] = np.nan, np.inf, -np.inf
    assert agree(detector(frame), TARGETS, 0.5)


@pytest.mark.parametrize("shift", [(4, 0), (0, 8), (1, 0), (0, 1), (3, 2), (5, 7)])
def test_a_whole_pixel_shift_moves_the_points_by_it(detector, shift):
    sky = draw_blobs([(40.3, 42.6), (70.8, 51.1)], (120, 140))
    dx, dy = shift
    a, b = detector(sky[10:106, 10:122]), detector(sky[10 - dy : 106 - dy, 10 - dx : 122 - dx])
    assert len(a) == len(b) == 2
    order_a, order_b = np.argsort(a.xy[:, 0]), np.argsort(b.xy[:, 0])
    # Whole cells move exactly; parts of one show the interpolation's error.
    tolerance = 0.02 if dx % 4 == dy % 4 == 0 else 0.35
    np.testing.assert_allclose(b.xy[order_b], a.xy[order_a] + shift, atol=tolerance)


@pytest.mark.parametrize(
    "shape", [(96, 127), (97, 128), (95, 126), (64, 301), (301, 64), (61, 67), (33, 1500)]
)
def test_any_size(detector, shape):
    truth = [(shape[1] / 2 + 0.2, shape[0] / 2 - 0.3), (shape[1] - 12.0, shape[0] - 12.0)]
    assert agree(detector(draw_blobs(truth, shape)), truth, 0.5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 2), (2, 400), (400, 1), (5, 5)])
def test_tiny_frames_give_points_inside_or_none(detector, shape):
    frame = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    xy = detector(frame, threshold=0.05).xy
    assert ((xy >= -0.5) & (xy <= np.array(shape[::-1]) - 0.5)).all()


def test_points_at_the_border_stay_in_the_frame(detector):
    corners = [(0.0, 0.0), (126.0, 0.0), (0.0, 93.0), (126.0, 93.0)]
    points = detector(draw_blobs(corners, (94, 127)))
    assert agree(points, corners, 3.0)
    assert (points.xy >= -0.5).all()
    assert (points.xy <= (126.5, 93.5)).all()


def test_a_batch_is_as_one_by_one_whatever_the_sizes(detector):
    frames = [
        draw_blobs(TARGETS),
        draw_blobs([(20.0, 20.0)], (50, 60)),
        draw_blobs([]),
        draw_blobs([TARGETS[1]], seed=3).astype(np.uint16) * 100,
    ]
    together = detector.batch(frames)
    assert [len(points) for points in together] == [3, 1, 0, 1]
    for points, frame in zip(together, frames, strict=True):
        alone = detector(frame)
        np.testing.assert_allclose(points.xy, alone.xy, atol=1e-3)
        np.testing.assert_allclose(points.score, alone.score, atol=1e-4)
    assert detector.batch([]) == []


@pytest.mark.parametrize("shape", [(96, 128), (101, 61), (64, 200)])
def test_fit_scale_gives_frame_pixels(model, shape):
    # Enlarged two to four times the blob is wider than the filter, so its response is lower.
    truth = [(shape[1] * 0.3, shape[0] * 0.6)]
    frame = draw_blobs(truth, shape)
    with pytest.warns(IrpointWarning, match="thresholds of 'tiny' are valid at native only"):
        fitted = Detector(model, scale="fit:256", threads=1)
    assert agree(fitted(frame), truth, 0.35)


@pytest.mark.filterwarnings("ignore:frames are shrunk")
def test_fit_scale_of_large_frames_gives_frame_pixels(write_model, tmp_path):
    path = write_model(tmp_path / "fit" / "model.onnx", input_scale="fit:128")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector = Detector(path, threads=1)
    large = np.repeat(np.repeat(draw_blobs(TARGETS), 3, axis=0), 3, axis=1)
    # Pixel edges stay in place: centre c of the small frame is 3c + 1 of the large one.
    assert agree(detector(large), [(3 * x + 1, 3 * y + 1) for x, y in TARGETS], 1.0)


def test_roi_keeps_what_is_inside_edges_included(model):
    frame = draw_blobs(TARGETS)
    points = Detector(model)(frame)
    x, y = (float(v) for v in points.xy[np.argmin(np.abs(points.xy[:, 0] - 30.3))])
    assert len(Region(roi=(x, y, x + 30, y + 60)).select(points, frame.shape)) == 2
    assert len(Region(roi=(x + 0.01, y, 50, 50)).select(points, frame.shape)) == 0
    kept = Detector(model, region=Region(roi=(x - 1, y - 1, x + 30, y + 60)))(frame)
    assert agree(kept, [xy for xy in TARGETS if x - 1 <= xy[0] <= x + 30], 0.35)


def test_levels_are_those_of_the_region(model):
    frame = draw_blobs(TARGETS, (256, 256)).astype(np.uint16)
    frame[:, 160:] += 40_000  # hot land, outside the region
    inside = [xy for xy in TARGETS if xy[0] < 130]
    assert not (Detector(model)(frame).xy[:, 0] < 130).any()
    found = Detector(model, region=Region(roi=(0, 0, 140, 255)))(frame)
    assert agree(found, inside, 0.35)


@pytest.mark.parametrize(
    ("roi", "part"),
    [
        ((10, 20, 12, 22), (slice(0, 128), slice(0, 128))),
        ((300, 250, 310, 260), (slice(192, 320), slice(242, 370))),
        ((-50, 100, 620, 399.4), (slice(100, 400), slice(0, 621))),
        ((630, 470, 900, 900), (slice(384, 512), slice(512, 640))),
    ],
)
def test_a_small_region_is_measured_with_its_surroundings(roi, part):
    assert Region(roi=roi).surroundings((512, 640)) == part


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "1,2,3,4,5", ""])
def test_a_roi_that_is_no_rectangle_is_refused(text):
    with pytest.raises(SettingsError, match="x0,y0,x1,y1"):
        Region.parse_roi(text)


@pytest.mark.parametrize("roi", [(5, 0, 5, 9), (0, 9, 9, 1), (float("nan"), 0, 9, 9)])
def test_an_empty_roi_is_refused(roi):
    with pytest.raises(SettingsError, match="x0 < x1"):
        Region(roi=roi)


def test_ignored_pixels_drop_their_points_alone(model):
    mask = np.zeros((96, 128), np.uint8)
    mask[15:26, 25:36] = 255
    points = Detector(model, region=Region(ignored=mask))(draw_blobs(TARGETS))
    assert agree(points, TARGETS[1:], 0.5)


@pytest.mark.parametrize("roi", [(128, 0, 200, 50), (0, 96, 50, 200), (-9, 0, -1, 50)])
def test_a_rectangle_outside_the_frame_is_refused(model, roi):
    detector = Detector(model, region=Region(roi=roi))
    with pytest.raises(SettingsError, match="is outside the frame of 128×96"):
        detector(draw_blobs(TARGETS))


def test_an_ignore_mask_of_another_size_is_refused(model):
    detector = Detector(model, region=Region(ignored=np.zeros((50, 50), bool)))
    with pytest.raises(SettingsError, match="ignore mask is 50×50, the frame 128×96"):
        detector(draw_blobs(TARGETS))


def test_thresholds(model):
    frame = draw_blobs(TARGETS)
    detector = Detector(model)
    assert detector.threshold == 0.4
    scores = detector(frame).score
    assert (detector(frame, threshold=float(scores[1])).score >= scores[1]).all()
    assert len(detector(frame, threshold=float(scores[1]))) == 2
    assert len(Detector(model, threshold=float(scores[0]) + 0.01)(frame)) == 0
    assert len(detector.candidates(frame)) > len(scores)
    assert Detector(model, false_alarms_per_mpx=1.0).threshold == 0.6


def test_thresholds_between_the_rates_of_the_card_are_interpolated(write_model):
    known = {"10": 0.2, "1": 0.4, "0.1": 0.8, "0.01": None}
    thresholds = {"default": 0.5, "chosen": "by hand", "false_alarms_per_mpx": known}
    model = write_model(thresholds=thresholds)
    for rate, threshold in ((10, 0.2), (1, 0.4), (0.1, 0.8), (10**0.5, 0.3), (10**-0.25, 0.5)):
        found = Detector(model, false_alarms_per_mpx=rate).threshold
        assert found == pytest.approx(threshold, abs=1e-12)
    for rate in (10.1, 0.09, 0.0, -1.0):
        with pytest.raises(ModelError, match=r"the rates on its card: from 0\.1 to 10$"):
            Detector(model, false_alarms_per_mpx=rate)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"threshold": 0.0}, SettingsError, "must be positive"),
        ({"threshold": float("nan")}, SettingsError, "must be positive"),
        ({"threshold": 0.5, "false_alarms_per_mpx": 1.0}, SettingsError, "not both"),
        ({"false_alarms_per_mpx": 0.1}, ModelError, "the rates on its card: from 1 to 1$"),
        ({"false_alarms_per_mpx": 7.0}, ModelError, "the rates on its card: from 1 to 1$"),
        ({"scale": "fit:0"}, SettingsError, "'native' or 'fit:N'"),
        ({"scale": "half"}, SettingsError, "'native' or 'fit:N'"),
    ],
)
def test_settings_out_of_range_are_refused(model, settings, error, message):
    with pytest.raises(error, match=message):
        Detector(model, **settings)


def test_what_is_no_frame_is_refused(detector):
    for array in (np.zeros((4, 5, 2)), np.zeros(5), np.zeros((0, 4)), np.full((4, 4), np.nan)):
        with pytest.raises(FrameError):
            detector(array)


def test_stream_gives_the_frames_of_a_folder_in_order(detector, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, x in ((2, 20.0), (10, 40.0)):
        Image.fromarray(draw_blobs([(x, 30.0)], (64, 64))).save(folder / f"f{number}.png")
    results = list(detector.stream(folder))
    assert [Path(result.source).name for result in results] == ["f2.png", "f10.png"]
    assert [round(float(result.points.xy[0, 0])) for result in results] == [20, 40]


def test_a_run_folder_and_a_loaded_model_will_do(model):
    frame = draw_blobs(TARGETS)
    assert Detector(model.parent)(frame) == Detector(find_model(model))(frame)


def test_an_unknown_model_is_one_line(shipped):
    choices = "choose from glint, spire, or give"
    with pytest.raises(ModelError, match=rf"^nonsuch: no such model; {choices}"):
        Detector("nonsuch")


def test_a_changed_weight_file_is_refused(model):
    model.write_bytes(model.read_bytes() + b"\0")
    with pytest.raises(ModelError, match=r"model\.onnx: not the file .*sha256"):
        Detector(model)


def test_a_missing_card_is_named(model):
    model.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match=r"model\.json: no model card"):
        Detector(model)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stride": 0}, "stride"),
        ({"stride": None}, "stride"),
        ({"thresholds": {"default": -1, "chosen": ""}}, r"thresholds\.default"),
        ({"normalisation": "none"}, "normalisation"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_malformed_card_names_the_field(write_model, changes, field):
    with pytest.raises(ModelError, match=rf"model\.json: model card: {field}: ") as caught:
        Detector(write_model(**changes))
    assert "\n" not in str(caught.value)


def test_a_card_that_is_no_json_is_one_line(model):
    model.with_suffix(".json").write_text("{")
    with pytest.raises(ModelError, match=r"model\.json: model card: Invalid JSON"):
        Detector(model)


@pytest.mark.parametrize("content", [b"", b"not a graph"])
def test_weights_that_are_no_graph_are_one_line(model, write_model, content):
    import hashlib

    write_model(sha256=hashlib.sha256(content).hexdigest())
    model.write_bytes(content)
    with pytest.raises(ModelError, match="'tiny' does not load") as caught:
        Detector(model)
    assert "\n" not in str(caught.value)


def test_frames_that_are_shrunk_much_are_said_once(write_model) -> None:
    detector = Detector(write_model(input_scale="fit:128"), threads=1)
    detector(draw_blobs(TARGETS, (96, 256)))
    with pytest.warns(IrpointWarning, match=r"shrunk 4\.7 times for 'tiny' \(fit:128\)") as said:
        detector.batch([draw_blobs(TARGETS, (96, 600)), draw_blobs(TARGETS, (96, 700))])
    assert len(said) == 1


def test_a_threshold_for_one_call_is_checked_too(model):
    with pytest.raises(SettingsError, match="must be positive"):
        Detector(model)(draw_blobs(TARGETS), threshold=0)
