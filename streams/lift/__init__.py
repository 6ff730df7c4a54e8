"""Whether outreach helped: the lift of treated customers over held-out ones. Pure."""

from streams.lift.assignment import ALL_RULES, Assignment, assignments
from streams.lift.errors import UnseenOutcome
from streams.lift.interval import Z95, Difference, Interval, newcombe, wilson
from streams.lift.measure import MINIMUM, Group, Histories, Lift, measure
from streams.lift.outcome import RESOLVED, Outcome

__all__ = [
    "ALL_RULES",
    "MINIMUM",
    "RESOLVED",
    "Z95",
    "Assignment",
    "Difference",
    "Group",
    "Histories",
    "Interval",
    "Lift",
    "Outcome",
    "UnseenOutcome",
    "assignments",
    "measure",
    "newcombe",
    "wilson",
]
