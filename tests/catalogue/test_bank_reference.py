"""The shipped rules on a bank's real calls of January 1999, against counts made by independent SQL.

Where a shipped rule is narrower than the reference its text is changed here, beside the number.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from schemas.types import Touchpoint
from streams.catalogue import load_catalogue
from streams.detection import DetectionState, Detector, Firing, parse_rule
from streams.importers import read_bank
from tests.detection.timeline import DAY

LOG = Path(__file__).parents[2] / "samples" / "bank-january-1999.tsv.gz"

ALSO_SHORT_ABANDONS = ("    not: {wait_seconds|lt: 5}\n", "")
ALSO_SHORT_ABANDONS_IN_STEP = ("        not: {wait_seconds|lt: 5}\n", "")
ANY_REASON = ("by: [reason or skill]\n", "")
ANY_CASE = ("by: [case_id]\n", "")
CLOSED_WINDOW = ("within: 7d\n", "within: 7d\n  inclusive: true\n")
WITHIN_A_DAY = ("within: 7d\n", "within: 1d\n")


def no_cool_down(line: str) -> tuple[str, str]:
    return f"cool_down: {line}\n", ""


@cache
def touchpoints() -> tuple[Touchpoint, ...]:
    return tuple(read_bank(LOG).touchpoints)


def fired(rule_id: str, *changes: tuple[str, str]) -> list[tuple[str, Firing]]:
    """Customer and firing of a shipped rule over all calls, and a closing tick after the end."""
    text = dict(load_catalogue())[f"{rule_id}.yaml"]
    for old, new in changes:
        assert text.count(old) == 1, f"{rule_id} no longer says {old!r}"
        text = text.replace(old, new)
    detector = Detector([parse_rule(text, rule_id)])
    states: dict[str, DetectionState] = {}
    found: list[tuple[str, Firing]] = []

    def note(customer_id: str, reports: list[object]) -> None:
        for report in reports:
            assert isinstance(report, Firing), report
            found.append((customer_id, report))

    clock = 0
    for touchpoint in touchpoints():
        customer_id, clock = touchpoint["customer_id"], touchpoint["occurred_at"]
        state = states.setdefault(customer_id, DetectionState())
        note(customer_id, list(detector.on_deadline(state, clock)))
        note(customer_id, list(detector.on_touchpoint(state, touchpoint, clock)))
    for customer_id, state in states.items():
        note(customer_id, list(detector.on_deadline(state, clock + 4 * DAY)))
        assert state.overflow == 0
    return found


def calls_and_customers(rule_id: str, *changes: tuple[str, str]) -> tuple[int, int]:
    """Number of firings, and of the customers they are spread over, among identified customers."""
    known = [customer_id for customer_id, _ in fired(rule_id, *changes) if not customer_id.startswith("anon:")]
    return len(known), len(set(known))


def test_one_call_becomes_up_to_five_touchpoints() -> None:
    assert len(touchpoints()) == 137_823


def test_3101_calls_were_abandoned_in_the_queue() -> None:
    assert len(fired("queue.abandoned", ALSO_SHORT_ABANDONS)) == 3_101


def test_1738_of_them_by_1066_identified_customers() -> None:
    assert calls_and_customers("queue.abandoned", ALSO_SHORT_ABANDONS) == (1_738, 1_066)


def test_1198_calls_were_abandoned_in_the_menu() -> None:
    assert len(fired("ivr.abandoned")) == 1_198


def test_5_of_them_by_identified_customers() -> None:
    assert calls_and_customers("ivr.abandoned")[0] == 5


def test_191_calls_waited_longer_than_300_seconds() -> None:
    assert len(fired("queue.long_wait")) == 191


def test_123_of_them_by_identified_customers() -> None:
    assert calls_and_customers("queue.long_wait")[0] == 123


def test_8168_calls_by_1636_customers_repeat_one_of_the_last_seven_days() -> None:
    assert calls_and_customers("contact.repeated", ANY_REASON, no_cool_down("1d")) == (8_168, 1_636)


def test_5590_calls_by_1170_customers_repeat_one_of_the_last_day() -> None:
    changes = (ANY_REASON, no_cool_down("1d"), WITHIN_A_DAY)
    assert calls_and_customers("contact.repeated", *changes) == (5_590, 1_170)


@pytest.mark.parametrize("changes", [(CLOSED_WINDOW,), ()], ids=["closed window", "as shipped"])
def test_810_customers_called_three_times_in_seven_days(changes: tuple[tuple[str, str], ...]) -> None:
    assert calls_and_customers("contact.third", *changes)[1] == 810


def test_532_customers_were_served_by_three_agents_in_seven_days() -> None:
    assert calls_and_customers("contact.bounced", ANY_CASE)[1] == 532


def test_472_calls_were_abandoned_and_then_silent_for_three_days() -> None:
    changes = (ALSO_SHORT_ABANDONS_IN_STEP, no_cool_down("{for: 7d, by: []}"))
    assert calls_and_customers("queue.abandoned_silent", *changes)[0] == 472


def test_armed_at_the_abandonment_instead_it_would_be_475() -> None:
    at_abandonment = """\
    - start: {type: queue.abandoned}
    - silent_for: 3d
"""
    text = dict(load_catalogue())["queue.abandoned_silent.yaml"]
    steps = text[text.index("    - start:") : text.index("  within: 4h")]
    changes = (("  within: 4h\n", ""), (steps, at_abandonment), no_cool_down("{for: 7d, by: []}"))
    assert calls_and_customers("queue.abandoned_silent", *changes)[0] == 475


def test_no_two_moments_share_an_id() -> None:
    moments = [
        firing.moment_id
        for rule_id in ("contact.repeated", "contact.third", "queue.abandoned", "queue.abandoned_silent")
        for _, firing in fired(rule_id)
    ]
    assert len(moments) == len(set(moments))
