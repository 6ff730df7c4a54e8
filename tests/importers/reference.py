"""Runs one rule over a published log, by the pure core, for counts that others have made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from schemas.types import Touchpoint
from streams.detection import DetectionState, Detector, Firing, parse_rule
from tests.detection.timeline import DAY

SAMPLES = Path(__file__).parents[2] / "samples"
_HEAD = """\
id: test.rule
version: 1
title: A reference
description: Written beside the number that it is to reproduce.
emotion: neglected
"""


def fired(rule: str, touchpoints: Iterable[Touchpoint], tick_days: int = 0) -> list[tuple[str, Firing]]:
    """Customer and firing, in the order of detection for each customer.

    Args:
        rule: its ``detect`` and what follows.
        touchpoints: in the order of time; their times are the clock.
        tick_days: how far past the end a last tick carries the clock.
    """
    detector = Detector([parse_rule(_HEAD + rule, "test.yaml")])
    states: dict[str, DetectionState] = {}
    found: list[tuple[str, Firing]] = []

    def note(customer_id: str, reports: Iterable[object]) -> None:
        for report in reports:
            assert isinstance(report, Firing), report
            found.append((customer_id, report))

    clock = 0
    for touchpoint in touchpoints:
        customer_id, clock = touchpoint["customer_id"], touchpoint["occurred_at"]
        state = states.setdefault(customer_id, DetectionState())
        note(customer_id, detector.on_deadline(state, clock))
        note(customer_id, detector.on_touchpoint(state, touchpoint, clock))
    for customer_id, state in states.items():
        note(customer_id, detector.on_deadline(state, clock + tick_days * DAY))
        assert state.overflow == 0
    return found


def customers(found: Iterable[tuple[str, Firing]]) -> set[str]:
    """Who they are."""
    return {customer_id for customer_id, _ in found}
