"""What a reading of some customers takes in, and what the others' touchpoints do all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from schemas import Codec, Touchpoint
from streams.backtest import choose
from streams.backtest.glance import Glancer, Item, glance_at
from streams.backtest.reading import Reading
from streams.backtest.source import LOG, Wanted
from streams.controls import activation, history_clock
from streams.customer.definitions import Definitions

CODEC = Codec()
START = 1_767_571_200_000
"""2026-01-05 00:00 UTC, in ms."""
DAY = 86_400_000
READ_HOW = ["from bytes", "read already"]


def touchpoint(event_id: str, customer_id: str, occurred_at: int, kind: str = "contact.started") -> Touchpoint:
    return {
        "event_id": event_id,
        "source": "test",
        "customer_id": customer_id,
        "identified": True,
        "channel": "voice",
        "type": kind,
        "occurred_at": occurred_at,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": {"reason": "invoice"},
    }


class Log:
    """A log in order, whose clock is that of a history of two days."""

    clock = LOG
    title = "a log"

    def __init__(self, how: str, *touchpoints: Touchpoint) -> None:
        self.total: int | None = None
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.customers: int | None = None
        self._from_bytes = how == READ_HOW[0]
        self._touchpoints = touchpoints

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        yield self._items(Glancer(CODEC, wanted.customers))

    def _items(self, glance: Glancer) -> Iterator[Item]:
        yield glance(CODEC.encode("Control", history_clock(START, START + 2 * DAY)), START)
        for one in self._touchpoints:
            yield glance(CODEC.encode("Touchpoint", one), START) if self._from_bytes else glance_at(one, START)


def read(log: Log, definitions: Definitions, *customers: str) -> tuple[Reading, list[tuple[str, int]]]:
    """The reading, and the moments that came: rule and time of detection."""
    moments: list[tuple[str, int]] = []

    def tell(name: str, record: Mapping[str, Any]) -> None:
        if name == "Moment":
            moments.append((record["rule"], record["detected_at"]))

    wanted = Wanted(None, START + 60 * DAY, lambda kind: True, lambda kind: True, frozenset(customers))
    reading = Reading(CODEC, [(definitions, tell)], wanted)
    reading.read(log)
    return reading, moments


def definitions_of(rule: str) -> Definitions:
    choice = choose(rule, "none", [])
    return choice.alone(choice.candidate)


@pytest.mark.parametrize("how", READ_HOW)
def test_another_customers_impossible_time_does_not_move_the_clock(how: str) -> None:
    again = touchpoint("1", "ours", START)
    ahead = touchpoint("2", "other", START + 30 * DAY)
    reading, _ = read(Log(how, again, ahead, again), definitions_of("contact.repeated"), "ours")
    # A clock that had gone 30 days on would have forgotten it.
    assert reading.outcomes["duplicate"] == 1


@pytest.mark.parametrize("how", READ_HOW)
def test_another_customers_touchpoint_fires_what_is_due_before_the_next_of_ours(how: str) -> None:
    gave_up = touchpoint("2", "ours", START + 60_000, "queue.abandoned")
    other = touchpoint("3", "other", START + 3 * DAY - DAY // 4)
    late = touchpoint("4", "ours", START + 70_000)
    for ours in (touchpoint("1", "ours", START), gave_up, late):
        ours["correlation_id"] = "call"
    late["correlation_id"] = "another call"
    rule = """
id: went.silent
version: 1
title: Silent for a day
description: Gave up and did nothing for a day.
emotion: neglected
intensity: 0.5
detect:
  sequence:
    - start: {type: contact.started}
    - followed_by: {type: queue.abandoned}
    - silent_for: 1d
  within: 4h
  cancelled_by: [{type: contact.started}]
identified_only: true
cool_down: {for: 7d, by: []}
expires_after: 24h
"""
    definitions = Definitions()
    carried = activation("rule", "went.silent", 1, rule)["activation"]
    assert carried is not None
    definitions.activate(carried)
    started = touchpoint("1", "ours", START)
    _, moments = read(Log(how, started, gave_up, other, late), definitions, "ours")
    assert moments == [("went.silent", START + 60_000 + DAY)]
    _, moments = read(Log(how, started, gave_up, late, other), definitions, "ours")
    assert moments == []


@pytest.mark.parametrize("how", READ_HOW)
def test_what_waits_for_its_order_can_wait_longer_than_a_world_keeps_its_steps(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.backtest.world._STEPS_KEPT", 1)
    definitions = definitions_of("contact.repeated")
    carried = activation("time", "time", 1, "id: time\nversion: 1\norder_wait: 10m\n")["activation"]
    assert carried is not None
    definitions.activate(carried)
    log = Log(how, *(touchpoint(str(number), "ours", START + number * 60_000) for number in range(4)))
    reading, moments = read(log, definitions, "ours")
    assert reading.outcomes["accepted"] == 4
    assert [rule for rule, _ in moments] == ["contact.repeated"]
