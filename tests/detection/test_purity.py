"""Detection is pure: it imports nothing that reads, writes, waits or rolls dice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import streams.detection

FOLDER = Path(streams.detection.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
PURE = {
    *("__future__", "bisect", "collections", "dataclasses", "datetime", "difflib", "functools", "hashlib"),
    *("importlib", "itertools", "math", "pathlib", "re", "typing", "msgspec", "ruamel"),
}
OURS = ("streams.detection", "schemas.types")
IMPURE_CALLS = {"open", "print", "input", "hash", "id", "now", "today", "time", "utcnow"}


def imports(module: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def calls(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {getattr(function, "id", getattr(function, "attr", "")) for function in functions}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(FOLDER)))
def test_a_module_imports_only_pure_things(module: Path) -> None:
    others = {name for name in imports(module) if name.split(".")[0] not in PURE}
    assert {name for name in others if not any(name == ours or name.startswith(f"{ours}.") for ours in OURS)} == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(FOLDER)))
def test_a_module_asks_no_clock_and_opens_nothing(module: Path) -> None:
    assert calls(module) & IMPURE_CALLS == set()
