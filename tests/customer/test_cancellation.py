"""Triggers taken back: when their ground is gone, on the same topic and key, once, while they are on their way."""

from __future__ import annotations

import pytest

from tests.customer.log import HOUR, MINUTE, SECOND, T0, Log, Outcome, changes, played, restored

RULES = (
    """
id: queue.abandoned
version: 1
title: Hung up
description: Every one.
emotion: stressed
detect: {event: {type: queue.abandoned}}
resolved_by: {type: agent.connected}
expires_after: 6h
""",
    """
id: price.watch
version: 1
title: Looks again and again
description: Every look.
emotion: anxious
detect: {event: {type: product.viewed}}
keep: [product_id]
expires_after: 6h
""",
)

POLICY = """
id: outreach
version: 3
description: For tests.
actions:
  - {id: call.back, moments: [queue.abandoned], class: service, purpose: care, channels: [sms], template: x}
  - {id: offer, moments: [price.watch], class: promotional, purpose: care, channels: [sms], template: x,
     bought_within: 7d}
suppressions:
  - {list: nothing, classes: [service, promotional]}
  - {list: no_offers, classes: [promotional]}
  - {list: no_sms, classes: [service], channels: [sms]}
  - {list: no_push, classes: [service, promotional], channels: [push]}
"""


@pytest.fixture
def log() -> Log:
    """A customer who agreed, and gave up in the queue: a trigger is on its way until T0 + 6 h."""
    log = Log()
    log.rule(T0, *RULES, POLICY)
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "queue.abandoned")
    return log


def reasons(log: Log) -> list[str]:
    return [one["reason"] for one in played(log).cancellations]


def test_it_names_its_trigger_and_lies_behind_it_under_the_same_key(log: Log) -> None:
    log.touchpoint(T0 + HOUR, "agent.connected")
    outcome = played(log)
    (trigger,) = outcome.triggers
    assert outcome.cancellations == [
        {
            "trigger_id": trigger["trigger_id"],
            "decision_id": trigger["decision_id"],
            "moment_id": trigger["moment_id"],
            "customer_id": "c1",
            "action": "call.back",
            "channel": "sms",
            "reason": "resolved",
            "cancelled_at": T0 + HOUR,
        }
    ]
    first, second = outcome.of("outreach.triggers")
    assert (first.key, first.partition) == (second.key, second.partition) == (b"c1", 0)
    told = dict(second.headers)
    assert (told["ce_type"], told["ce_id"]) == (
        b"momentous.cancellation",
        f"{trigger['trigger_id']}-cancelled".encode(),
    )


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("consent.withdrawn", {"purpose": "care", "channel": "sms"}, ["consent_withdrawn"]),
        ("consent.denied", {"purpose": "care", "channel": "sms"}, ["consent_denied"]),
        ("consent.withdrawn", {"purpose": "care", "channel": "email"}, []),
        ("consent.withdrawn", {"purpose": "offers", "channel": "sms"}, []),
        ("suppression.added", {"list": "nothing"}, ["suppressed"]),
        ("suppression.added", {"list": "no_sms"}, ["suppressed"]),
        ("suppression.added", {"list": "no_push"}, []),
        ("suppression.added", {"list": "no_offers"}, []),
        ("suppression.added", {"list": 7}, []),
        ("suppression.removed", {"list": "nothing"}, []),
        ("order.placed", {"product_id": "lamp"}, []),
    ],
)
def test_what_takes_its_ground_away_takes_it_back(
    log: Log, kind: str, facts: dict[str, object], expected: list[str]
) -> None:
    log.touchpoint(T0 + HOUR, kind, properties=facts)
    assert reasons(log) == expected


def test_an_older_word_than_the_one_that_holds_takes_nothing_back(log: Log) -> None:
    log.consent(T0 + HOUR, "consent.withdrawn", occurred_at=T0 - HOUR)
    assert reasons(log) == []


