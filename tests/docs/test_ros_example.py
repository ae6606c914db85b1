"""The ROS 2 node of docs/outputs.md, run with stand-ins for the modules of ROS."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from support.doc_pages import blocks
from support.models import draw_blobs

(NODE,) = [block.code for block in blocks() if "import rclpy" in block.code]


def message(**fields: Any) -> Any:
    """A message whose unset fields are messages, as far as the example uses them."""
    pose = SimpleNamespace(position=SimpleNamespace())
    parts: dict[str, Any] = {
        "detections": [],
        "hypothesis": SimpleNamespace(),
        "pose": SimpleNamespace(pose=pose, covariance=[0.0] * 36),
        "bbox": SimpleNamespace(center=SimpleNamespace(position=SimpleNamespace())),
    }
    return SimpleNamespace(**(parts | fields))


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch, model: Any) -> Any:
    """The node, with its detector; what it publishes is in ``node.published``."""

    class Node:
        def __init__(self, name: str) -> None:
            self.published: list[Any] = []
            self.errors: list[str] = []

        def declare_parameter(self, name: str, value: Any) -> Any:
            return SimpleNamespace(value=model)

        def create_publisher(self, *_: Any) -> Any:
            return SimpleNamespace(publish=self.published.append)

        def create_subscription(self, *_: Any) -> None:
            pass

        def get_logger(self) -> Any:
            return SimpleNamespace(error=lambda text, once: self.errors.append(text))

    def module(name: str, **names: Any) -> None:
        made = ModuleType(name)
        made.__dict__.update(names)
        monkeypatch.setitem(sys.modules, name, made)

    module("rclpy")
    module("rclpy.node", Node=Node)
    module("rclpy.qos", qos_profile_sensor_data=None)
    module("sensor_msgs")
    module("sensor_msgs.msg", Image=message)
    module("vision_msgs")
    names = ("Detection2D", "Detection2DArray", "ObjectHypothesisWithPose")
    module("vision_msgs.msg", **dict.fromkeys(names, message))
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(NODE, "docs/outputs.md", "exec", dont_inherit=True), namespace)
    return namespace["PointDetector"]()


@pytest.mark.parametrize(
    ("encoding", "kind", "big"), [("mono8", "u1", 0), ("16UC1", "<u2", 0), ("mono16", ">u2", 1)]
)
def test_an_image_becomes_detections(node: Any, encoding: str, kind: str, big: int) -> None:
    frame = draw_blobs([(30.3, 20.7)]).astype(kind)
    rows = np.pad(frame.view(np.uint8).reshape(len(frame), -1), ((0, 0), (0, 6)))  # padded rows
    node.detect(
        SimpleNamespace(
            header="stamp",
            encoding=encoding,
            is_bigendian=big,
            height=frame.shape[0],
            width=frame.shape[1],
            step=rows.shape[1],
            data=rows.tobytes(),
        )
    )
    (published,) = node.published
    (found,) = published.detections
    assert (published.header, found.header) == ("stamp", "stamp")
    (result,) = found.results
    place = (result.pose.pose.position.x, result.pose.pose.position.y)
    assert place == pytest.approx((30.3, 20.7), abs=0.3)
    assert result.hypothesis.class_id == "bright"
    assert 0 < result.pose.covariance[0] < 0.1
    assert found.bbox.size_x == pytest.approx(4 * 1.8, rel=0.2)


def test_an_encoding_that_is_no_intensity_is_an_error(node: Any) -> None:
    node.detect(SimpleNamespace(encoding="bgr8"))
    assert node.published == []
    assert node.errors == ["bgr8: use one of mono8, 8UC1, mono16, 16UC1, 32FC1"]
