"""What a rule's first reading may leave out."""

from __future__ import annotations

from streams.backtest.hearing import hears, hears_anonymous, meets
from streams.catalogue import load_catalogue
from streams.detection import Rule, parse_rule
from tests.backtest.small_history import NEW, OLD, touchpoint

SHORT = touchpoint("e", "a", "agent.connected", "01-05 22:30", wait_seconds=200)


def shipped(name: str) -> Rule:
    return parse_rule(dict(load_catalogue())[f"{name}.yaml"], name)


def test_one_event_is_left_out_where_no_version_asks_for_it() -> None:
    new, old = parse_rule(NEW, "new"), parse_rule(OLD, "old")
    for rules, expected in (([new], True), ([old], False), ([new, old], True)):
        asked = meets(rules)
        assert asked is not None
        assert asked(SHORT) is expected


def test_a_rule_that_goes_step_by_step_must_see_everything() -> None:
    assert meets([shipped("queue.abandoned_silent")]) is None
    asked = meets([parse_rule(OLD, "old"), shipped("queue.abandoned_silent")])
    assert asked is not None
    assert asked(SHORT) is True


def test_a_condition_that_cannot_be_judged_is_left_to_the_core() -> None:
    asked = meets([parse_rule(OLD, "old")])
    assert asked is not None
    without = {**SHORT, "properties": None}
    assert asked(without) is True  # type: ignore[arg-type]


def test_who_is_not_identified_is_not_heard_by_a_rule_for_those_who_are() -> None:
    rule = shipped("contact.repeated")
    assert hears([rule])("ivr.entered") is True
    assert hears_anonymous([rule])("ivr.entered") is False
    assert hears_anonymous([rule, shipped("queue.abandoned")])("queue.abandoned") is True