@pytest.mark.parametrize(("product", "expected"), [("lamp", ["bought"]), ("chair", [])])
def test_what_was_bought_is_not_offered(product: str, expected: list[str]) -> None:
    log = Log()
    log.rule(T0, *RULES, POLICY)
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "product.viewed", product_id="lamp")
    log.touchpoint(T0 + HOUR, "store.purchased", product_id=product)
    assert reasons(log) == expected


@pytest.mark.parametrize(("after", "expected"), [(6 * HOUR - 1, ["resolved"]), (6 * HOUR, [])])
def test_what_may_not_be_delivered_any_more_is_not_taken_back(log: Log, after: int, expected: list[str]) -> None:
    log.touchpoint(T0 + after, "agent.connected")
    assert reasons(log) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [("delivered", []), ("opened", []), ("bounced", []), ("expired", []), ("sent", ["resolved"])],
)
def test_what_was_reported_over_is_not_taken_back(log: Log, end: str, expected: list[str]) -> None:
    (trigger,) = played(log).triggers
    log.touchpoint(T0 + MINUTE, f"outreach.{end}", trigger_id=trigger["trigger_id"])
    log.touchpoint(T0 + HOUR, "agent.connected")
    assert reasons(log) == expected


def test_a_resolution_before_its_evidence_takes_nothing_back(log: Log) -> None:
    log.touchpoint(T0 + HOUR, "agent.connected", occurred_at=T0 - 1)
    assert reasons(log) == []


def test_once_is_enough(log: Log) -> None:
    log.touchpoint(T0 + HOUR, "agent.connected")
    log.consent(T0 + 2 * HOUR, "consent.withdrawn")
    log.touchpoint(T0 + 3 * HOUR, "agent.connected")
    assert reasons(log) == ["resolved"]


def test_it_is_taken_back_after_a_restart_too(log: Log) -> None:
    changelog = changes(played(log).partition)
    log.consent(T0 + HOUR, "consent.withdrawn")
    again = restored(changelog).play(log.records[-1:])
    assert [one["reason"] for one in again.cancellations] == ["consent_withdrawn"]


def test_it_is_counted_by_its_reason(log: Log) -> None:
    log.consent(T0 + HOUR, "consent.withdrawn")
    assert played(log).partition.tallies["cancellation:consent_withdrawn"] == 1


# -- with an order_wait -------------------------------------------------------------------------


@pytest.fixture
def waiting() -> Log:
    """As above, and touchpoints wait ten seconds for older ones."""
    log = Log()
    log.rule(T0, *RULES, POLICY)
    log.consent(T0, "consent.given")
    log.timing(T0, "id: time\nversion: 1\norder_wait: 10s\n")
    return log


def test_a_withdrawal_that_waits_its_turn_holds_from_its_own_record(waiting: Log) -> None:
    waiting.touchpoint(T0 + SECOND, "queue.abandoned")
    waiting.consent(T0 + 5 * SECOND, "consent.withdrawn")
    waiting.tick(T0 + HOUR)
    outcome = played(waiting)
    assert ([one["reason"] for one in outcome.decisions], outcome.triggers) == (["consent_withdrawn"], [])


def test_what_is_on_its_way_is_taken_back_at_once(waiting: Log) -> None:
    waiting.touchpoint(T0 + SECOND, "queue.abandoned")
    waiting.tick(T0 + 12 * SECOND)
    waiting.consent(T0 + 20 * SECOND, "consent.withdrawn")
    outcome = played(waiting)
    assert [one["cancelled_at"] for one in outcome.cancellations] == [T0 + 20 * SECOND]


def test_said_again_at_its_turn_it_takes_nothing_back_twice(waiting: Log) -> None:
    waiting.touchpoint(T0 + SECOND, "queue.abandoned")
    waiting.tick(T0 + 12 * SECOND)
    waiting.consent(T0 + 20 * SECOND, "consent.withdrawn")
    waiting.tick(T0 + HOUR)
    straight = played(waiting)
    assert len(straight.cancellations) == 1
    stop = len(waiting.records) - 1
    first = Outcome().play(waiting.records[:stop])
    again = restored(changes(first.partition)).play(waiting.records[stop:])
    assert first.outputs + again.outputs == straight.outputs
