"""What is left of an ONNX graph for one of its outputs."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from irpoint.runtime.backends.prune import keep_output
from support.models import tiny_graph

onnx = pytest.importorskip("onnx", reason="to make graphs")


def graph_of_two_outputs(branch: bool = False) -> bytes:
    """x → near = x + 1; far = (x + 1) · 2 + 300 times 1, which no other output needs."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    kind = onnx.TensorProto.FLOAT
    constants = {"one": np.float32([1]), "two": np.float32([2]), "many": np.ones(300, np.float32)}
    nodes = [
        helper.make_node("Add", ["x", "one"], ["near"]),
        helper.make_node("Mul", ["near", "two"], ["doubled"]),
        helper.make_node("ReduceSum", ["many"], ["sum"], keepdims=0),
        helper.make_node("Add", ["doubled", "sum"], ["far"]),
    ]
    if branch:
        inside = helper.make_graph(
            [helper.make_node("Identity", ["sum"], ["same"])], "inside", [],
            [helper.make_tensor_value_info("same", kind, [])],
        )  # fmt: skip
        yes = numpy_helper.from_array(np.array(True), "yes")
        nodes[-1] = helper.make_node("Add", ["doubled", "chosen"], ["far"])
        nodes.insert(-1, helper.make_node("If", ["yes"], ["chosen"], then_branch=inside,
                                          else_branch=inside))  # fmt: skip
    graph = helper.make_graph(
        nodes, "two", [helper.make_tensor_value_info("x", kind, ["n"])],
        [helper.make_tensor_value_info(name, kind, ["n"]) for name in ("near", "far")],
        [numpy_helper.from_array(value, name) for name, value in constants.items()]
        + ([yes] if branch else []),
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def run(graph: bytes, output: str) -> np.ndarray:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return session.run([output], {"x": np.float32([3, 4])})[0]


@pytest.mark.parametrize(("output", "nodes", "constants"), [("near", 1, 1), ("far", 4, 3)])
def test_an_output_keeps_what_it_needs_and_its_value(
    output: str, nodes: int, constants: int
) -> None:
    whole = graph_of_two_outputs()
    pruned = keep_output(whole, output)
    onnx.checker.check_model(onnx.load_model_from_string(pruned), full_check=True)
    graph = onnx.load_model_from_string(pruned).graph
    assert [entry.name for entry in graph.output] == [output]
    assert (len(graph.node), len(graph.initializer)) == (nodes, constants)
    assert (run(pruned, output) == run(whole, output)).all()


def test_a_graph_with_branches_is_left_as_it_is() -> None:
    whole = graph_of_two_outputs(branch=True)
    assert run(whole, "far").tolist() == [308, 310]
    assert keep_output(whole, "far") == whole


def test_what_is_no_model_or_lacks_the_output_is_refused() -> None:
    with pytest.raises(ValueError, match="no output 'peaks'"):
        keep_output(tiny_graph(), "peaks")
    for broken in (b"", b"text", tiny_graph()[:-1], tiny_graph()[:100], b"\xff" * 20):
        with pytest.raises(ValueError, match=r"no graph|not a protocol buffer"):
            keep_output(broken, "response")
