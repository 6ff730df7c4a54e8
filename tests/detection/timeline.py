"""Time lines for tests: rules in a few lines, touchpoints by offset, and what was fired."""

from __future__ import annotations

from functools import cache
from textwrap import dedent
from typing import Any

import msgspec

from schemas.types import Touchpoint
from streams.detection import DetectionState, Detector, Firing, Rule, parse_rule

START = 1_767_603_600_000
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_HEAD = """\
version: 1
title: A test
description: A rule of a test.
emotion: stressed
"""
_FIELDS = ("source", "customer_id", "identified", "channel", "correlation_id", "session_id")


@cache
def rule(body: str, rule_id: str = "test.rule") -> Rule:
    """A rule from its ``detect`` and what follows."""
    return parse_rule(f"id: {rule_id}\n{_HEAD}{dedent(body)}", "test.yaml")


def touchpoint(at: int, event_id: str, touchpoint_type: str, **more: Any) -> Touchpoint:
    """A touchpoint ``at`` ms after the start; what is no touchpoint field is a property."""
    return {
        "event_id": event_id,
        "source": more.get("source", "test"),
        "customer_id": more.get("customer_id", "customer"),
        "identified": more.get("identified", True),
        "channel": more.get("channel", "web"),
        "type": touchpoint_type,
        "occurred_at": START + at,
        "correlation_id": more.get("correlation_id"),
        "session_id": more.get("session_id"),
        "identities": {},
        "properties": {name: more[name] for name in sorted(more) if name not in _FIELDS},
    }


class Customer:
    """One customer under some rules. The clock follows occurred_at unless it is given."""

    def __init__(self, *rules: Rule, **settings: int) -> None:
        self.detector = Detector(rules, **settings)
        self.state = DetectionState()
        self.reports: list[Any] = []
        self.clock = START

    def meets(self, at: int, event_id: str, touchpoint_type: str, clock: int | None = None, **more: Any) -> Customer:
        """Deliver a touchpoint; times in ms after the start."""
        arriving = touchpoint(at, event_id, touchpoint_type, **more)
        self.clock = max(self.clock, START + (at if clock is None else clock))
        self.reports += self.detector.on_deadline(self.state, self.clock)
        self.reports += self.detector.on_touchpoint(self.state, arriving, self.clock)
        return self

    def waits(self, until: int) -> Customer:
        """Let the clock run to ``until`` ms after the start."""
        self.clock = START + until
        self.reports += self.detector.on_deadline(self.state, self.clock)
        return self

    @property
    def fired(self) -> list[tuple[int, str]]:
        """Offset and evidence of each firing, like ``(3000, "a b c")``."""
        return [(report.detected_at - START, ids(report)) for report in self.reports if isinstance(report, Firing)]

    @property
    def size(self) -> int:
        """Bytes of the encoded state."""
        return len(msgspec.msgpack.encode(self.state))


def ids(firing: Firing) -> str:
    """Ids of a firing's evidence."""
    return " ".join(evidence.event_id for evidence in firing.evidence)
