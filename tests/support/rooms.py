"""The modules of the package, what each one imports, and where PyTorch may be used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import irpoint

PACKAGE = Path(irpoint.__file__).parent

# PyTorch, and what the extra "train" brings with it.
TRAINING_LIBRARIES = {"torch", "lightning", "safetensors", "onnx", "onnxscript", "tensorboard"}
MAY_USE_TORCH = ("irpoint.methods", "irpoint.training", "irpoint.export.onnx")


def source_files() -> dict[str, Path]:
    """Every module of the package and its file."""
    files = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = ("irpoint", *file.relative_to(PACKAGE).with_suffix("").parts)
        files[".".join(parts).removesuffix(".__init__")] = file
    return files


def imports(tree: ast.Module, known: dict[str, Path]) -> Iterator[str]:
    """Every module that the code imports: at its top, in a function, or for type checking."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute in this package"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            # ``from irpoint.frames import read`` names a module; ``import read_frame`` does not.
            yield from [name if name in known else str(node.module) for name in names]
