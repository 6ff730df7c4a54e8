"""Whatever is published, a customer's state and its moments fit into a record: no partition stops for size."""

from __future__ import annotations

import pytest

from streams.customer.partition import LONGEST_IDENTIFIER
from tests.customer.log import CODEC, POLICY, SECOND, T0, Log, changes, played, touchpoint

MB = 1_048_576

THIRD = """
id: contact.third
version: 1
title: Third
description: Three in a day.
emotion: stressed
detect: {count: {type: ivr.entered}, at_least: 3, within: 1d}
keep: [reason]
"""

SAME = """
id: contact.repeated
version: 1
title: Again
description: Twice about the same.
emotion: frustrated
detect: {count: {type: ivr.entered}, at_least: 2, within: 1d}
by: [reason]
"""

MENTION = """
id: feedback.negative
version: 1
title: Said so
description: Somewhere in the text.
emotion: frustrated
detect: {event: {type: ivr.entered, reason|contains: furious}}
"""


@pytest.fixture
def log() -> Log:
    made = Log()
    made.rule(T0, THIRD, SAME, MENTION, POLICY)
    return made


@pytest.mark.parametrize("field", ["customer_id", "event_id", "source", "type", "correlation_id", "session_id"])
def test_an_identifier_over_its_length_is_dead(log: Log, field: str) -> None:
    made = {**touchpoint(0, T0, "ivr.entered"), field: "x" * (LONGEST_IDENTIFIER + 1)}
    log.raw(T0, CODEC.encode("Touchpoint", made))
    outcome = played(log)
    assert outcome.counters == {"in": 1, "dead": 1}
    assert [(letter["stage"], letter["reason"], letter["detail"]) for letter in outcome.letters] == [
        ("validate", "identifier_too_long", "an id, source or type has more than 256 characters")
    ]
    assert [verdict["reason"] for verdict in outcome.verdicts] == ["identifier_too_long"]


@pytest.mark.parametrize("field", ["customer_id", "event_id", "source", "type", "correlation_id", "session_id"])
def test_an_identifier_of_just_its_length_is_accepted(log: Log, field: str) -> None:
    made = {**touchpoint(0, T0, "ivr.entered"), field: "é" * LONGEST_IDENTIFIER}
    log.raw(T0, CODEC.encode("Touchpoint", made))
    assert played(log).counters == {"in": 1, "accepted": 1}


def test_touchpoints_of_nearly_1_mb_leave_a_small_state_and_small_moments(log: Log) -> None:
    for number in range(40):
        log.touchpoint(T0 + number * SECOND, "ivr.entered", reason="x" * 900_000 + str(number))
    outcome = played(log)
    assert outcome.counters["accepted"] == 40
    assert max(len(output.value or b"") for output in outcome.outputs) < MB // 4
    assert max(len(value or b"") for _, value in changes(outcome.partition)) < MB // 4


def test_of_a_long_text_the_first_1000_characters_are_kept(log: Log) -> None:
    for number in range(3):
        log.touchpoint(T0 + number, "ivr.entered", reason=f"{number}" * 5_000)
    contexts = [moment["context"]["reason"] for moment in played(log).moments if moment["rule"] == "contact.third"]
    assert contexts == ["2" * 1_000]


def test_long_texts_are_told_apart_by_all_of_them(log: Log) -> None:
    for number, end in enumerate(("a", "b", "a")):
        log.touchpoint(T0 + number, "ivr.entered", reason="x" * 5_000 + end)
    moments = [moment for moment in played(log).moments if moment["rule"] == "contact.repeated"]
    assert [moment["opened_at"] for moment in moments] == [T0]


def test_a_condition_sees_all_of_a_long_text(log: Log) -> None:
    log.touchpoint(T0, "ivr.entered", reason="x" * 50_000 + "furious")
    assert [moment["rule"] for moment in played(log).moments] == ["feedback.negative"]


def test_consent_for_a_purpose_too_long_to_be_a_name_says_nothing(log: Log) -> None:
    log.consent(T0, "consent.given", purpose="x" * 101)
    log.consent(T0, "consent.given", channel="x" * 101)
    outcome = played(log)
    assert outcome.counters == {"in": 2, "accepted": 2}
    assert max(len(value or b"") for key, value in changes(outcome.partition) if key == b"c1") < 100


def test_of_consents_for_ever_more_purposes_256_are_kept_and_the_others_counted(log: Log) -> None:
    for number in range(300):
        log.consent(T0 + number, "consent.given", purpose=f"purpose {number}")
    log.consent(T0 + 300, "consent.withdrawn", purpose="purpose 255")
    outcome = played(log)
    customer = outcome.partition.look("c1")
    assert customer is not None
    kept = customer.outreach
    assert (len(kept.consents), outcome.counters["consent_overflow"]) == (256, 44)
    assert [kept.consent(f"purpose {number}", "sms") for number in (0, 255, 256)] == ["granted", "withdrawn", "none"]
