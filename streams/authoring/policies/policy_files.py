"""Policy files with the tests that stand beside them, and the rules whose moments they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from streams.authoring.rule_files import TEST_SUFFIX, read_rule_files, shipped_policy_text, shipped_rule_files
from streams.authoring.rule_files import tests_beside as beside
from streams.detection import RuleFileError, parse_rule

SHIPPED = "policy.yaml"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy's text and that of its tests; ``filename`` and ``test_filename`` are how messages name them."""

    filename: str
    text: str
    test_filename: str
    test_text: str | None
    """None: nobody has written tests."""


def shipped_policy_file() -> PolicyFile:
    """The shipped policy with its tests."""
    name = beside(SHIPPED)
    return PolicyFile(SHIPPED, shipped_policy_text(), name, (files("streams.outreach") / name).read_text("utf-8"))


def read_policy_file(path: Path) -> PolicyFile:
    """A policy file and the tests beside it; a test file stands for its policy.

    Raises:
        OSError: it cannot be read.
    """
    if path.name.endswith(TEST_SUFFIX):
        path = path.with_name(path.name.removesuffix(TEST_SUFFIX) + ".yaml")
    tests = Path(beside(str(path)))
    return PolicyFile(str(path), _read(path), str(tests), _read(tests) if tests.exists() else None)


def rule_texts(paths: Iterable[Path]) -> dict[str, str]:
    """Files of rules by id: the shipped ones, and over them those of files and folders.

    What is no valid rule is left out: ``momentous rules lint`` tells of it.

    Raises:
        OSError: a path cannot be read.
    """
    found = {}
    for file in (*shipped_rule_files(), *read_rule_files(paths)[0]):
        try:
            found[parse_rule(file.text, file.filename).id] = file.text
        except RuleFileError:
            continue
    return found


def _read(file: Path) -> str:
    # Bytes that are no UTF-8 become U+FFFD, which the parser then names with line and column.
    return file.read_text(encoding="utf-8", errors="replace")
