"""Leave out of an ONNX graph what one of its outputs does not need.

ONNX Runtime computes every output of a graph, whichever are asked for. The file is read and written
as protocol buffers, of which a few fields matter here, because the package ``onnx`` is not needed
to run a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

# Numbers of fields in onnx.proto.
_GRAPH = 7  # of a model
_NODE, _INITIALIZER, _OUTPUT = 1, 5, 12  # of a graph
_INPUTS, _OUTPUTS, _ATTRIBUTE = 1, 2, 5  # of a node
_SUBGRAPHS = (6, 11)  # of an attribute: the branches of a condition, the body of a loop
_NAME = {_INITIALIZER: 8, _OUTPUT: 1}  # of what lies in the field of a graph
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # kinds of fields


class _Field(NamedTuple):
    number: int
    start: int  # of the field, with its tag
    content: bytes  # b"" of numbers
    end: int


def keep_output(model: bytes, name: str) -> bytes:
    """The ONNX model with one of its outputs, and the nodes and constants that it depends on.

    Args:
        model: an ONNX model.
        name: the output.

    Returns:
        The smaller model; the model itself if its nodes contain graphs, which may need anything.

    Raises:
        ValueError: if the model has no such output, or is no ONNX model.
    """
    graph = next((field for field in list(_fields(model)) if field.number == _GRAPH), None)
    if graph is None:
        raise ValueError("no graph")
    fields = list(_fields(graph.content))
    if name not in (_name(f) for f in fields if f.number == _OUTPUT):
        raise ValueError(f"no output {name!r}")
    needed, kept = {name}, set()
    for index in reversed(range(len(fields))):  # the nodes of a graph are in topological order
        field = fields[index]
        if field.number == _NODE:
            parts = list(_fields(field.content))
            if any(_has_subgraph(p) for p in parts):
                return model
            if any(p.number == _OUTPUTS and p.content.decode() in needed for p in parts):
                kept.add(index)
                needed.update(p.content.decode() for p in parts if p.number == _INPUTS)
    pruned = b"".join(
        graph.content[field.start : field.end]
        for index, field in enumerate(fields)
        if index in kept
        or (field.number == _OUTPUT and _name(field) == name)
        or (field.number == _INITIALIZER and _name(field) in needed)
        or field.number not in (_NODE, _OUTPUT, _INITIALIZER)
    )
    tag = bytes([_GRAPH << 3 | _BYTES])
    return model[: graph.start] + tag + _varint(len(pruned)) + pruned + model[graph.end :]


def _has_subgraph(part: _Field) -> bool:
    if part.number != _ATTRIBUTE:
        return False
    return any(field.number in _SUBGRAPHS for field in _fields(part.content))


def _name(field: _Field) -> str:
    number = _NAME[field.number]
    return next((p.content.decode() for p in _fields(field.content) if p.number == number), "")


def _fields(message: bytes) -> Iterator[_Field]:
    """The fields of a message, in their order."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _read_varint(message, at)
        kind, content = tag & 7, b""
        if kind == _VARINT:
            _, at = _read_varint(message, at)
        elif kind == _BYTES:
            length, at = _read_varint(message, at)
            content = message[at : at + length]
            at += length
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("not a protocol buffer")
        if at > len(message):
            raise ValueError("not a protocol buffer, or cut off")
        yield _Field(tag >> 3, start, content, at)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits per byte, the lowest first, and the place after it."""
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("not a protocol buffer, or cut off")


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes([*encoded, value])
