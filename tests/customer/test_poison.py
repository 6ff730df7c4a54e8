"""A record or deadline that makes the core raise: its customer stays as if it had not been."""

from __future__ import annotations

from typing import Any

import pytest

from streams.customer import apply, attend, journal
from streams.detection.operators.window import WindowListener
from tests.customer.log import (
    DAY,
    HOUR,
    HUNG_UP,
    MINUTE,
    POLICY,
    REPEATED,
    SECOND,
    SILENCE,
    T0,
    Log,
    Outcome,
    changes,
    compacted,
    played,
    restored,
)

DUE = T0 + 10 * MINUTE


class Poison(Exception):
    """Raised where the core should not."""


@pytest.fixture
def log() -> Log:
    made = Log()
    made.rule(T0, SILENCE, HUNG_UP, REPEATED, POLICY)
    return made


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Touchpoints of type ``poison`` raise after everything of theirs was applied."""

    def raising(customer: Any, touchpoint: Any, *rest: Any) -> Any:
        poison = touchpoint["type"].startswith("poison.")
        body: Any = {**touchpoint, "type": touchpoint["type"].removeprefix("poison.")}
        effects = apply(customer, body, *rest)
        if poison:
            raise Poison("with ann@example.org in it")
        return effects

    monkeypatch.setattr(journal, "apply", raising)


pytestmark = pytest.mark.usefixtures("poisoned")


def test_one_dead_letter_tells_stage_and_kind_and_no_content(log: Log) -> None:
    record = log.touchpoint(T0, "poison.queue.abandoned")
    outcome = played(log)
    assert outcome.counters == {"in": 1, "dead": 1}
    assert [(verdict["outcome"], verdict["reason"]) for verdict in outcome.verdicts] == [("dead", "apply_error")]
    assert [(letter["stage"], letter["reason"], letter["detail"], letter["value"]) for letter in outcome.letters] == [
        ("apply", "apply_error", "Poison in the core", record.value)
    ]


def test_the_record_after_it_goes_on(log: Log) -> None:
    log.touchpoint(T0, "poison.queue.abandoned")
    log.touchpoint(T0, "queue.abandoned")
    outcome = played(log)
    assert (outcome.counters, len(outcome.moments)) == ({"in": 2, "dead": 1, "accepted": 1}, 1)


KINDS = ["queue.abandoned", "flow.started", "flow.completed", "ivr.entered", "agent.connected", "consent.given"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("taken", ["never", "before", "between"])
def test_its_customer_is_exactly_as_if_it_had_not_been(log: Log, kind: str, taken: str) -> None:
    log.consent(T0, "consent.given")
    log.touchpoint(T0 + SECOND, "ivr.entered")
    log.touchpoint(T0 + 2 * SECOND, "flow.started", correlation_id="k", step=1)
    log.touchpoint(T0 + 3 * SECOND, "queue.abandoned")
    log.touchpoint(T0 + 4 * SECOND, f"poison.{kind}", correlation_id="k", identified=False)
    log.touchpoint(T0 + 5 * SECOND, "ivr.entered")
    log.touchpoint(T0 + 6 * SECOND, "flow.started", correlation_id="l")
    log.tick(T0 + HOUR)
    poison = len(log.records) - 4
    take_after = {"never": [], "before": [poison - 1], "between": [poison - 3, poison]}[taken]
    with_it = _compacted(log, take_after, skip=None)
    without = _compacted(log, take_after, skip=poison)
    assert with_it == without


def test_a_new_customer_whose_first_record_is_poison_does_not_exist(log: Log) -> None:
    log.touchpoint(T0, "poison.page.viewed", "new")
    outcome = played(log)
    assert (len(outcome.partition), b"new" in compacted(changes(outcome.partition))) == (0, False)


def test_a_customer_whose_first_record_is_poison_begins_with_the_next(log: Log) -> None:
    log.touchpoint(T0, "poison.queue.abandoned", "new")
    log.touchpoint(T0 + HOUR, "queue.abandoned", "new")
    assert _compacted(log, [], skip=None) == _compacted(log, [], skip=4)


@pytest.mark.parametrize("take_after", [[], [6]])
def test_a_customer_pruned_in_the_same_batch_stays_pruned(log: Log, take_after: list[int]) -> None:
    log.touchpoint(T0, "consent.given", properties={"channel": "sms", "purpose": "care"})
    log.touchpoint(T0, "ivr.entered")
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + 8 * DAY + MINUTE, "poison.ivr.entered")
    poison = len(log.records) - 1
    assert _compacted(log, take_after, skip=None) == _compacted(log, take_after, skip=poison)


@pytest.mark.parametrize("take_after", [[], [4]])
def test_a_customer_evicted_in_the_same_batch_stays_evicted(log: Log, take_after: list[int]) -> None:
    log.touchpoint(T0, "page.viewed")
    log.tick(T0 + 9 * DAY)
    log.touchpoint(T0 + 9 * DAY, "poison.page.viewed")
    poison = len(log.records) - 1
    assert _compacted(log, take_after, skip=None) == _compacted(log, take_after, skip=poison)


@pytest.mark.parametrize("take_after", [[], [5], [6], [5, 6]])
def test_records_before_an_activation_are_replayed_under_the_rules_of_their_time(
    log: Log, take_after: list[int]
) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(T0, "ivr.entered")
    log.rule(T0 + SECOND, SILENCE.replace("version: 1", "version: 2").replace("10m", "20m"))
    log.touchpoint(T0 + 2 * SECOND, "poison.flow.started", correlation_id="l")
    log.touchpoint(T0 + 3 * SECOND, "ivr.entered")
    poison = len(log.records) - 2
    assert _compacted(log, take_after, skip=None) == _compacted(log, take_after, skip=poison)


@pytest.mark.parametrize("take_after", [[], [6], [7]])
def test_outputs_do_not_depend_on_where_transactions_end(log: Log, take_after: list[int]) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(T0, "ivr.entered")
    log.rule(T0 + SECOND, SILENCE.replace("version: 1", "version: 2"))
    log.touchpoint(T0 + 2 * SECOND, "poison.queue.abandoned")
    log.touchpoint(T0 + 3 * SECOND, "ivr.entered")
    log.tick(T0 + HOUR)
    outcome = Outcome()
    for record in log.records:
        outcome.play([record])
        if record.offset in take_after:
            changes(outcome.partition)
    assert outcome.outputs == played(log).outputs


def test_poison_at_a_deadline_is_buried_and_the_deadline_is_gone(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    _poison_deadlines_of(monkeypatch, "c1")
    log.touchpoint(T0, "flow.started", "c1", correlation_id="k")
    log.touchpoint(T0, "flow.started", "c2", correlation_id="k")
    log.tick(DUE)
    outcome = played(log)
    assert [moment["customer_id"] for moment in outcome.moments] == ["c2"]
    assert [
        (letter["stage"], letter["reason"], letter["detail"], letter["key"], letter["value"], letter["failed_at"])
        for letter in outcome.letters
    ] == [("apply", "apply_error", "Poison in the core", b"c1", None, DUE)]
    assert (outcome.counters, outcome.partition.next_deadline()) == ({"in": 2, "accepted": 2}, None)


def test_a_deadline_buried_stays_gone_after_a_restore(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    _poison_deadlines_of(monkeypatch, "c1")
    log.touchpoint(T0, "flow.started", "c1", correlation_id="k")
    log.tick(DUE)
    outcome = restored(changes(played(log).partition))
    assert outcome.partition.next_deadline() is None


def test_a_poisoned_record_after_a_buried_deadline_leaves_it_gone(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    _poison_deadlines_of(monkeypatch, "c1")
    log.touchpoint(T0, "flow.started", "c1", correlation_id="k")
    log.touchpoint(DUE + SECOND, "poison.ivr.entered", "c1")
    log.touchpoint(DUE + 2 * SECOND, "ivr.entered", "c1")
    outcome = played(log)
    assert ([letter["stage"] for letter in outcome.letters], outcome.moments) == (["apply", "apply"], [])
    assert outcome.partition.next_deadline() is None


def test_two_failures_of_one_customer_have_ids_of_their_own(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    _poison_deadlines_of(monkeypatch, "c1")
    log.touchpoint(T0, "flow.started", "c1", correlation_id="k")
    log.touchpoint(T0 + SECOND, "flow.started", "c1", correlation_id="l")
    log.touchpoint(DUE + MINUTE, "poison.ivr.entered", "c1")
    ids = [dict(output.headers)["ce_id"] for output in played(log).of("touchpoints.dead")]
    assert (len(ids), len(set(ids))) == (3, 3)


# -- a rule that fails --------------------------------------------------------------------------


def test_a_rule_that_raises_is_off_for_the_record_and_the_others_go_on(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_windows(monkeypatch)
    log.rule(T0, HUNG_UP.replace("queue.abandoned", "ivr.entered").replace("id: ivr.entered", "id: zz.also"))
    log.touchpoint(T0, "ivr.entered")
    outcome = played(log)
    assert outcome.counters == {"in": 1, "accepted": 1, "rule_errors": 1}
    assert [moment["rule"] for moment in outcome.moments] == ["zz.also"]
    letter = outcome.letters[0]
    assert (letter["stage"], letter["reason"], letter["rule"]) == ("rule", "rule_error", "contact.repeated")
    assert letter["value"] == log.records[-1].value
    assert "ann" not in letter["detail"]
    assert outcome.verdicts == []


def test_two_rules_that_raise_at_one_record_make_two_letters_with_ids_of_their_own(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_windows(monkeypatch)
    log.rule(T0, REPEATED.replace("contact.repeated", "contact.third"))
    log.touchpoint(T0, "ivr.entered")
    outcome = played(log)
    assert [letter["rule"] for letter in outcome.letters] == ["contact.repeated", "contact.third"]
    assert len({dict(output.headers)["ce_id"] for output in outcome.of("touchpoints.dead")}) == 2


def _break_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*args: Any) -> Any:
        raise Poison("ann@example.org")

    monkeypatch.setattr(WindowListener, "step", raising)


def _poison_deadlines_of(monkeypatch: pytest.MonkeyPatch, victim: str) -> None:
    def raising(customer: Any, customer_id: str, *rest: Any) -> Any:
        effects = attend(customer, customer_id, *rest)
        if customer_id == victim:
            raise Poison
        return effects

    monkeypatch.setattr(journal, "attend", raising)


def _compacted(log: Log, take_after: list[int], skip: int | None) -> dict[bytes, bytes]:
    """The customers after the log, its changelog taken after some offsets, without one record if wanted.

    Where a record is skipped a tick stands for it: it carries the clock all the same.
    """
    outcome = Outcome()
    taken = []
    for record in log.records:
        if record.offset == skip:
            ticks = Log()
            ticks.tick(record.timestamp)
            record = ticks.records[0]._replace(offset=record.offset)
        outcome.play([record])
        if record.offset in take_after:
            taken.append(changes(outcome.partition))
    taken.append(changes(outcome.partition))
    return {key: value for key, value in compacted(*taken).items() if not key.startswith(b"\0")}
