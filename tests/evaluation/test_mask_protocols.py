"""The mask protocols: by hand, against pyirstdmetrics, and from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from irpoint.datasets import load_dataset
from irpoint.errors import EvaluationError, IrpointWarning
from irpoint.evaluation.heat_maps import Maps, evaluate_maps, truth_mask
from irpoint.evaluation.mask_protocols import MASK_PROTOCOLS, count_map

protocols = pytest.mark.parametrize("protocol", MASK_PROTOCOLS)


def spots(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (40, 50)) -> np.ndarray:
    """A mask with boxes (top, left, height, width)."""
    mask = np.zeros(shape, bool)
    for top, left, height, width in boxes:
        mask[top : top + height, left : left + width] = True
    return mask


@protocols
def test_counts_by_hand(protocol: str) -> None:
    truth = spots((5, 5, 3, 3), (20, 20, 1, 1), (30, 40, 2, 2))
    said = spots((5, 5, 3, 3), (20, 22, 1, 1), (10, 40, 4, 5))
    counts = count_map(truth, said.astype(float), protocol)
    assert (counts.tp, counts.fp, counts.fn, counts.false_pixels) == (2, 1, 1, 20)
    assert counts.error_xy.tolist() == [[0, 0], [2, 0]]


@protocols
@pytest.mark.parametrize(("gap", "found"), [(2, 1), (3, 0), (4, 0)])
def test_three_pixels_are_too_many(protocol: str, gap: int, found: int) -> None:
    counts = count_map(spots((9, 9, 1, 1)), spots((9, 9 + gap, 1, 1)).astype(float), protocol)
    assert (counts.tp, counts.fp, counts.fn) == (found, 1 - found, 1 - found)


def test_the_first_blob_is_taken_by_mask_and_the_overlapping_one_by_opdc() -> None:
    truth = spots((10, 10, 4, 4))
    said = spots((7, 11, 2, 2), (10, 10, 4, 4)).astype(float)  # 4 px above; then one more near by
    near = spots((8, 11, 1, 2), (10, 10, 4, 4)).astype(float)
    assert count_map(truth, said).false_pixels == 4
    assert count_map(truth, near, radius=4).false_pixels == 16
    assert count_map(truth, near, "mask-opdc", radius=4).false_pixels == 2


@protocols
def test_empty_truth_and_empty_answers_are_counted(protocol: str) -> None:
    nothing, something = np.zeros((9, 9), bool), spots((2, 2, 3, 3), shape=(9, 9))
    for truth, said, wanted in (
        (nothing, nothing, (0, 0, 0, 0)),
        (nothing, something, (0, 1, 0, 9)),
        (something, nothing, (0, 0, 1, 0)),
    ):
        counts = count_map(truth, said.astype(float), protocol)
        assert (counts.tp, counts.fp, counts.fn, counts.false_pixels) == wanted


def test_wrong_size_and_nan_are_refused() -> None:
    with pytest.raises(EvaluationError, match="'a' is 5x4 but its frame 5x5"):
        count_map(np.zeros((5, 5), bool), np.zeros((4, 5)), name="a")
    with pytest.raises(EvaluationError, match="NaN"):
        count_map(np.zeros((5, 5), bool), np.full((5, 5), np.nan))


def test_the_worked_example_of_the_documentation() -> None:
    truth, said = np.zeros((256, 256), bool), np.zeros((256, 256))
    truth[50, 50] = said[50, 50] = 1
    said[100:103, 100:104] = 0.6
    said[101, 100:104] = said[102, 100] = 0.9
    assert count_map(truth, said).fp / truth.size * 1e6 == pytest.approx(15.3, abs=0.05)
    assert count_map(truth, said).false_pixels / truth.size * 1e6 == pytest.approx(183.1, abs=0.05)
    higher = count_map(truth, said, threshold=0.8)
    assert (higher.tp, higher.fp) == (1, 1)
    assert higher.false_pixels / truth.size * 1e6 == pytest.approx(76.3, abs=0.05)


# --- against the independent implementation


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A mask and a heat map that resembles it, crowded enough for every rule to matter."""
    rng = np.random.default_rng(seed)
    truth = ndimage.gaussian_filter(rng.standard_normal((48, 64)), 1.5)
    shifted = ndimage.shift(truth, rng.uniform(-2, 2, 2), order=1)
    said = shifted + 0.5 * ndimage.gaussian_filter(rng.standard_normal((48, 64)), 1.2)
    level = np.quantile(truth, rng.uniform(0.85, 0.98))
    return truth > level, np.clip(0.5 + (said - level), 0, 1)


