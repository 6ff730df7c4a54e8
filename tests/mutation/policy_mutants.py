"""Mutants of a policy: its numbers and times moved, its choices changed, its entries and keys dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from streams.detection.document import Listing, Mapping, Node, read_document
from streams.detection.durations import duration_ms, duration_text
from streams.outreach import Policy, PolicyFileError, parse_policy

FLIPS = {
    "service": "promotional",
    "promotional": "service",
    "next_available": "abort",
    "abort": "next_available",
    "polite": "abort",
    "caps": "quiet_hours",
}
WEIGHTS = ("priority", "value", "propensity", "channel_costs")
"""Numbers that only an order comes of: moved a little they change nothing that anybody would see."""

_TOLD = ("id", "version", "description", "template", "salt", "list")

Path = tuple[str | int, ...]


class PolicyMutant(NamedTuple):
    """A changed policy. ``kind`` is what sort of change ``what`` is."""

    kind: str
    what: str
    policy: Policy
    text: str


def policy_mutants(text: str, filename: str) -> Iterator[PolicyMutant]:
    """Every mutant that is still a policy, and another one than before."""
    seen = [parse_policy(text, filename)]
    tree = _plain(read_document(text, filename))
    for kind, path, changed in _changes(tree):
        written = json.dumps(changed)
        try:
            policy = parse_policy(written, filename)
        except PolicyFileError:
            continue  # past what the language allows
        if policy not in seen:
            seen.append(policy)
            yield PolicyMutant(kind, _named(tree, path), policy, written)


def _changes(tree: dict[str, Any]) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    for path, value in _paths(tree, ()):
        if any(step in _TOLD for step in path):
            continue
        if isinstance(path[-1], int) or len(path) > 1 or path[-1] in ("limits", "holdout", "variants", "suppressions"):
            yield ("entry dropped" if isinstance(path[-1], int) else "key dropped"), path, _changed(tree, path, None)
        for moved in _moved(value) if path[0] not in WEIGHTS and path[-1] not in WEIGHTS else ():
            yield (
                ("moved" if not isinstance(value, bool) and value not in FLIPS else "flipped"),
                path,
                _changed(tree, path, moved),
            )


def _moved(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value - 1, value + 1]
    if not isinstance(value, str):
        return []
    if value in FLIPS:
        return [FLIPS[value]]
    if len(value) == 5 and value[2] == ":":
        minute = int(value[:2]) * 60 + int(value[3:])
        return [f"{one // 60:02}:{one % 60:02}" for one in (minute - 1, minute + 1) if 0 <= one < 1440]
    try:
        ms = duration_ms(value)
    except ValueError:
        return []
    return [duration_text(ms - 1), duration_text(ms + 1)]


def _paths(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield from _paths(value, (*path, step))


def _changed(tree: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = deepcopy(tree)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


def _named(tree: Any, path: Path) -> str:
    """The path, an action, cap or list by its name instead of its place."""
    words = []
    for step in path:
        tree = tree[step]
        name = (
            next((tree[key] for key in ("id", "list", "segment", "persona") if key in tree), None)
            if isinstance(tree, dict)
            else None
        )
        words.append(str(name or step))
    return ".".join(words) + ("" if isinstance(tree, dict | list) else f" ({tree})")


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.text: _plain(value) for key, value in node.entries}
    return [_plain(item) for item in node.items] if isinstance(node, Listing) else node.value
