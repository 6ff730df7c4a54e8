"""Rules, policies and the timing from files, validated and ready to be activated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from schemas import Control
from streams.catalogue import load_catalogue
from streams.controls import activation
from streams.customer.timing import parse_timing
from streams.detection import RuleFileError, parse_emotions, parse_rule, shipped_emotions_text
from streams.detection.moment_types import MOMENT_DETECTED
from streams.detection.rule_reader import rules_named
from streams.errors import MomentousError
from streams.outreach import parse_policy

_POLICY = re.compile(r"^actions\s*:", re.MULTILINE)
_TIMING = re.compile(r"^(order_wait|late_grace|sources)\s*:", re.MULTILINE)
_EMOTIONS = re.compile(r"^half_lives\s*:", re.MULTILINE)
_TESTS = ".test.yaml"


class Definition(NamedTuple):
    """A valid rule, policy, time or emotions (``kind``)."""

    kind: str
    id: str
    version: int
    filename: str
    control: Control

    @property
    def text(self) -> str:
        """The whole file."""
        carried = self.control["activation"]
        return "" if carried is None else carried["text"]


class BadDefinitions(MomentousError):
    """Files with mistakes; ``lines`` names each one as ``file:line:column: what; remedy``."""

    def __init__(self, lines: Sequence[str]) -> None:
        found = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        super().__init__(f"{found} in rule or policy files, nothing was published", "mend what is named above")
        self.lines = tuple(lines)


def shipped_definitions() -> list[Definition]:
    """The shipped rules, the shipped policy and the shipped emotions."""
    policy = files("streams.outreach") / "policy.yaml"
    others = [("policy.yaml", policy.read_text(encoding="utf-8")), ("emotions.yaml", shipped_emotions_text())]
    return _validated([*load_catalogue(), *others])


def read_definitions(paths: Iterable[Path]) -> list[Definition]:
    """Rules and policies from files, and from all ``.yaml`` files in folders (not the rules' tests).

    A file with a top-level key ``actions`` is a policy, one with ``order_wait``, ``late_grace`` or
    ``sources`` the timing, one with ``half_lives`` the emotions.

    Raises:
        OSError: a path cannot be read.
        BadDefinitions: any mistake in any file, or two definitions of the same id.
    """
    # Bytes that are no UTF-8 become U+FFFD, which the parsers then name with line and column.
    texts = [(str(file), file.read_text(encoding="utf-8", errors="replace")) for path in paths for file in _files(path)]
    return _validated(texts)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.glob("*.yaml") if not file.name.endswith(_TESTS))


def _validated(texts: Iterable[tuple[str, str]]) -> list[Definition]:
    found: dict[tuple[str, str], Definition] = {}
    mistakes: list[str] = []
    for filename, text in texts:
        try:
            definition = _definition(filename, text)
        except RuleFileError as error:
            mistakes.extend(str(error).splitlines())
            continue
        other = found.setdefault((definition.kind, definition.id), definition)
        if other is not definition:
            mistakes.append(
                f"{filename}:1:1: {definition.kind} {definition.id} stands in {other.filename} too; keep one"
            )
    mistakes += _loops([one for one in found.values() if one.kind == "rule"])
    if mistakes:
        raise BadDefinitions(mistakes)
    return list(found.values())


def _loops(rules: Iterable[Definition]) -> list[str]:
    """Rules that name a moment which no rule hears, since its own rule hears moments or levels."""
    known = {one.id: one for one in rules}
    mistakes: list[str] = []
    for one in known.values():
        if MOMENT_DETECTED not in one.text or parse_rule(one.text, one.filename).stratum == 1:
            continue
        for node in rules_named(one.text, one.filename):
            other = known.get(node.text)
            if other is not None and parse_rule(other.text, other.filename).stratum > 1:
                what = f"{one.filename}:{node.line}:{node.column}: {one.id} cannot hear {other.id}"
                mistakes.append(f"{what}, which hears moments itself; name rules that hear touchpoints only")
    return mistakes


def kind_of(text: str) -> Literal["policy", "time", "emotions", "rule"]:
    """What a file means to be, by its top-level keys; it need not be valid."""
    if _POLICY.search(text):
        return "policy"
    if _EMOTIONS.search(text):
        return "emotions"
    return "time" if _TIMING.search(text) else "rule"


def _definition(filename: str, text: str) -> Definition:
    kind = kind_of(text)
    if kind == "policy":
        policy = parse_policy(text, filename)
        return Definition(
            "policy", policy.id, policy.version, filename, activation("policy", policy.id, policy.version, text)
        )
    if kind == "time":
        timing = parse_timing(text, filename)
        return Definition("time", "time", timing.version, filename, activation("time", "time", timing.version, text))
    if kind == "emotions":
        version = parse_emotions(text, filename).version
        return Definition("emotions", "emotions", version, filename, activation("emotions", "emotions", version, text))
    rule = parse_rule(text, filename)
    return Definition("rule", rule.id, rule.version, filename, activation("rule", rule.id, rule.version, text))
