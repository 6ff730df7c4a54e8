"""The files of the deployment, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]


def read_text(path: str) -> str:
    """A file of the repository by its path from the root."""
    return (ROOT / path).read_text(encoding="utf-8")


def read_yaml(path: str) -> Any:
    """The one document of a YAML file."""
    return YAML(typ="safe").load(read_text(path))


def read_documents(path: str) -> list[Any]:
    """All documents of a YAML file."""
    return list(YAML(typ="safe").load_all(read_text(path)))
