"""The limits of a policy one after the other: everybody's, and each variant's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streams.outreach.policy import Action, Cap, Limits, Policy


class LimitSet(NamedTuple):
    """Limits, for whom they hold, where they stand, and the actions that those customers may get."""

    whom: str
    path: tuple[str | int, ...]
    limits: Limits
    actions: tuple[Action, ...]


def limit_sets(policy: Policy) -> Iterator[LimitSet]:
    """Everybody's, then the variants' in their order."""
    named = [("everybody", ("limits",), policy.limits)] if not policy.variants else []
    named = named or [("everybody else", ("limits",), policy.limits)]
    variants = [
        (f"{variant.section} '{variant.name}'", ("variants", place, "limits"), variant.limits)
        for place, variant in enumerate(policy.variants)
    ]
    for whom, path, limits in (*named, *variants):
        yield LimitSet(whom, path, limits, tuple(one for one in policy.actions if one.id not in limits.without))


def holds_back(cap: Cap, action: Action) -> bool:
    """Whether contacts of the action can meet this cap, on one channel at least."""
    return (
        "caps" not in action.may_override
        and cap.channel in (None, *action.channels)
        and cap.purpose in (None, action.purpose)
        and cap.action_class in (None, action.action_class)
    )


def fills(cap: Cap, action: Action) -> bool:
    """Whether contacts of the action count for this cap."""
    return (
        action.counts_toward_caps
        and cap.channel in (None, *action.channels)
        and cap.purpose in (None, action.purpose)
        and cap.action_class in (None, action.action_class)
    )
