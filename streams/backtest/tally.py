"""What a world made of the rule under test: each of its moments with its decision, and other rules' moments beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from streams.backtest.period import Period

WAITING = "waiting"
"""Status of a moment whose contact was still waiting at the end of the period: deferred, or not decided yet."""

TRIGGERED, REFUSED = "triggered", "refused"


class Row:
    """A moment of the rule; times in ms UTC.

    Attributes:
        nth: 0 for the first of the rule with this opening, then 1 and so on.
        status: ``triggered``, ``refused`` or ``waiting``.
        cancelled: whether a triggered contact was called off again.
        resolved: whether a later touchpoint ended the matter in time.
    """

    __slots__ = (
        "action",
        "attempt",
        "cancelled",
        "channel",
        "customer_id",
        "detected_at",
        "identified",
        "moment_channel",
        "nth",
        "opening",
        "reason",
        "resolved",
        "status",
    )

    def __init__(self, moment: Mapping[str, Any], nth: int) -> None:
        opening = moment["evidence"][0]
        self.customer_id: str = moment["customer_id"]
        self.opening: tuple[str, str] = (opening["source"], opening["event_id"])
        self.nth = nth
        self.detected_at: int = moment["detected_at"]
        self.identified: bool = moment["identified"]
        self.moment_channel: str = moment["channel"]
        self.status = WAITING
        self.reason = ""
        self.action = ""
        self.channel = ""
        self.attempt = 0
        self.cancelled = False
        self.resolved = False

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes it the same moment under another version of the rule: customer and opening."""
        return (self.customer_id, *self.opening, self.nth)


class Tally:
    """Told by a world; counts what falls into the period.

    Args:
        rule_id: the rule under test.
        period: of detection.

    Attributes:
        rows: moments of the rule by moment id, in the order of their detection in each lane.
        others: of each customer, the other rules' moments: when, ms UTC, and which rule.
        failures: how often rules failed, by rule and detail.
        verdicts: touchpoints that did not count, by outcome.
        triggers: contacts of the rule.
    """

    def __init__(self, rule_id: str, period: Period) -> None:
        self.rows: dict[str, Row] = {}
        self.others: dict[str, list[tuple[int, str]]] = {}
        self.failures: Counter[tuple[str, str]] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.triggers = 0
        self._rule_id = rule_id
        self._period = period
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def __call__(self, name: str, record: Mapping[str, Any]) -> None:
        """Take in what the core writes."""
        if name == "Moment":
            self._moment(record)
        elif name == "Decision":
            self._decision(record)
        elif name == "Trigger":
            if record["moment_id"] in self.rows:
                self.triggers += 1
        elif name == "Cancellation":
            if (row := self.rows.get(record["moment_id"])) is not None:
                row.cancelled = True
        elif name == "Verdict":
            self.verdicts[record["outcome"]] += 1
        elif name == "DeadLetter" and record["stage"] in ("rule", "apply"):
            self.failures[record["rule"] or "the core", record["detail"]] += 1

    def _moment(self, moment: Mapping[str, Any]) -> None:
        if moment["phase"] != "detected":
            if (row := self.rows.get(moment["moment_id"])) is not None and moment["phase"] == "resolved":
                row.resolved = True
            return
        rule, customer_id, at = moment["rule"], moment["customer_id"], moment["detected_at"]
        if rule == self._rule_id:
            opening = moment["evidence"][0]
            key = (customer_id, opening["source"], opening["event_id"])
            nth = self._seen[key]
            self._seen[key] += 1
            if at in self._period:
                self.rows[moment["moment_id"]] = Row(moment, nth)
        elif at in self._period:
            self.others.setdefault(customer_id, []).append((at, rule))

    def _decision(self, decision: Mapping[str, Any]) -> None:
        row = self.rows.get(decision["moment_id"])
        if row is None or decision["attempt"] < row.attempt:
            return
        row.attempt = decision["attempt"]
        status = decision["status"]
        row.status = status if status in (TRIGGERED, REFUSED) else WAITING if status == "deferred" else REFUSED
        row.reason = decision["reason"]
        row.action = decision["action"]
        row.channel = decision["channel"] or ""


class Touched:
    """Told by a world; remembers only which customers the rule touches in the period, and how often."""

    def __init__(self, rule_id: str, period: Period) -> None:
        self.customers: Counter[str] = Counter()
        self._rule_id = rule_id
        self._period = period

    def __call__(self, name: str, record: Mapping[str, Any]) -> None:
        """Take in what the core writes."""
        if name != "Moment" or record["phase"] != "detected" or record["rule"] != self._rule_id:
            return
        if record["detected_at"] in self._period:
            self.customers[record["customer_id"]] += 1
