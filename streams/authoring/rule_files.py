"""Rule files with the tests that stand beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.definition_files import kind_of
from streams.detection import Mistake
from streams.detection.reader import did_you_mean

TEST_SUFFIX = ".test.yaml"
_SUFFIX = ".yaml"


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule's text and that of its tests; ``filename`` and ``test_filename`` are how messages name them."""

    filename: str
    text: str
    test_filename: str
    test_text: str | None
    """None: nobody has written tests."""


def tests_beside(filename: str) -> str:
    """Where the tests of a rule file stand: ``contact.third.test.yaml`` beside ``contact.third.yaml``."""
    return filename.removesuffix(_SUFFIX) + TEST_SUFFIX


def shipped_rule_files() -> list[RuleFile]:
    """The catalogue, by name."""
    tests = dict(load_catalogue_tests())
    return [RuleFile(name, text, tests_beside(name), tests.get(tests_beside(name))) for name, text in load_catalogue()]


def shipped_policy_text() -> str:
    """The outreach policy that is shipped."""
    return (files("streams.outreach") / "policy.yaml").read_text(encoding="utf-8")


def read_rule_files(paths: Iterable[Path]) -> tuple[list[RuleFile], list[str]]:
    """The rules of files and folders, each once, and a line ``file:line:column: what; remedy`` per orphaned test.

    A test file stands for its rule. Policies and the timing are left out.

    Raises:
        OSError: a path cannot be read.
    """
    found: dict[Path, RuleFile] = {}
    mistakes: list[str] = []
    for path in paths:
        for file in _listed(path):
            rule = _rule_of(file)
            if rule in found:
                continue
            if rule != file and not rule.exists():
                problem = Mistake(1, 1, f"there is no rule {rule.name} beside these tests", "name both files alike")
                mistakes.append(f"{file}:{problem.line}:{problem.column}: {problem.what}; {problem.remedy}")
                continue
            text = _read(rule)
            if kind_of(text) == "rule":
                tests = Path(tests_beside(str(rule)))
                found[rule] = RuleFile(str(rule), text, str(tests), _read(tests) if tests.exists() else None)
    return list(found.values()), mistakes


def _listed(path: Path) -> list[Path]:
    return sorted(path.glob(f"*{_SUFFIX}")) if path.is_dir() else [path]


def _rule_of(file: Path) -> Path:
    if not file.name.endswith(TEST_SUFFIX):
        return file
    return file.with_name(file.name.removesuffix(TEST_SUFFIX) + _SUFFIX)


def _read(file: Path) -> str:
    # Bytes that are no UTF-8 become U+FFFD, which the parser then names with line and column.
    return file.read_text(encoding="utf-8", errors="replace")


def find_rule_file(name: str) -> RuleFile:
    """The shipped rule of that id, or the rule in that file.

    Raises:
        LookupError: neither; the message names the nearest shipped rule.
        OSError: the file cannot be read.
    """
    shipped = {file.filename.removesuffix(_SUFFIX): file for file in shipped_rule_files()}
    if name in shipped:
        return shipped[name]
    if not name.endswith(_SUFFIX) and not Path(name).exists():
        raise LookupError(f"no rule and no file '{name}'; {did_you_mean(name, shipped)}")
    found, mistakes = read_rule_files([Path(name)])
    if len(found) != 1:
        raise LookupError(mistakes[0] if mistakes else f"'{name}' has {len(found)} rules; name one rule file")
    return found[0]
