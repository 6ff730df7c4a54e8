"""What a backtest found, in the form in which machines get it (``--json``). Times in ms UTC, shares from 0 to 1."""

from __future__ import annotations

import msgspec

from streams.backtest.timeline import Example

FORMAT = 1
"""Of the JSON; it counts up when a field changes its meaning or goes."""


class RuleFacts(msgspec.Struct, kw_only=True):
    """A version of the rule. ``mode``: as its file says; it is run as if live."""

    id: str
    version: int
    title: str
    emotion: str
    mode: str
    file: str


class PeriodFacts(msgspec.Struct, kw_only=True):
    """``[start, end)``; ``warm_up_from`` None: all history before the period was taken in."""

    start: int
    end: int
    zone: str
    warm_up_from: int | None
    warm_up_why: str


class HistoryFacts(msgspec.Struct, kw_only=True):
    """What was read, and what became of it: ``fates`` add up to ``read``, ``outcomes`` to ``fates.taken``."""

    source: str
    clock: str
    read: int
    customers: int
    fates: dict[str, int]
    outcomes: dict[str, int]
    refused: dict[str, int]


class Day(msgspec.Struct, kw_only=True):
    """One day of the zone."""

    day: str
    moments: int
    contacts: int


class Contact(msgspec.Struct, kw_only=True):
    """Contacts by one action on one channel."""

    action: str
    channel: str
    contacts: int


class Reason(msgspec.Struct, kw_only=True):
    """Contacts that the policy would have stopped for one reason; ``meaning`` in words."""

    reason: str
    meaning: str
    moments: int


class Overlap(msgspec.Struct, kw_only=True):
    """Another rule whose moments fall within a day of ours, for the same customers.

    Attributes:
        moments: of ours that have one of its within 24 h, before or after.
        share: of all of ours.
        customers: of ours who have such a moment.
        its_moments: its moments of our customers.
        its_near: of those, within 24 h of one of ours.
        jaccard: customer-days with a moment of both, over customer-days with a moment of either, among
            the customers whom our rule touches.
    """

    rule: str
    moments: int
    share: float
    customers: int
    its_moments: int
    its_near: int
    jaccard: float


class Side(msgspec.Struct, kw_only=True):
    """One version of the rule over the period.

    Attributes:
        customers: touched at least once.
        anonymous: moments of customers who are not identified.
        resolved: moments that a later touchpoint ended in time.
        triggered, refused, waiting: what the policy made of the moments; they add up to ``moments``.
        cancelled: of the triggered, called off again.
        per_customer: for each number of moments, how many customers have it.
    """

    moments: int
    customers: int
    anonymous: int
    resolved: int
    triggered: int
    refused: int
    waiting: int
    cancelled: int
    days: list[Day]
    per_customer: dict[int, int]
    channels: dict[str, int]
    contacts: list[Contact]
    reasons: list[Reason]


class Diff(msgspec.Struct, kw_only=True):
    """Against the rule's present version, by customer and opening touchpoint.

    Attributes:
        both, only_new, only_old: moments.
        moved: of both, detected at another time.
        customers_gained, customers_lost: touched by one version only.
        answered_otherwise: of both, decided with another status or channel.
    """

    present: RuleFacts
    side: Side
    both: int
    only_new: int
    only_old: int
    moved: int
    customers_gained: int
    customers_lost: int
    answered_otherwise: int
    only_new_examples: list[Example]
    only_old_examples: list[Example]


class Failure(msgspec.Struct, kw_only=True):
    """A rule that failed, and how often."""

    rule: str
    detail: str
    times: int


class Equation(msgspec.Struct, kw_only=True):
    """Two counts of this report, made in different ways, that must agree."""

    name: str
    left: int
    right: int


class Report(msgspec.Struct, kw_only=True):
    """All of it. ``beside``: what else ran, in words; ``notes``: what a reader must know to judge the figures."""

    format: int = FORMAT
    rule: RuleFacts
    policy: str
    policy_version: int
    beside: str
    period: PeriodFacts
    history: HistoryFacts
    side: Side
    overlaps: list[Overlap]
    diff: Diff | None
    no_diff: str
    examples: list[Example]
    failures: list[Failure]
    equations: list[Equation]
    notes: list[str]
    seconds: float
    touchpoints_per_second: float


def as_json(report: Report) -> bytes:
    """The report for machines, indented, keys in the order of the fields."""
    return msgspec.json.format(msgspec.json.encode(report, order=None), indent=2) + b"\n"
