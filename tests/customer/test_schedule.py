"""The schedule of deadlines: each comes up at its time, and it does not grow with what moves them."""

from __future__ import annotations

from heapq import heappop

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.customer import customers as module
from streams.customer.customers import Customers
from tests.customer.log import DAY, MINUTE, T0, Log, played

RHYTHM = """
id: silence.unusual
version: 1
title: Silence
description: Longer than usual.
emotion: neglected
detect: {silence: {type: page.viewed}, times: 3, gaps: 3, visit: 1s, at_least: 30d, at_most: 90d}
"""


def test_a_deadline_that_moves_on_with_every_touchpoint_has_one_entry() -> None:
    log = Log()
    log.rule(T0, RHYTHM)
    for number in range(300):
        log.touchpoint(T0 + number * MINUTE, "page.viewed")
    partition = played(log).partition
    assert (len(partition._customers.deadlines), partition.next_deadline()) == (1, T0 + 299 * MINUTE + 30 * DAY)


def test_what_is_brought_forward_again_and_again_is_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SUPERSEDED", 20)
    customers = Customers()
    customer = customers.add("c", 0)
    for due in range(10_000, 0, -1):
        customers.set_deadline(customer, "c", due)
    assert len(customers.deadlines) <= 24
    assert len(customer.scheduled) <= 24
    assert customers.next_deadline() == 1


def test_a_step_that_fails_leaves_no_entry_behind() -> None:
    customers = Customers()
    customers.set_deadline(customers.add("c", 0), "c", 500)
    list(customers.take_changes())
    customers.settle()
    for _ in range(50):
        customers.set_deadline(customers.back_to_stored("c"), "c", 400)
    assert len(customers.deadlines) == 2


steps = st.lists(
    st.one_of(
        st.tuples(st.just("due"), st.sampled_from("ab"), st.one_of(st.none(), st.integers(1, 40))),
        st.tuples(st.just("pass"), st.just(""), st.integers(1, 15)),
        st.tuples(
            st.sampled_from(["look", "store", "forget", "restore", "reread", "undo"]), st.sampled_from("ab"), st.none()
        ),
    ),
    max_size=60,
)


@settings(max_examples=500, deadline=None)
@given(steps, st.sampled_from([0, 3, 10_000]))
def test_every_deadline_comes_up_once_at_its_time(steps: list[tuple[str, str, int | None]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_SUPERSEDED", most)
        _play(steps)


def _play(steps: list[tuple[str, str, int | None]]) -> None:
    customers, now = Customers(), 0
    dues: dict[str, int | None] = {}
    stored: dict[str, int | None] = {}
    for name in "ab":
        customers.add(name, 0)
        customers.changed[name] = None
        dues[name] = None
    for what, name, number in steps:
        if what == "due":
            customer = customers.get(name)
            assert customer is not None
            due = None if number is None else now + number
            if due != customer.due:
                customers.set_deadline(customer, name, due)
            customers.changed[name] = None
            dues[name] = due
        elif what == "pass":
            now += number or 0
            due_then = sorted((due, name) for name, due in dues.items() if due is not None and due <= now)
            assert _fired(customers, now) == due_then
            dues |= {name: None for _, name in due_then}
        elif what == "undo":
            if name in stored and (stored[name] is None or (stored[name] or 0) > now):
                customers.get(name)
                customers.back_to_stored(name)
                dues[name] = stored[name]
        elif what == "look":
            assert customers.next_deadline() == min((due for due in dues.values() if due is not None), default=None)
        else:
            data = {key.decode(): value for key, value in customers.take_changes()}
            stored |= {key: dues[key] for key in data}
            if what == "forget":
                customers.live.clear()
            elif what == "reread":
                customers.restored()
            elif what == "restore":
                kept = dict(customers._stored)
                customers = Customers()
                for key, value in kept.items():
                    customers.restore(key, value)
                customers.restored()


def _fired(customers: Customers, now: int) -> list[tuple[int, str]]:
    fired = []
    while customers.deadlines and customers.deadlines[0][0] <= now:
        due, name = heappop(customers.deadlines)
        customer = customers.woken(name, due)
        if customer is not None:
            fired.append((due, name))
            customers.changed[name] = None
            customers.set_deadline(customer, name, None)
    return fired


def test_after_the_changelog_was_read_again_a_deadline_can_still_be_brought_forward() -> None:
    customers = Customers()
    customer = customers.add("c", 0)
    customers.changed["c"] = None
    for due in (100, 500):
        customers.set_deadline(customer, "c", due)
    list(customers.take_changes())
    customers.restored()
    customers.set_deadline(customer, "c", 300)
    assert _fired(customers, 300) == [(300, "c")]
