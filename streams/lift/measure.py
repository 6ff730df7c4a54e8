"""The lift of each action and rule, from the records themselves.

What ``sinks/queries/lift.sql`` does in ClickHouse, in plain Python: the two are held equal by test,
to the last bit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas import Decision, Moment, Touchpoint
from streams.lift.assignment import ALL_RULES, Assignment, assignments
from streams.lift.interval import Difference, newcombe
from streams.lift.outcome import RESOLVED, Outcome

MINIMUM = 100
"""Fewest customers of each group for which a lift is claimed."""


@dataclass(slots=True)
class Group:
    """Customers whose window is over, and how many of them ended well."""

    customers: int = 0
    good: int = 0


@dataclass(slots=True)
class Lift:
    """One line: an action and a rule.

    Attributes:
        waiting: customers whose window is not over; they are in neither group yet.
        switched: customers who were in both groups; counted in their first.
    """

    action: str
    rule: str
    treated: Group = field(default_factory=Group)
    held_out: Group = field(default_factory=Group)
    waiting: int = 0
    switched: int = 0

    def difference(self, minimum: int = MINIMUM) -> Difference | None:
        """Treated minus held out; None below the minimum: then nothing is claimed."""
        treated, held_out = self.treated, self.held_out
        if min(treated.customers, held_out.customers) < max(minimum, 1):
            return None
        return newcombe(treated.good, treated.customers, held_out.good, held_out.customers)

    def verdict(self, minimum: int = MINIMUM) -> str:
        """``too few``, ``nothing seen``, ``helped``, ``harmed`` or ``not shown``."""
        found = self.difference(minimum)
        if found is None:
            return "too few"
        if not self.treated.good + self.held_out.good:
            return "nothing seen"
        return "helped" if found.low > 0 else "harmed" if found.high < 0 else "not shown"


class Histories:
    """What became of customers and moments: the part of the log that outcomes are read from."""

    def __init__(self, touchpoints: Iterable[Touchpoint], moments: Iterable[Moment]) -> None:
        self._times: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for touchpoint in touchpoints:
            self._times[touchpoint["customer_id"]][touchpoint["type"]].append(touchpoint["occurred_at"])
        self._resolved: dict[str, int] = {}
        for moment in moments:
            if moment["phase"] == "resolved":
                at = moment["detected_at"]
                self._resolved[moment["moment_id"]] = min(self._resolved.get(moment["moment_id"], at), at)

    def is_good(self, of: Assignment, outcome: Outcome) -> bool:
        """Whether this customer's window held a good end."""
        end = of.decided_at + outcome.within
        times: Mapping[str, list[int]] = self._times.get(of.customer_id, {})

        def seen(types: Iterable[str]) -> bool:
            return any(of.decided_at < at < end for name in types for at in times.get(name, ()))

        resolved_at = self._resolved.get(of.moment_id) if RESOLVED in outcome.good else None
        good = not outcome.good or (resolved_at is not None and resolved_at < end) or seen(outcome.good)
        return good and not seen(outcome.bad)


def measure(decisions: Iterable[Decision], histories: Histories, outcome: Outcome, until: int) -> list[Lift]:
    """The lift of every action and rule, and of every action over all its rules.

    Args:
        decisions: of the period that is looked at.
        histories: of the same customers, to ``until``.
        outcome: what is good.
        until: ms UTC up to which the histories are complete; only windows that end by then count.
    """
    lifts: dict[tuple[str, str], Lift] = {}
    for one in assignments(decisions):
        lift = lifts.setdefault((one.action, one.rule), Lift(one.action, one.rule))
        if one.decided_at + outcome.within > until:
            lift.waiting += 1
            continue
        lift.switched += one.switched
        group = lift.held_out if one.held_out else lift.treated
        group.customers += 1
        group.good += histories.is_good(one, outcome)
    return sorted(lifts.values(), key=lambda lift: (lift.action, lift.rule != ALL_RULES, lift.rule))
