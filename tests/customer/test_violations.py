"""Touchpoints that do not keep to the vocabulary: taken in like all others, and counted by source."""

from __future__ import annotations

import random

import pytest

from tests.customer.log import (
    CODEC,
    DAY,
    HUNG_UP,
    MINUTE,
    REPEATED,
    T0,
    Log,
    Outcome,
    changes,
    played,
    restored,
    touchpoint,
)

OUTCOMES = ("accepted", "duplicate", "late", "dead", "dropped")
ODD = {
    "unknown_type": touchpoint(1, T0, "queue.lost"),
    "unknown_property": touchpoint(1, T0, "page.viewed", colour="red"),
    "missing_property": touchpoint(1, T0, "feature.used"),
    "missing_field": touchpoint(1, T0, "ivr.entered"),
    "wrong_type": touchpoint(1, T0, "page.viewed", duration_seconds="long"),
    "out_of_range": touchpoint(1, T0, "social.mentioned", sentiment=-1.5),
}


@pytest.mark.parametrize("kind", ODD)
def test_it_is_accepted_and_counted_under_its_source(kind: str) -> None:
    log = Log()
    log.raw(T0, CODEC.encode("Touchpoint", {**ODD[kind], "source": "crm:vienna"}))
    outcome = played(log)
    assert (outcome.counters, outcome.violations) == (
        {"in": 1, "accepted": 1},
        {f"violation:crm:vienna:{kind}": 1},
    )


def test_what_fits_leaves_no_counter() -> None:
    log = Log()
    log.touchpoint(T0, "queue.abandoned", correlation_id="k", wait_seconds=20)
    assert played(log).violations == {}


def test_a_touchpoint_that_does_not_fit_finds_its_moment_all_the_same() -> None:
    log = Log()
    log.rule(T0, HUNG_UP)
    log.touchpoint(T0, "queue.abandoned", wait_seconds="twenty")
    outcome = played(log)
    assert ([moment["rule"] for moment in outcome.moments], sorted(outcome.violations)) == (
        ["queue.abandoned"],
        ["violation:test:missing_field", "violation:test:wrong_type"],
    )


def test_duplicates_late_and_dead_ones_are_not_looked_at() -> None:
    log = Log()
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "no.such", event_id="e0")
    log.touchpoint(T0 + MINUTE, "no.such", occurred_at=T0 - 8 * DAY)
    log.touchpoint(T0 + MINUTE, "no.such", customer_id="")
    outcome = played(log)
    assert (outcome.counters, outcome.violations) == (
        {"in": 4, "accepted": 1, "duplicate": 1, "late": 1, "dead": 1},
        {},
    )


def test_over_restarts_the_counts_go_on() -> None:
    log = _odd_log(500, seed=1)
    pick = random.Random(2)
    outcome = Outcome()
    changelog: dict[bytes, bytes | None] = {}
    for record in log.records:
        outcome.play([record])
        if pick.random() < 0.05:
            changelog |= dict(changes(outcome.partition))
            outcome = restored(changelog.items())
    assert (outcome.violations, sum(outcome.violations.values()) > 200) == (played(log).violations, True)


def test_a_replay_gives_the_same_bytes() -> None:
    log = _odd_log(500, seed=3)
    assert played(log).partition.record() == played(log).partition.record()


def test_what_came_in_still_adds_up() -> None:
    counters = played(_odd_log(500, seed=4)).counters
    assert (counters["in"], sum(counters.get(outcome, 0) for outcome in OUTCOMES)) == (500, 500)


def test_a_hundred_sources_fit_into_a_partition_record() -> None:
    log = Log()
    for number in range(100):
        for kind in ODD:
            source = f"source-{number:03d}-{'s' * 88}"
            log.raw(T0, CODEC.encode("Touchpoint", {**ODD[kind], "source": source, "event_id": kind}))
    outcome = played(log)
    _, record = outcome.partition.record()
    assert (len(outcome.violations), outcome.violations["violation:*:unknown_type"], len(record) < 65_536) == (
        6 * 65,
        36,
        True,
    )


def _odd_log(records: int, seed: int) -> Log:
    pick = random.Random(seed)
    log = Log()
    log.rule(T0, HUNG_UP, REPEATED)
    for number in range(records):
        source = f"source-{pick.randrange(80)}"
        at = T0 + number * 1_000
        body = {
            **pick.choice(list(ODD.values())),
            "source": source,
            "event_id": f"e{pick.randrange(records)}",
            "customer_id": f"c{pick.randrange(9)}",
            "occurred_at": at - pick.choice((0, 0, 0, 9 * DAY)),
        }
        log.raw(at, CODEC.encode("Touchpoint", body))
    return log