def judged(protocol: str, truth: np.ndarray, said: np.ndarray) -> tuple[int, ...]:
    """tp, fp, fn and false pixels as pyirstdmetrics counts them."""
    theirs = pytest.importorskip(
        "py_irstd_metrics", reason="pyirstdmetrics is not installed (make test installs it)"
    )
    rules = {
        "mask": theirs.DistanceOnlyMatching(distance_threshold=3),
        "mask-opdc": theirs.OPDCMatching(overlap_threshold=0.5, distance_threshold=3),
    }
    metric = theirs.MatchingBasedMetrics(num_bins=1, matching_method=rules[protocol])
    metric.update(said, truth)
    return tuple(
        int(c[0]) for c in (metric.tp_objs, metric.fp_objs, metric.fn_objs, metric.fp_area)
    )


@protocols
def test_equal_to_pyirstdmetrics_to_the_last_count(protocol: str) -> None:
    several = 0
    for seed in range(120):
        truth, said = random_pair(seed)
        ours = count_map(truth, said, protocol)
        assert (ours.tp, ours.fp, ours.fn, ours.false_pixels) == judged(protocol, truth, said), seed
        several += ours.tp > 2 and ours.fp > 0 and ours.fn > 0
    assert several > 60


@protocols
def test_equal_to_pyirstdmetrics_on_real_masks(protocol: str, shared_data: Path) -> None:
    rng, compared = np.random.default_rng(0), 0
    for frame in load_dataset(shared_data / "NUDT-SIRST", "val").frames[:60]:
        truth = truth_mask(frame)
        moved = ndimage.shift(truth.astype(float), rng.uniform(-2.5, 2.5, 2), order=1)
        said = np.clip(moved + 0.8 * (rng.random(truth.shape) > 0.9995), 0, 1)
        ours = count_map(truth, said, protocol)
        if ours.tp + ours.fp and ours.tp + ours.fn:  # theirs counts a phantom where one is empty
            compared += 1
            assert (ours.tp, ours.fp, ours.fn, ours.false_pixels) == judged(
                protocol, truth, said
            ), frame.name
    assert compared > 40


# --- files and the command


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    """A data set of two frames, one empty, and a folder of heat maps."""
    root, maps = tmp_path / "Sky", tmp_path / "maps"
    for folder in (root / "images", root / "masks", maps):
        folder.mkdir(parents=True)
    for name, truth, said in (
        ("a", spots((5, 5, 3, 3), (30, 30, 2, 2)), spots((5, 6, 3, 3), (20, 40, 1, 5))),
        ("b", spots(), spots((1, 1, 2, 2))),
    ):
        Image.fromarray(np.zeros(truth.shape, np.uint8)).save(root / "images" / f"{name}.png")
        Image.fromarray(truth.astype(np.uint8) * 255).save(root / "masks" / f"{name}.png")
        Image.fromarray(said.astype(np.uint8) * 200).save(maps / f"{name}.png")
    return root, maps


def test_maps_of_a_folder(made: tuple[Path, Path]) -> None:
    root, maps = made
    rated = evaluate_maps(load_dataset(root, "all").frames, Maps(maps))
    assert (rated.tp, rated.fp, rated.fn, rated.images) == (1, 2, 1, 2)
    assert rated.false_pixels_per_mpx == pytest.approx(9 / 4000 * 1e6)
    np.save(maps / "a.npy", np.zeros((40, 50), np.float32))
    (maps / "a.png").unlink()
    assert evaluate_maps(load_dataset(root, "all").frames, Maps(maps)).tp == 0


