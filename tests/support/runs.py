"""Short training runs on a few small simulated frames."""

from __future__ import annotations

from pathlib import Path

from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.training.settings import TrainSettings


def small_scenes(root: Path, frames: int = 6) -> Path:
    """A dataset of small simulated frames with points, in the lists train and val."""
    scene = SceneSettings.checked(width=64, height=48, targets=(1, 2), snr=(15, 40))
    simulate_dataset(root, scene, frames=frames, seed=1)
    (root / "img_idx").mkdir(exist_ok=True)
    names = [f"frame_{k:05d}" for k in range(frames)]
    for split, listed in (("train", names[:-2]), ("val", names[-2:])):
        (root / "img_idx" / f"{split}.txt").write_text("\n".join(listed) + "\n")
    return root


def short_run(scenes: Path, **changes: object) -> TrainSettings:
    """Settings of a run of four epochs of two steps; ``tiny`` must be registered."""
    values: dict[str, object] = {
        "method": "tiny", "data": [scenes], "split": "all", "val_split": "all",
        "input_scale": "native", "epochs": 4, "crops_per_epoch": 16, "crop": 32, "batch": 8,
        "val_every": 2, "mine_every": 1, "compile": False, "workers": 0,
    }  # fmt: skip
    return TrainSettings.model_validate(values | changes)
