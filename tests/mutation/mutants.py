"""Mutants of a rule: its numbers moved, its comparisons flipped, its conditions and keys dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from streams.detection import Rule, RuleFileError, parse_rule
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from tests.catalogue.bounds import moved_bounds
from tests.mutation.equivalents import meaning

FLIPS = {"gt": ("gte", "lte"), "gte": ("gt", "lt"), "lt": ("lte", "gte"), "lte": ("lt", "gt"), "ne": ("eq",)}
"""The comparison beside each one, and its opposite."""

_TOLD = ("id", "version", "title", "description", "emotion", "intensity", "mode", "references", "false_positives")
_NOT_TESTED = (*_TOLD, "expires_after", "keep")
"""Keys that no time line shows, or that say nothing about when the rule fires."""


class Mutant(NamedTuple):
    """A changed rule. ``kind`` is what sort of change ``what`` is."""

    kind: str
    what: str
    rule: Rule


def mutants(text: str, filename: str) -> Iterator[Mutant]:
    """Every mutant that is still a rule, and means another one than before."""
    seen = [meaning(parse_rule(text, filename))]
    for mutant in _changed_rules(text, filename):
        if (meant := meaning(mutant.rule)) not in seen:
            seen.append(meant)
            yield mutant


def equivalents(text: str, filename: str) -> Iterator[Mutant]:
    """What is written otherwise than the rule and means the same: left out above."""
    original = parse_rule(text, filename)
    for mutant in _changed_rules(text, filename):
        if mutant.rule != original and meaning(mutant.rule) == meaning(original):
            yield mutant


def _changed_rules(text: str, filename: str) -> Iterator[Mutant]:
    for kind, what, changed in _changed_texts(text, filename):
        try:
            yield Mutant(kind, what, parse_rule(changed, filename))
        except RuleFileError:
            continue  # past what the language allows


def _changed_texts(text: str, filename: str) -> Iterator[tuple[str, str, str]]:
    for what, changed in moved_bounds(text):
        yield "number", what, changed
    tree = _plain(read_document(text, filename))
    for kind, what, changed_tree in _changed_trees(tree):
        yield kind, what, json.dumps(changed_tree)


def _changed_trees(tree: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    detect = tree["detect"]
    yield "inclusive", "inclusive", {**tree, "detect": {**detect, "inclusive": not detect.get("inclusive", False)}}
    for late in ("ignore", "apply"):
        yield "late", f"late: {late}", {**tree, "late": late}
    for key in ("by", "cool_down", "identified_only", "resolved_by"):
        if key in tree:
            yield f"{key} dropped", key, {name: value for name, value in tree.items() if name != key}
    for path in _paths(tree, ()):
        if path[0] in _NOT_TESTED:
            continue
        yield from _changed_at(tree, path)


def _changed_at(tree: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What can be done to one key or one list entry."""
    shown, last, holder = ".".join(map(str, path)), path[-1], _at(tree, path[:-1])
    if isinstance(last, int):
        if len(holder) > 1:
            kind = "value dropped" if not isinstance(holder[last], dict) else "part dropped"
            yield kind, f"{shown} ({_short(holder[last])})", _without(tree, path)
        return
    name, _, modifier = last.partition("|")
    for other in FLIPS.get(modifier, ()):
        changed = deepcopy(tree)
        holder = _at(changed, path[:-1])
        holder[name if other == "eq" else f"{name}|{other}"] = holder.pop(last)
        yield "comparison", f"{shown} -> {other}", changed
    if len(path) > 1 and len(holder) > 1:
        yield "condition dropped", shown, _without(tree, path)


def _paths(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _without(tree: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    changed = deepcopy(tree)
    del _at(changed, path[:-1])[path[-1]]
    return changed


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, Listing):
        return [_plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.value


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
