"""Changes while the stream runs: what holds from which record on, and what becomes of what was under way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.controls import ACTIVATE, PUBLISH, RETIRE, ROLL_BACK, SHADOW, activation
from streams.customer import apply as applying
from streams.customer import journal
from streams.customer.definitions import LONGEST_DRAIN_MS, MOST_DRAINS, VERSIONS_KEPT
from tests.customer.log import (
    DAY,
    HOUR,
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
FIRST_EVER = """
id: first.call
version: 1
title: First
description: The first call ever.
emotion: joyful
detect: {event: {type: ivr.entered}, first: true}
"""


def version(text: str, number: int, more: str = "") -> str:
    return text.replace("version: 1\n", f"version: {number}\n") + more


def change(log: Log, at: int, what: str, text: str) -> None:
    """A change of the rule in ``text``."""
    name, number = (text.partition(f"{word}: ")[2].partition("\n")[0] for word in ("id", "version"))
    kind = "policy" if "actions:" in text else "rule"
    log.control(at, activation(kind, name, int(number), text, what))


@pytest.fixture
def log() -> Log:
    """Under way at ``T0``: a flow that nobody has finished, under version 1."""
    made = Log()
    made.rule(T0, SILENCE)
    made.touchpoint(T0, "flow.started", correlation_id="k")
    return made


def fired(outcome: Outcome) -> list[tuple[int, int]]:
    """Version and seconds after ``T0`` of each moment detected."""
    found = [one for one in outcome.moments if one["phase"] == "detected"]
    return [(one["rule_version"], (one["detected_at"] - T0) // SECOND) for one in found]


def test_what_is_published_does_not_run(log: Log) -> None:
    change(log, T0, PUBLISH, version(SILENCE, 2))
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert fired(outcome) == [(1, 600), (1, 601)]
    assert sorted(outcome.partition.definitions.known_versions("rule", "flow.abandoned")) == [1, 2]


def test_what_began_before_a_change_ends_under_the_old_version_and_what_begins_after_it_under_the_new(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2))
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    assert fired(played(log)) == [(1, 600), (2, 601)]


def test_the_change_holds_from_its_record_on_and_not_from_its_time(log: Log) -> None:
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="l")
    change(log, T0 + SECOND, ACTIVATE, version(SILENCE, 2))
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    assert fired(played(log)) == [(1, 600), (1, 601), (2, 601)]


def test_what_drains_can_still_be_cancelled(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2))
    log.touchpoint(T0 + SECOND, "flow.completed", correlation_id="k")
    log.tick(DUE + HOUR)
    assert fired(played(log)) == []


def test_a_version_that_says_drop_drops_what_earlier_ones_have_under_way(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2, "on_change: drop\n"))
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert fired(outcome) == [(2, 601)]
    assert outcome.partition.next_deadline() is None


def test_what_a_version_dropped_stays_dropped_when_an_earlier_one_runs_again(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2, "on_change: drop\n"))
    change(log, T0, ROLL_BACK, SILENCE)
    log.tick(DUE + HOUR)
    assert fired(played(log)) == []


def test_a_roll_back_drops_what_the_version_it_takes_over_from_has_begun_and_not_what_drained(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2))
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    change(log, T0 + SECOND, ROLL_BACK, SILENCE)
    log.touchpoint(T0 + 2 * SECOND, "flow.started", correlation_id="n")
    log.tick(DUE + HOUR)
    assert fired(played(log)) == [(1, 600), (1, 602)]


def test_after_a_roll_back_new_matches_are_those_of_a_log_that_never_changed() -> None:
    def after(*, changed: bool) -> list[object]:
        log = Log()
        log.rule(T0, SILENCE, POLICY)
        if changed:
            change(log, T0, ACTIVATE, version(SILENCE, 2, "on_change: drop\n"))
            change(log, T0, ROLL_BACK, SILENCE)
        log.touchpoint(T0, "flow.started", event_id="a", correlation_id="k")
        log.touchpoint(T0 + SECOND, "flow.started", event_id="b", correlation_id="l")
        log.tick(DUE + HOUR)
        outcome = played(log)
        return [outcome.moments, outcome.decisions]

    assert after(changed=True) == after(changed=False)


def test_a_retired_rule_drops_what_it_has_under_way_and_detects_nothing(log: Log) -> None:
    change(log, T0, RETIRE, SILENCE)
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert fired(outcome) == []
    assert outcome.partition.snapshot().definitions == {}


def test_what_a_retired_rule_left_with_a_customer_is_pruned() -> None:
    log = Log()
    log.rule(T0, REPEATED)
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "ivr.entered")
    change(log, T0, RETIRE, REPEATED)
    log.tick(T0 + 9 * DAY)
    customer = played(log).partition.look("c1")
    assert customer is not None
    assert (customer.detection.rules, customer.detection.evidence) == ({}, {})


def test_a_retired_rule_that_is_activated_again_begins_with_empty_hands(log: Log) -> None:
    change(log, T0, RETIRE, SILENCE)
    change(log, T0, ACTIVATE, SILENCE)
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    assert fired(played(log)) == [(1, 601)]


def test_into_shadow_and_back_keeps_what_is_under_way_and_a_moment_has_the_mode_of_its_time(log: Log) -> None:
    change(log, T0, SHADOW, SILENCE)
    log.touchpoint(T0 + MINUTE, "flow.started", correlation_id="m")
    log.tick(DUE)
    change(log, DUE, ACTIVATE, SILENCE)
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert [(one["rule_version"], one["mode"]) for one in outcome.moments] == [(1, "shadow"), (1, "live")]


def test_another_rule_goes_on_as_if_nothing_had_changed() -> None:
    other = SILENCE.replace("flow.abandoned", "flow.other")
    before = Log()
    before.rule(T0, other)
    before.touchpoint(T0, "flow.started", correlation_id="k")
    change(before, T0, ACTIVATE, SILENCE)
    change(before, T0, ACTIVATE, version(SILENCE, 2, "on_change: drop\n"))
    change(before, T0, RETIRE, version(SILENCE, 2, "on_change: drop\n"))
    before.tick(DUE)
    assert [(one["rule"], one["detected_at"]) for one in played(before).moments] == [("flow.other", DUE)]


def test_a_count_that_began_before_the_change_is_completed_under_the_old_version_alone() -> None:
    log = Log()
    log.rule(T0, REPEATED.replace("cool_down: 30m\n", ""))
    log.touchpoint(T0, "ivr.entered")
    log.rule(T0, version(REPEATED.replace("cool_down: 30m\n", ""), 2))
    log.touchpoint(T0 + SECOND, "ivr.entered")
    log.touchpoint(T0 + 2 * HOUR, "ivr.entered")
    log.touchpoint(T0 + 2 * HOUR + SECOND, "ivr.entered")
    assert fired(played(log)) == [(1, 1), (2, 7201)]


def test_a_cool_down_is_the_rules_and_not_the_versions() -> None:
    log = Log()
    log.rule(T0, REPEATED)
    log.touchpoint(T0, "ivr.entered")
    log.touchpoint(T0, "ivr.entered")
    log.rule(T0, version(REPEATED, 2, "on_change: drop\n"))
    for after in (1, 2, 30 * 60):
        log.touchpoint(T0 + after * SECOND, "ivr.entered")
    assert fired(played(log)) == [(1, 0), (2, 1800)]


def test_what_drains_and_what_took_over_do_not_both_fire_within_a_cool_down() -> None:
    log = Log()
    log.rule(T0, REPEATED)
    log.touchpoint(T0, "ivr.entered")
    log.rule(T0, version(REPEATED, 2))
    for after in (1, 2, 3):
        log.touchpoint(T0 + after * SECOND, "ivr.entered")
    assert fired(played(log)) == [(1, 1)]


@pytest.mark.parametrize("way", [[version(FIRST_EVER, 2)], [version(FIRST_EVER, 2, "on_change: drop\n")]])
def test_what_happened_for_the_first_time_does_not_happen_for_the_first_time_again(way: list[str]) -> None:
    log = Log()
    log.rule(T0, FIRST_EVER)
    log.touchpoint(T0, "ivr.entered")
    log.rule(T0, *way)
    log.touchpoint(T0 + SECOND, "ivr.entered")
    log.tick(T0 + 20 * DAY)
    log.touchpoint(T0 + 20 * DAY, "ivr.entered")
    log.rule(T0 + 20 * DAY, version(FIRST_EVER, 3))
    log.touchpoint(T0 + 21 * DAY, "ivr.entered")
    log.touchpoint(T0 + 21 * DAY, "ivr.entered", "c2")
    assert [(one["customer_id"], one["rule_version"]) for one in played(log).moments] == [("c1", 1), ("c2", 3)]


def test_at_most_so_many_earlier_versions_drain_and_the_oldest_is_dropped(log: Log) -> None:
    for number in range(2, MOST_DRAINS + 3):
        change(log, T0, ACTIVATE, version(SILENCE, number))
        log.touchpoint(T0 + number * SECOND, "flow.started", correlation_id=f"k{number}")
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert fired(outcome) == [(number, 600 + number) for number in range(2, MOST_DRAINS + 3)]


def test_a_drain_that_never_ends_is_ended() -> None:
    log = Log()
    waiting = SILENCE.replace("silent_for: 10m", "silent_for: 200d")
    log.rule(T0, waiting)
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.rule(T0 + DAY, version(waiting, 2))
    assert played(log).partition.definitions.draining() == {"rule flow.abandoned": [1]}
    log.tick(T0 + DAY + LONGEST_DRAIN_MS + 9 * DAY)
    log.tick(T0 + 300 * DAY)
    outcome = played(log)
    assert (fired(outcome), outcome.partition.definitions.draining()) == ([], {})


def test_a_failed_record_is_undone_under_the_definitions_of_its_time(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(customer: object, touchpoint: dict[str, str], *rest: object) -> object:
        if touchpoint["type"] == "poison":
            raise ZeroDivisionError
        return applying(customer, touchpoint, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "apply", raising)
    change(log, T0, ACTIVATE, version(SILENCE, 2))
    log.touchpoint(T0 + SECOND, "flow.started", correlation_id="m")
    log.touchpoint(T0 + SECOND, "poison")
    log.tick(DUE + HOUR)
    assert fired(played(log)) == [(1, 600), (2, 601)]


BAD = [
    pytest.param(ACTIVATE, SILENCE.replace("Ten", "Twelve"), "v1 is known with another text", id="another text"),
    pytest.param(PUBLISH, SILENCE.replace("Ten", "Twelve"), "v1 is known with another text", id="published again"),
    pytest.param(ROLL_BACK, SILENCE.replace("Ten", "Twelve"), "v1 is known with another text", id="rolled back"),
    pytest.param(ROLL_BACK, version(SILENCE, 2), "v2 is not older than v1; activate it", id="forwards"),
    pytest.param(ACTIVATE, version(SILENCE, 2).replace("frust", "fr"), "2 (activation):6:10: ", id="unreadable"),
    pytest.param(SHADOW, version(SILENCE, 2).replace("frust", "fr"), "2 (activation):6:10: ", id="unreadable shadow"),
    pytest.param("unknown", version(SILENCE, 2), "change 'unknown' is unknown here", id="a change of later versions"),
]


@pytest.mark.parametrize(("what", "text", "reason"), BAD)
def test_what_cannot_be_taken_is_quarantined_and_the_old_version_runs_on(
    log: Log, what: str, text: str, reason: str
) -> None:
    change(log, T0 + SECOND, what, text)
    log.touchpoint(T0 + MINUTE, "flow.started", correlation_id="m")
    log.tick(DUE + HOUR)
    outcome = played(log)
    refused = outcome.partition.snapshot().quarantined["rule flow.abandoned"]
    assert (reason in refused.reason, refused.since) == (True, T0 + SECOND)
    assert [letter["reason"] for letter in outcome.letters] == ["bad_activation"]
    assert fired(outcome) == [(1, 600), (1, 660)]


def test_a_lower_version_comes_only_by_a_roll_back(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2))
    change(log, T0, ACTIVATE, SILENCE)
    assert played(log).partition.snapshot().definitions == {"rule flow.abandoned": 2}
    change(log, T0, ROLL_BACK, SILENCE)
    assert played(log).partition.snapshot().definitions == {"rule flow.abandoned": 1}


def test_a_quarantine_is_lifted_by_a_good_version_and_holds_over_a_restore_until_then(log: Log) -> None:
    change(log, T0, ACTIVATE, version(SILENCE, 2).replace("frust", "fr"))
    outcome = restored(changes(played(log).partition))
    assert list(outcome.partition.snapshot().quarantined) == ["rule flow.abandoned"]
    change(log, T0, ACTIVATE, version(SILENCE, 3))
    assert outcome.play(log.records[-1:]).partition.snapshot().quarantined == {}


def test_so_many_versions_are_kept_and_the_running_one_in_any_case(log: Log) -> None:
    for number in range(2, VERSIONS_KEPT + 5):
        change(log, T0, PUBLISH, version(SILENCE, number))
    outcome = played(log)
    kept = [1, *range(5, VERSIONS_KEPT + 5)]
    assert sorted(outcome.partition.definitions.known_versions("rule", "flow.abandoned")) == kept
    again = restored(compacted(changes(outcome.partition)).items())
    assert sorted(again.partition.definitions.known_versions("rule", "flow.abandoned")) == kept


def test_a_policy_is_retired_and_then_nobody_is_contacted(log: Log) -> None:
    log.rule(T0, POLICY)
    change(log, T0, RETIRE, POLICY)
    log.tick(DUE)
    assert [(one["reason"], one["policy"]) for one in played(log).decisions] == [("no_action", "none")]


def test_another_policy_takes_over_from_the_one_that_ran_also_after_a_restore(log: Log) -> None:
    log.rule(T0, POLICY, POLICY.replace("id: outreach", "id: a_policy"))
    outcome = restored(compacted(changes(played(log).partition)).items())
    assert outcome.partition.definitions.policy.id == "a_policy"
    assert outcome.partition.snapshot().definitions == {"policy a_policy": 1, "rule flow.abandoned": 1}


def test_a_definition_of_before_there_were_changes_is_restored_as_it_was() -> None:
    log = Log()
    log.rule(T0, SILENCE)
    changelog = compacted(changes(played(log).partition))
    key = b"\0definition\0rule\0flow.abandoned"
    fields = msgspec.msgpack.decode(changelog[key][1:])
    old = {name: fields[name] for name in ("kind", "id", "version", "text", "digest")}
    outcome = restored([(key, b"\x01" + msgspec.msgpack.encode(old))])
    assert outcome.partition.definitions.versions() == {"rule flow.abandoned": 1}
    assert sorted(outcome.partition.definitions.known_versions("rule", "flow.abandoned")) == [1]


RULES = [SILENCE, REPEATED, FIRST_EVER]
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("touchpoint"),
            st.sampled_from(["flow.started", "flow.completed", "ivr.entered", "ivr.entered"]),
            st.sampled_from(["c1", "c2"]),
            st.sampled_from([0, 1, 30, 400, 1_500]),
        ),
        st.tuples(
            st.sampled_from([PUBLISH, ACTIVATE, ACTIVATE, SHADOW, RETIRE, ROLL_BACK]),
            st.integers(0, len(RULES) - 1),
            st.integers(1, 4),
            st.booleans(),
        ),
        st.tuples(st.just("tick"), st.sampled_from([600, 86_400, 9 * 86_400]), st.just(0), st.just(0)),
    ),
    max_size=30,
)


def written(plan: list[tuple[object, ...]]) -> Log:
    """A log of changes and touchpoints."""
    log, at = Log(), T0
    log.rule(T0, *RULES, POLICY)
    for kind, one, two, three in plan:
        if kind == "touchpoint":
            at += int(str(three)) * SECOND
            log.touchpoint(at, str(one), str(two), correlation_id="k")
        elif kind == "tick":
            at += int(str(one)) * SECOND
            log.tick(at)
        else:
            more = "on_change: drop\n" if int(str(two)) % 2 and int(str(two)) > 1 else ""
            change(log, at, str(kind), version(RULES[int(str(one))], int(str(two)), more))
    log.tick(at + 20 * DAY)
    return log


@settings(max_examples=150, deadline=None)
@given(steps, st.sets(st.integers(0, 34)), st.sets(st.integers(0, 34)))
def test_any_changes_among_any_touchpoints_give_the_same_bytes_whether_restored_midway_or_not(
    plan: list[tuple[object, ...]], taken: set[int], stopped: set[int]
) -> None:
    log = written(plan)
    whole, parted = Outcome(), Outcome()
    kept: dict[bytes, bytes] = {}
    kept_whole: dict[bytes, bytes] = {}
    for place, record in enumerate(log.records):
        whole.play([record])
        parted.play([record])
        if place in taken or place in stopped:
            kept_whole = compacted(kept_whole.items(), changes(whole.partition))
            kept = compacted(kept.items(), changes(parted.partition))
        if place in stopped:
            before = parted.outputs
            parted = restored(kept.items())
            parted.outputs = before
    kept_whole = compacted(kept_whole.items(), changes(whole.partition))
    kept = compacted(kept.items(), changes(parted.partition))
    assert parted.outputs == whole.outputs
    assert kept == kept_whole
