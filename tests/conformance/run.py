"""One conformance case, run on the engine that the worker runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from streams.detection import DetectionState, Detector, Firing
from tests.conformance.errors import Refused
from tests.conformance.feed import ORIGIN, closing_time, deliveries
from tests.conformance.translation import BEGINNING, translated
from tests.conformance.verdict import Found, difference


class Verdict(NamedTuple):
    """How a case came out; ``detail`` says what failed, or which operator is not supported."""

    case: str
    result: Literal["passed", "failed", "refused"]
    detail: str


def run_case(case: Mapping[str, Any]) -> Verdict:
    """Run a case. One that lacks a part that every case has, or has it in another form, fails."""
    try:
        found = firings(case)
        detail = difference(case["expected"], found, case["events"])
    except Refused as refusal:
        return Verdict(str(case["id"]), "refused", str(refusal))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        name = str(case.get("id", "a case without an id")) if isinstance(case, Mapping) else "no case"
        return Verdict(name, "failed", f"it cannot be read: {type(error).__name__}: {error}")
    return Verdict(case["id"], "failed" if detail else "passed", detail)


def firings(case: Mapping[str, Any]) -> list[Found]:
    """What the engine finds.

    Raises:
        Refused: the pattern cannot be written as a rule.
    """
    translation = translated(case["pattern"])
    detector = Detector([translation.rule])
    states: dict[str, DetectionState] = defaultdict(DetectionState)
    found: list[Found] = []
    for delivery in deliveries(case, translation.has_beginning):
        now = ORIGIN + delivery.clock
        for state in states.values():
            found += [_found(report, None) for report in detector.on_deadline(state, now)]
        state = states[delivery.customer_id]
        reports = detector.on_touchpoint(state, delivery.touchpoint, now)
        found += [_found(report, delivery.touchpoint["event_id"]) for report in reports]
    for state in states.values():
        found += [_found(report, None) for report in detector.on_deadline(state, ORIGIN + closing_time(case))]
    return found


def _found(report: Any, event_id: str | None) -> Found:
    if not isinstance(report, Firing):
        raise TypeError(report)
    events = tuple(item.event_id for item in report.evidence if item.type != BEGINNING)
    return Found(report.detected_at - ORIGIN, events, event_id, "reached" in report.context)
