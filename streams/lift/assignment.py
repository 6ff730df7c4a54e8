"""Who was drawn into which group, and when: by intention to treat, one line a customer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from schemas import Decision

CHECK, OVERRIDDEN = "holdout", "overridden"
"""The check of a decision at which the groups part, and its input where a policy passes it over."""

ALL_RULES = "(all)"
"""An action over all the rules that it answers."""


class Assignment(NamedTuple):
    """One customer's first draw for an action (and a rule).

    Attributes:
        rule: :data:`ALL_RULES` where the action as a whole is looked at.
        decided_at: ms UTC; the window opens here.
        held_out: left alone, so as to compare.
        switched: the customer was in the other group later, as a new salt draws new groups.
    """

    action: str
    rule: str
    customer_id: str
    decided_at: int
    moment_id: str
    held_out: bool
    switched: bool


def assignments(decisions: Iterable[Decision]) -> list[Assignment]:
    """Each customer's first draw, for each action and rule and for each action over all its rules.

    A decision draws when it came as far as the check ``holdout`` and that check was not overridden.
    Whoever passed is *treated* even if a cap or the night then kept the contact back: the held-out
    ones would have met the same caps and nights. Later draws of the same customer change nothing,
    since by then the first contact may have had its effect.
    """
    first: dict[tuple[str, str, str], tuple[int, str, str, bool]] = {}
    groups: dict[tuple[str, str, str], set[bool]] = {}
    for decision in decisions:
        passed = _drawn(decision)
        if passed is None:
            continue
        draw = (decision["decided_at"], decision["decision_id"], decision["moment_id"], not passed)
        for rule in (decision["rule"], ALL_RULES):
            unit = (decision["action"], rule, decision["customer_id"])
            first[unit] = min(first.get(unit, draw), draw)
            groups.setdefault(unit, set()).add(not passed)
    return [
        Assignment(*unit, decided_at, moment_id, held_out, len(groups[unit]) > 1)
        for unit, (decided_at, _, moment_id, held_out) in sorted(first.items())
    ]


def _drawn(decision: Decision) -> bool | None:
    """Whether the decision passed the check ``holdout``; None when it was not drawn."""
    if decision["mode"] != "live":
        return None
    for check in decision["checks"]:
        if check["name"] == CHECK:
            return None if check["inputs"].get(OVERRIDDEN) else check["passed"]
    return None
