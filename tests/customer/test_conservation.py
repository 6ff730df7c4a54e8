"""R11 in memory: in = accepted + duplicate + late + dead + dropped, to the record."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from schemas import DecodeError
from streams.customer import partition_of
from tests.customer.log import CODEC, T0, Log, Logged, Outcome, changes, played, restored, touchpoint
from tests.customer.traffic import mixed_log

OUTCOMES = ("accepted", "duplicate", "late", "dead", "dropped")


def test_every_one_of_10_000_mixed_records_ends_in_one_outcome() -> None:
    log = mixed_log(10_000, seed=11)
    outcome = played(log)
    assert outcome.counters["in"] == sum(outcome.counters.get(name, 0) for name in OUTCOMES)
    assert outcome.counters["in"] == sum(not _is_control(record) for record in log.records)
    assert all(outcome.counters[name] > 50 for name in ("accepted", "duplicate", "late", "dead"))


def test_every_record_that_was_not_accepted_has_its_verdict_or_its_letter() -> None:
    log = mixed_log(5_000, seed=12, activations=False)
    outcome = played(log)
    verdicts = {verdict["offset"]: verdict["outcome"] for verdict in outcome.verdicts}
    letters = {letter["source_offset"] for letter in outcome.letters}
    unreadable = {record.offset for record in log.records if _name(record) is None}
    counted = Counter(verdicts.values())
    assert len(verdicts) == len(outcome.verdicts)
    assert unreadable <= letters
    assert not unreadable & verdicts.keys()
    assert {name: outcome.counters.get(name, 0) for name in ("duplicate", "late")} == {
        "duplicate": counted["duplicate"],
        "late": counted["late"],
    }
    assert outcome.counters["dead"] == counted["dead"] + len(unreadable)


def test_every_dead_letter_holds_the_original_record() -> None:
    log = mixed_log(3_000, seed=13)
    originals = {record.offset: (record.key, record.value) for record in log.records}
    wrong = [
        letter["source_offset"]
        for letter in played(log).letters
        if (letter["key"], letter["value"]) != originals[letter["source_offset"]]
    ]
    assert wrong == []


def test_dead_letters_replay_to_the_same_ends() -> None:
    """What was dead is dead again, with the same reason, when it is published again as it was."""
    log = mixed_log(2_000, seed=14, activations=False)
    first = [letter for letter in played(log).letters if letter["reason"] != "too_far_ahead"]
    again = Log()
    for letter in first:
        again.raw(T0, letter["value"], letter["key"])
    assert [letter["reason"] for letter in played(again).letters] == [letter["reason"] for letter in first]


def test_over_restores_the_counters_still_add_up() -> None:
    log = mixed_log(2_000, seed=15)
    outcome = Outcome()
    pick = random.Random(15)
    changelog: dict[bytes, bytes | None] = {}
    for record in log.records:
        outcome.play([record])
        if pick.random() < 0.01:
            changelog |= dict(changes(outcome.partition))
            outcome = restored(changelog.items())
    assert outcome.counters == played(log).counters


@pytest.mark.parametrize("partitions", [2, 4])
def test_strays_are_counted_where_they_lay_and_where_they_belong(partitions: int) -> None:
    pick = random.Random(partitions)
    logs = [Log() for _ in range(partitions)]
    for number in range(2_000):
        customer_id = f"c{pick.randrange(100)}"
        home = partition_of(customer_id.encode(), partitions)
        place = home if pick.random() < 0.8 else pick.randrange(partitions)
        value = CODEC.encode("Touchpoint", touchpoint(number, T0 + number, "page.viewed", customer_id))
        logs[place].raw(T0 + number, value, customer_id.encode())
    outcomes = [Outcome(number, partitions).play(log.records) for number, log in enumerate(logs)]
    for outcome in outcomes:
        for stray in outcome.rerouted:
            logs[stray.partition].raw(T0 + 2_000, stray.value, stray.key, *stray.headers)
    outcomes = [Outcome(number, partitions).play(log.records) for number, log in enumerate(logs)]
    total = Counter[str]()
    for outcome in outcomes:
        total.update(outcome.counters)
    assert total["accepted"] == 2_000
    assert total["dropped"] > 100
    assert total["in"] == total["accepted"] + total["dropped"]


def _name(record: Logged) -> str | None:
    try:
        if record.value is not None and len(record.value) > 1_000_000:
            return None
        return CODEC.decode(record.value, "Touchpoint", "Control")[0]
    except DecodeError:
        return None


def _is_control(record: Logged) -> bool:
    return _name(record) == "Control"
