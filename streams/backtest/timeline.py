"""Examples: moments of the rule with what the customer went through before and after."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from schemas import Touchpoint
from streams.backtest.period import Period

LINES_BEFORE, LINES_AFTER = 30, 8
"""Most touchpoints shown around a moment."""

MOMENTS_EACH = 6
"""Most moments of one customer that are kept as examples."""

_AFTER_MS = 7 * 86_400_000


class Line(msgspec.Struct, kw_only=True):
    """One thing that happened; ``at`` in ms UTC. ``evidence``: whether the moment rests on it."""

    at: int
    kind: str
    type: str
    channel: str
    event_id: str = ""
    properties: dict[str, Any] = {}
    evidence: bool = False


class Example(msgspec.Struct, kw_only=True):
    """A moment with its time line and its decision; times in ms UTC."""

    moment_id: str
    rule_version: int
    customer_id: str
    emotion: str
    detected_at: int
    opened_at: int
    expires_at: int
    context: dict[str, Any]
    lines: list[Line]
    after_lines: int = 0
    status: str = ""
    reason: str = ""
    action: str = ""
    channel: str = ""
    checks: list[dict[str, Any]] = []


class TimeLines:
    """What sampled customers went through lately, for all examples alike. Sees touchpoints before the core does."""

    def __init__(self, customers: frozenset[str]) -> None:
        self._lately: dict[str, deque[Line]] = {customer: deque(maxlen=LINES_BEFORE) for customer in customers}
        self._open: dict[str, list[Example]] = {}

    def __call__(self, touchpoint: Touchpoint) -> None:
        """A touchpoint is about to be taken in."""
        lately = self._lately.get(touchpoint["customer_id"])
        if lately is None:
            return
        line = Line(
            at=touchpoint["occurred_at"],
            kind="touchpoint",
            type=touchpoint["type"],
            channel=touchpoint["channel"],
            event_id=touchpoint["event_id"],
            properties=touchpoint["properties"],
        )
        lately.append(line)
        for example in self._open.get(touchpoint["customer_id"], ()):
            if example.after_lines < LINES_AFTER and line.at < example.detected_at + _AFTER_MS:
                example.after_lines += 1
                example.lines.append(line)

    def until_now(self, customer_id: str) -> list[Line] | None:
        """What the customer went through lately; None where nobody asked for it."""
        lately = self._lately.get(customer_id)
        return None if lately is None else list(lately)

    def follow(self, example: Example) -> None:
        """Also take in what comes after its moment."""
        self._open.setdefault(example.customer_id, []).append(example)


class Examples:
    """Told by a world; keeps the rule's moments of sampled customers with their time lines."""

    def __init__(self, rule_id: str, period: Period, time_lines: TimeLines) -> None:
        self.found: dict[str, Example] = {}
        self._rule_id = rule_id
        self._period = period
        self._time_lines = time_lines
        self._kept: dict[str, int] = {}

    def __call__(self, name: str, record: Mapping[str, Any]) -> None:
        """Take in what the core writes."""
        if name == "Moment" and record["rule"] == self._rule_id:
            self._moment(record)
        elif name == "Decision" and (example := self.found.get(record["moment_id"])) is not None:
            example.status, example.reason = record["status"], record["reason"]
            example.action, example.channel = record["action"], record["channel"] or ""
            example.checks = record["checks"]

    def _moment(self, moment: Mapping[str, Any]) -> None:
        customer_id = moment["customer_id"]
        if moment["phase"] != "detected":
            if (known := self.found.get(moment["moment_id"])) is not None:
                at, channel = moment["detected_at"], moment["channel"]
                known.lines.append(Line(at=at, kind="phase", type=moment["phase"], channel=channel))
            return
        lately = self._time_lines.until_now(customer_id)
        kept = self._kept.get(customer_id, 0)
        if lately is None or moment["detected_at"] not in self._period or kept >= MOMENTS_EACH:
            return
        self._kept[customer_id] = kept + 1
        example = self.found[moment["moment_id"]] = Example(
            moment_id=moment["moment_id"],
            rule_version=moment["rule_version"],
            customer_id=customer_id,
            emotion=moment["emotion"],
            detected_at=moment["detected_at"],
            opened_at=moment["opened_at"],
            expires_at=moment["expires_at"],
            context=dict(moment["context"]),
            lines=_marked(lately, moment),
        )
        self._time_lines.follow(example)


def _marked(lately: list[Line], moment: Mapping[str, Any]) -> list[Line]:
    """In the order of time, with the evidence marked; evidence that is further back is put in front."""
    evidence = {(one["event_id"], one["occurred_at"]): one for one in moment["evidence"]}
    lines = []
    for line in lately:
        known = evidence.pop((line.event_id, line.at), None)
        lines.append(msgspec.structs.replace(line, evidence=True) if known is not None else line)
    lines += [
        Line(
            at=one["occurred_at"],
            kind="touchpoint",
            type=one["type"],
            channel=one["channel"],
            event_id=one["event_id"],
            evidence=True,
        )
        for one in evidence.values()
    ]
    return sorted(lines, key=lambda line: line.at)
