"""Rules that say the same with other numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from streams.authoring.finding import Finding
from streams.detection import Rule


def overlaps(rules: Iterable[tuple[str, tuple[int, int], Rule]]) -> Iterator[Finding]:
    """A warning at every rule that differs from an earlier one in numbers only.

    Args:
        rules: file name, line and column of ``detect``, and the rule.
    """
    known: dict[Any, tuple[str, Rule]] = {}
    for filename, (line, column), rule in rules:
        shape = (_shape(rule.detect), rule.by, rule.identified_only)
        if shape not in known:
            known[shape] = (filename, rule)
            continue
        other_file, other = known[shape]
        how = "does just what" if rule.detect == other.detect else "differs only in numbers from"
        what = f"{rule.id} {how} {other.id} in {other_file}" + (" does" if rule.detect == other.detect else "")
        yield Finding(filename, line, column, "warning", what, "keep one, or let them listen to different things")


def _shape(value: Any) -> Any:
    """The value with every number blotted out, hashable."""
    if is_dataclass(value):
        return (type(value), *(_shape(getattr(value, one.name)) for one in fields(value)))
    if isinstance(value, tuple):
        return tuple(_shape(one) for one in value)
    return "#" if isinstance(value, int | float) and not isinstance(value, bool) else value
