"""How much history before the period a rule and the policy need, so that they begin as if they had always run."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from streams.detection import Rule
from streams.detection.operators import Pattern, Rhythm, Score
from streams.outreach import Policy

HALF_LIVES = 10
"""After so many a score's touchpoint counts for a thousandth."""

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class WarmUp:
    """``ms`` None: all that there is before the period. ``why`` in words."""

    ms: int | None
    why: str


def warm_up(rule: Rule, policy: Policy) -> WarmUp:
    """The longest that the rule remembers, or longer where the policy remembers an earlier contact."""
    remembered = memory_ms(rule)
    if remembered is None:
        return WarmUp(None, "the rule remembers what a customer did for good")
    contacts = contact_memory_ms(rule.id, policy)
    if contacts > remembered:
        return WarmUp(contacts, "as far back as the policy looks for earlier contacts; the rule itself needs less")
    return WarmUp(remembered, "the rule's own bounds and its cool-down, added up")


def memory_ms(rule: Rule) -> int | None:
    """How far back a touchpoint can still matter to the rule: its bounds and its cool-down added up; None: for good."""
    detect = _bounds(rule.detect)
    if detect is None:
        return None
    return detect + (rule.cool_down.ms if rule.cool_down is not None else 0)


def contact_memory_ms(rule_id: str, policy: Policy) -> int:
    """How far back a contact or a use can still matter to what answers the rule's moments; 0 where nothing does."""
    action = policy.by_moment.get(rule_id)
    if action is None:
        return 0
    limits = [policy.limits, *(variant.limits for variant in policy.variants)]
    spans = [cap.within for one in limits for cap in one.caps]
    spans += [one.ask_use.within for one in limits if one.ask_use is not None]
    return max([action.cool_down, action.bought_within, *spans])


def _bounds(part: Any) -> int | None:
    """All durations in a part of a rule, added up: never less than the way through it can take."""
    if isinstance(part, Rhythm) or (isinstance(part, Pattern) and part.every == "once"):
        return None
    total = part.half_life_ms * HALF_LIVES if isinstance(part, Score) else 0
    if is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, int) and not isinstance(value, bool):
                if field.name.endswith("_ms") and field.name != "half_life_ms":
                    total += value
                elif field.name == "within_days":
                    total += value * DAY_MS
                continue
            inner = _bounds(value)
            if inner is None:
                return None
            total += inner
    elif isinstance(part, tuple):
        for item in part:
            inner = _bounds(item)
            if inner is None:
                return None
            total += inner
    return total
