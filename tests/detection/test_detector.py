"""The detector: many rules, one customer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.detection import DetectionState, Detector, Firing, RuleFailure, parse_rule
from streams.detection.operators.event import EventListener
from streams.detection.operators.sequence import SequenceTimer
from streams.detection.operators.window import WindowListener
from tests.detection.timeline import DAY, HOUR, START, Customer, rule, touchpoint

EVENT = "detect: {event: {type: t}}\n"
COUNT = "detect: {count: {type: t}, at_least: 2, within: 1d}\n"
ABSENCE = "detect:\n  sequence:\n    - start: {type: t}\n    - not_followed_by: {type: u}\n      for: 1h\n"


def fail(*arguments: Any) -> Any:
    """Stands in for code with a bug."""
    raise ZeroDivisionError("customer 4711 has no money")


def encoded(state: DetectionState) -> bytes:
    return msgspec.msgpack.encode(state)


def test_rules_fire_in_the_order_of_their_ids() -> None:
    rules = [rule(EVENT, f"test.{name}") for name in ("c", "a", "b")]
    reports = Customer(*rules).meets(0, "a", "t").reports
    assert [report.rule.id for report in reports] == ["test.a", "test.b", "test.c"]


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two rules have the same id among \['test.rule', 'test.rule'\]; keep one"):
        Detector([rule(EVENT), rule(COUNT)])


def test_a_rule_that_is_off_is_left_out() -> None:
    customer = Customer(rule(EVENT + "mode: off\n")).meets(0, "a", "t")
    assert (customer.fired, customer.detector.rules) == ([], ())


def test_a_shadow_rule_fires_and_says_that_it_is_one() -> None:
    (firing,) = Customer(rule(EVENT + "mode: shadow\n")).meets(0, "a", "t").reports
    assert firing.rule.mode == "shadow"


def test_a_rule_for_identified_customers_does_not_hear_others() -> None:
    customer = Customer(rule(EVENT + "identified_only: true\n"))
    customer.meets(0, "a", "t", identified=False).meets(1, "b", "t", identified=True)
    assert customer.fired == [(1, "b")]


def test_a_touchpoint_that_no_rule_listens_to_leaves_the_state_as_it_is() -> None:
    customer = Customer(rule(COUNT), rule(ABSENCE, "test.absence")).meets(0, "a", "t")
    before = encoded(customer.state)
    customer.meets(1, "b", "something.else")
    assert encoded(customer.state) == before


def test_touchpoints_that_several_rules_remember_are_stored_once() -> None:
    customer = Customer(rule(COUNT, "test.count"), rule(ABSENCE, "test.absence")).meets(0, "a", "t")
    assert [(item.event_id, item.held) for item in customer.state.evidence.values()] == [("a", 2)]


def test_evidence_leaves_when_nothing_refers_to_it() -> None:
    customer = Customer(rule(COUNT, "test.count"), rule(ABSENCE, "test.absence"), allowed_lateness_ms=0)
    customer.meets(0, "a", "t").waits(HOUR).meets(DAY, "b", "t")
    assert [item.event_id for item in customer.state.evidence.values()] == ["b"]


def test_a_rule_that_raises_does_not_take_the_others_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WindowListener, "step", fail)
    rules = [rule(EVENT, "test.a"), rule(COUNT, "test.b"), rule(EVENT, "test.c")]
    first, second, third = Customer(*rules).meets(0, "a", "t").reports
    assert (first.rule.id, second.rule, third.rule.id) == ("test.a", "test.b", "test.c")


def test_a_failure_names_rule_version_and_place_but_nothing_of_the_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventListener, "wants", fail)
    (failure,) = Customer(rule(EVENT)).meets(0, "a", "t").reports
    line = fail.__code__.co_firstlineno + 2
    assert failure == RuleFailure("test.rule", 1, f"ZeroDivisionError in test_detector.py, line {line}")


@pytest.mark.parametrize("method", ["wants", "step", "_end", "_find"])
def test_a_rule_that_raises_remembers_what_it_did_before(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    customer = Customer(rule(COUNT)).meets(0, "a", "t")
    before = encoded(customer.state)
    monkeypatch.setattr(WindowListener, method, fail)
    customer.meets(1, "b", "t")
    assert (type(customer.reports[0]), encoded(customer.state)) == (RuleFailure, before)


def test_after_a_failure_the_rule_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = Customer(rule(COUNT)).meets(0, "a", "t")
    with monkeypatch.context() as broken:
        broken.setattr(WindowListener, "step", fail)
        customer.meets(1, "b", "t")
    assert customer.meets(2, "c", "t").fired == [(2, "a c")]


def test_a_rule_that_raises_at_its_deadline_loses_it_and_the_others_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = Customer(rule(ABSENCE, "test.a"), rule(ABSENCE, "test.b")).meets(0, "a", "t")
    expire = SequenceTimer.expire
    calls: list[int] = []

    def fail_once(*arguments: Any) -> Any:
        calls.append(1)
        return fail() if len(calls) == 1 else expire(*arguments)

    monkeypatch.setattr(SequenceTimer, "expire", fail_once)
    failure, firing = customer.waits(DAY).reports
    assert (failure.rule, firing.rule.id, customer.size) == ("test.a", "test.b", 5)


def test_a_new_version_begins_with_nothing() -> None:
    customer = Customer(rule(COUNT)).meets(0, "a", "t")
    second = parse_rule(f"id: test.rule\nversion: 2\ntitle: t\ndescription: d\nemotion: joyful\n{COUNT}", "f")
    customer.detector = Detector([second])
    customer.meets(1, "b", "t").meets(2, "c", "t")
    assert customer.fired == [(2, "b c")]


def test_a_deadline_of_an_older_version_passes_in_silence() -> None:
    customer = Customer(rule(ABSENCE)).meets(0, "a", "t")
    second = parse_rule(f"id: test.rule\nversion: 2\ntitle: t\ndescription: d\nemotion: joyful\n{ABSENCE}", "f")
    customer.detector = Detector([second])
    customer.waits(DAY)
    assert (customer.fired, customer.state.due, customer.size) == ([], None, 5)


def test_a_deadline_of_a_rule_that_is_gone_passes_in_silence() -> None:
    customer = Customer(rule(ABSENCE)).meets(0, "a", "t")
    customer.detector = Detector([])
    customer.waits(DAY)
    assert (customer.fired, customer.state.due, customer.size) == ([], None, 5)


def test_a_new_versions_rule_takes_the_older_ones_deadline_with_it() -> None:
    customer = Customer(rule(ABSENCE)).meets(0, "a", "t")
    second = parse_rule(f"id: test.rule\nversion: 2\ntitle: t\ndescription: d\nemotion: joyful\n{ABSENCE}", "f")
    customer.detector = Detector([second])
    customer.meets(1, "b", "t").waits(DAY)
    assert customer.fired == [(HOUR + 1, "b")]


def test_the_detector_holds_nothing_of_a_customer() -> None:
    detector = Detector([rule(COUNT)])
    one, two = DetectionState(), DetectionState()
    detector.on_touchpoint(one, touchpoint(0, "a", "t"), START)
    assert (detector.on_touchpoint(two, touchpoint(1, "b", "t"), START), len(two.evidence)) == ([], 1)


def test_firings_come_as_firings() -> None:
    (firing,) = Customer(rule(EVENT)).meets(0, "a", "t").reports
    assert isinstance(firing, Firing)
