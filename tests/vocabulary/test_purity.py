"""The vocabulary is pure: it reads the one file of its own package, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import streams.vocabulary

FOLDER = Path(streams.vocabulary.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
PURE = {"__future__", "collections", "dataclasses", "difflib", "functools", "json", "sys", "typing"}
OURS = ("schemas", "streams.detection", "streams.vocabulary")
READS_ITS_OWN_FILE = "importlib.resources"


def imports(module: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_only_pure_things(module: Path) -> None:
    allowed = {READS_ITS_OWN_FILE} if module.name == "shipped.py" else set()
    others = {name for name in imports(module) - allowed if name.split(".")[0] not in PURE}
    assert {name for name in others if not any(name == ours or name.startswith(f"{ours}.") for ours in OURS)} == set()
