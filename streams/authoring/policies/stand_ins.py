"""Rules that make a moment whenever a case of a policy's tests says so, and are else the real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping as AbstractMapping
from typing import Any

from streams.authoring.policies.case import MAKES, MOMENT_TYPE, MomentRule, named
from streams.detection.document import Listing, Mapping, Node, read_document
from streams.detection.rule import EMOTIONS

_THEIRS = ("version", "title", "description", "emotion", "intensity", "expires_after", "resolved_by", "keep")
"""Keys that say what becomes of a moment, not when the real rule finds one."""

_UNKNOWN: dict[str, Any] = {"version": 1, "title": "A moment", "description": "Of a test.", "emotion": "frustrated"}


def stand_in(rule: MomentRule, texts: AbstractMapping[str, str]) -> tuple[int, str]:
    """Version and text of the rule that a case puts in place of the real one.

    It finds a moment at each touchpoint that names it; emotion, expiry, resolution and what the
    moment keeps are the real rule's.

    Args:
        rule: which, and what the case changes in it.
        texts: files of the real rules, by id; of an unknown one there is just the moment.
    """
    text = texts.get(rule.id)
    real = _UNKNOWN if text is None else _plain(read_document(text, rule.id))
    made = {key: value for key, value in real.items() if key in _THEIRS}
    kept = made.get("keep") or []
    own = kept if isinstance(kept, list) else [kept]
    theirs = {word for field in own for word in str(field).split(" or ")}
    made |= {
        "id": rule.id,
        "mode": rule.mode,
        "detect": {"event": {"type": MOMENT_TYPE, f"{MAKES}|contains": named(rule.id)}},
        "keep": [*own, *(field for field in rule.keep if field not in theirs)],
    }
    if made["emotion"] not in EMOTIONS:
        made["emotion"] = _UNKNOWN["emotion"]  # the real rule reads it off the customer's levels
    if rule.expires_after is not None:
        made["expires_after"] = rule.expires_after
    return int(made["version"]), json.dumps(made)


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.text: _plain(value) for key, value in node.entries}
    return [_plain(item) for item in node.items] if isinstance(node, Listing) else node.value