def test_command_prints_both_kinds_of_false_alarms(cli, made: tuple[Path, Path]) -> None:
    root, maps = made
    arguments = ("evaluate", "--data", root, "--split", "all", "--predictions", maps)
    code, out, err = cli(*arguments, "--protocol", "mask", "--json", "-")
    content = json.loads(out)
    assert code == 0
    assert content["protocol"] == "mask"
    assert content["radius_px"] == 3
    assert content["false_alarms_per_image"] == 1
    assert content["false_pixels_per_mpx"] == pytest.approx(2250)
    assert "Pixels of false blobs: 2250.00" in err


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda maps: (maps / "b.png").unlink(), "no map for b.png"),
        (lambda maps: Image.new("L", (9, 9)).save(maps / "b.png"), "'b' is 9x9"),
        (lambda maps: (maps / "b.png").write_bytes(b"junk"), "b.png"),
        (lambda maps: [file.unlink() for file in maps.iterdir()], "no heat maps"),
    ],
    ids=["missing", "size", "damaged", "empty"],
)
def test_bad_maps_are_one_line(cli, made: tuple[Path, Path], break_it, said: str) -> None:
    root, maps = made
    break_it(maps)
    code, _, err = cli(
        "evaluate", "--data", root, "--split", "all", "--predictions", maps, "--protocol", "mask"
    )
    assert code != 0
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_mask_protocols_need_maps_and_masks(cli, made: tuple[Path, Path], tmp_path: Path) -> None:
    root, maps = made
    code, _, err = cli(
        "evaluate", "--data", root, "--split", "all", "--model", "spire", "--protocol", "mask"
    )
    assert code != 0
    assert "heat maps" in err
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "points.csv").write_text("image,x,y\na,5,5\n")
    Image.new("L", (50, 40)).save(tmp_path / "points" / "a.png")
    code, _, err = cli(
        "evaluate", "--data", tmp_path / "points", "--split", "all", "--predictions", maps,
        "--protocol", "mask",
    )  # fmt: skip
    assert code != 0
    assert "no masks" in err


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_a_mask_of_ones_is_an_answer_too(made: tuple[Path, Path], suffix: str) -> None:
    root, maps = made
    for name in ("a", "b"):
        truth = np.asarray(Image.open(root / "masks" / f"{name}.png")) > 0
        (maps / f"{name}.png").unlink()
        if suffix == "png":
            Image.fromarray(truth).save(maps / f"{name}.png")  # one bit a pixel
        else:
            np.save(maps / f"{name}.npy", truth)
    rated = evaluate_maps(load_dataset(root, "all").frames, Maps(maps))
    assert (rated.tp, rated.fp, rated.fn) == (2, 0, 0)


def test_a_smaller_mask_has_as_many_targets_as_the_frame(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    small = spots((5, 5, 3, 4), shape=(20, 30))
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(tmp_path / "images" / "a.png")
    Image.fromarray(small.astype(np.uint8)).save(tmp_path / "masks" / "a.png")
    with pytest.warns(IrpointWarning, match="scaled to fit"):
        (frame,) = load_dataset(tmp_path, "all")
    np.testing.assert_array_equal(truth_mask(frame), np.kron(small, np.ones((2, 2), bool)))


def test_maps_of_two_sets_with_equal_names_lie_in_subfolders(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    root, maps = made
    other = tmp_path / "Sea"
    shutil.copytree(root, other)
    frames = [frame for path in (root, other) for frame in load_dataset(path, "all")]
    with pytest.raises(EvaluationError, match=r"a\.png: is the map of .*Sky.* and of .*Sea"):
        evaluate_maps(frames, Maps(maps))
    for name in ("Sky", "Sea"):
        (maps / name).mkdir()
        for file in maps.glob("*.png"):
            shutil.copy(file, maps / name / file.name)
    for file in maps.glob("*.png"):
        file.unlink()
    assert evaluate_maps(frames, Maps(maps)).tp == 2


def test_a_threshold_that_is_no_number_is_one_line(cli, made: tuple[Path, Path]) -> None:
    root, maps = made
    code, _, err = cli(
        "evaluate", "--data", root, "--split", "all", "--predictions", maps, "--protocol", "mask",
        "--threshold", "nan",
    )  # fmt: skip
    assert (code, len(err.strip().splitlines())) == (1, 1)
    assert "finite" in err
