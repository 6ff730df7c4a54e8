"""The check of the kill tests for contacts after a withdrawal notices one."""

from __future__ import annotations

import pytest

from streams.customer import Output
from streams.topics import TRIGGERS
from tests.customer.log import CODEC, HUNG_UP, POLICY, SECOND, T0, Log, played
from tests.kafka.reader import Record
from tests.outreach.sabotage import broken
from tests.reliability.consents import Consented, consented


def as_read(offset: int, output: Output) -> Record:
    return Record(0, offset, 0, output.key, output.value, [])


def judged(log: Log) -> Consented:
    touchpoints = [Record(0, one.offset, one.timestamp, one.key, one.value, []) for one in log.records]
    triggers = [as_read(number, one) for number, one in enumerate(played(log).of(TRIGGERS))]
    assert triggers
    return consented(CODEC, touchpoints, triggers)


@pytest.fixture
def log() -> Log:
    log = Log()
    log.rule(T0, HUNG_UP, POLICY.replace("    cool_down: 1d\n", ""))
    log.consent(T0, "consent.given")
    log.touchpoint(T0 + SECOND, "queue.abandoned")
    log.consent(T0 + 2 * SECOND, "consent.withdrawn")
    log.touchpoint(T0 + 3 * SECOND, "queue.abandoned")
    return log


def test_nothing_comes_after_a_withdrawal(log: Log) -> None:
    assert judged(log).forbidden == []


def test_a_withdrawal_after_a_contact_and_before_another_moment_is_counted(log: Log) -> None:
    assert judged(log).taken_back == 1


def test_one_that_nothing_follows_is_not(log: Log) -> None:
    log.records.pop()
    assert judged(log).taken_back == 0


def test_what_comes_after_one_is_noticed(log: Log) -> None:
    with broken("no consent"):
        found = judged(log)
    assert len(found.forbidden) == 1
