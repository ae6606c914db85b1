"""Errors as one line."""

from __future__ import annotations

import os
import pickle

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from irpoint.errors import FrameError, FrameWarning, IrpointWarning, first_error, one_line


class Loss(BaseModel, extra="forbid"):
    weight: float = Field(1.0, gt=0)
    kind: str = "focal"

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind != "focal":
            raise ValueError(f"no loss {kind!r}")
        return kind


class Settings(BaseModel):
    losses: list[Loss]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device", "a.png"), "No space left on device"),
        (RuntimeError("line one\n  line two"), "line one line two"),
        (ValueError(), "ValueError"),
        (ValueError("x" * 5000), "x" * 300 + "…"),
    ],
)
def test_an_error_becomes_one_line(error: Exception, line: str) -> None:
    assert one_line(error) == line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b é 云 ×.png", "a b é 云 ×.png"),
        ("a\nb\t.png", r"a\nb\t.png"),
        ("\x1b[31m.png", r"\x1b[31m.png"),
        ("\u202egnp.a", r"\u202egnp.a"),
        (os.fsdecode(b"\xff.png"), r"\udcff.png"),
        ("a\u2028b\x85", r"a\u2028b\x85"),
    ],
)
def test_any_file_name_is_on_one_line(name: str, shown: str) -> None:
    assert str(FrameError(f"{name}: damaged")) == f"{shown}: damaged"
    assert str(IrpointWarning(f"{name}: damaged")) == f"{shown}: damaged"
    assert str(FrameWarning("kind", name, "damaged")) == f"{shown}: damaged"
    copy = pickle.loads(pickle.dumps(FrameError(name)))
    assert str(copy) == shown


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        ({"weight": -1}, "losses.0.weight: should be greater than 0, not -1"),
        ({"kind": "x"}, "losses.0.kind: no loss 'x'"),
        ({"colour": 1}, "losses.0.colour: unknown name; check the spelling"),
        ({"weight": [1]}, "losses.0.weight: should be a valid number"),
    ],
)
def test_the_first_wrong_value_becomes_one_line(loss: dict[str, object], line: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"losses": [loss]})
    assert first_error(caught.value) == line
    assert first_error(caught.value, "file") == f"file.{line}"


def test_an_error_of_the_whole_value_has_no_location() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate_json("{")
    assert first_error(caught.value).startswith("Invalid JSON")
