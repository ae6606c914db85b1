"""Trainings of the labelling page: frames to plan with, and short steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from irpoint.label.training.plan import PlanFrame
from irpoint.label.training.schedule import Schedule
from support.label_client import point, put
from support.models import draw_blobs

if TYPE_CHECKING:
    import httpx

SHORT = Schedule(epochs=2, crops_per_frame=1, min_crops=12, max_crops=12)

# The process of a training that knows the tiny method. Its export, which takes most of the time and
# has tests of its own, is replaced by a graph that responds to blobs.
_TINY_JOB = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import irpoint.zoo
from irpoint.methods import METHODS
from irpoint.training import export_run
from support.models import tiny_graph
from support.tiny_method import TINY
METHODS["tiny"] = TINY
irpoint.zoo._SHIPPED = Path({zoo!r})
export_run.export_onnx = lambda *network, **options: tiny_graph()
from irpoint.label.training.job import main
main()
"""


def tiny_job(zoo: Path, folder: Path) -> list[str]:
    """The command of a real training of the tiny method, with the shipped models in ``zoo``."""
    code = _TINY_JOB.format(tests=str(Path(__file__).parents[1]), zoo=str(zoo))
    return [sys.executable, "-c", code, str(folder)]


def plan_frame(number: int, clip: str = "", **changes: Any) -> PlanFrame:
    """An image on its own, or a frame of a clip, with two targets."""
    frame = {
        "name": f"{clip}{number}", "frame": f"{clip or 'images/'}#{number}",
        "clip": clip or f"#{number}", "index": number, "targets": 2, "val": number % 5 == 0,
    }  # fmt: skip
    return PlanFrame(**(frame | changes))


def places(number: int) -> list[tuple[float, float]]:
    """Where the blobs of a frame of :func:`write_blobs` are."""
    return [(20.0 + 4 * number, 30.0), (100.0 - 3 * number, 70.0)]


def write_blobs(folder: Path, count: int = 12) -> Path:
    """A new folder of unrelated frames with two blobs each."""
    folder.mkdir()
    for k in range(count):
        Image.fromarray(draw_blobs(places(k), seed=k)).save(folder / f"{k:02}.png")
    return folder


def label_blobs(client: httpx.Client, count: int = 12) -> None:
    """Label the frames of :func:`write_blobs`."""
    for k in range(count):
        points = [point(x, y) for x, y in places(k)]
        assert put(client, f"{k:02}.png", state="done", points=points).is_success


def ship_blind_model(write_model: Callable[..., Path], shipped: Path) -> None:
    """Ship a model of the tiny method whose threshold no blob reaches, in the place of another."""
    from safetensors.torch import save_file

    from support.tiny_method import TINY

    high = {"default": 4.5, "chosen": "by hand", "false_alarms_per_mpx": {}}
    name = shipped.stem
    write_model(shipped, name=name, method="tiny", width=None, thresholds=high)
    save_file(TINY.build(None).state_dict(), shipped.with_suffix(".safetensors"))
