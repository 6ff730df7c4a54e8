"""What holds of every operator once its rule was replaced: it ends what it has begun, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection import DetectionState, Detector, Draining, Firing, Rule
from streams.detection.state import references
from tests.detection.test_every_operator import logs, rules, through_bytes
from tests.detection.timeline import SECOND, START, rule, touchpoint

GRACE: dict[str, Any] = {"late_grace_ms": 3, "allowed_lateness_ms": 10}
OLD = [one for one in rules() if not one.id.startswith("heard.") and "level" not in one.id]
NEW = [replace(one, version=2) for one in OLD]
BEFORE = Detector(OLD, **GRACE)
AFTER = Detector(NEW, **GRACE, eras={one.id: 1 for one in NEW}, draining=[Draining(one, 0) for one in OLD])
END = 10**12


def play(
    log: list[Any], change_at: int, keep: Any = lambda state: state, after: Detector = AFTER
) -> tuple[list[Firing], DetectionState]:
    """Run a log, the rules being replaced before the touchpoint of that number."""
    found: list[Any] = []
    state, clock, at = DetectionState(), 0, 0
    detector = BEFORE
    for number, (change, kind, key, value, ahead) in enumerate(log):
        if number == change_at:
            detector = after
        at = max(at + change, clock - 8, 0)
        clock = max(clock, at)
        arriving = touchpoint(at, f"{number}", kind, k=key, v=value, due=START + at + ahead)
        found += detector.on_deadline(state, START + clock)
        found += detector.on_touchpoint(state, arriving, START + clock)
        state = keep(state)
    found += after.on_deadline(state, START + clock + END)
    for report in found:
        assert isinstance(report, Firing), report
    return found, state


def arrived(firing: Firing) -> list[int]:
    """Numbers of the touchpoints that a firing rests on."""
    return [int(evidence.event_id) for evidence in firing.evidence]


@settings(max_examples=200, deadline=None)
@given(logs, st.integers(0, 25))
def test_an_old_version_fires_only_on_what_began_before_and_a_new_one_only_on_what_came_after(
    log: list[Any], change_at: int
) -> None:
    for firing in play(log, change_at)[0]:
        if firing.rule.version == 2:
            assert min(arrived(firing)) >= change_at
        else:
            assert min(arrived(firing)) < change_at


@settings(max_examples=150, deadline=None)
@given(logs, st.integers(0, 25))
def test_a_change_runs_the_same_through_bytes(log: list[Any], change_at: int) -> None:
    whole, parted = play(log, change_at), play(log, change_at, through_bytes)
    assert [(one.moment_id, one.detected_at) for one in whole[0]] == [
        (one.moment_id, one.detected_at) for one in parted[0]
    ]
    assert msgspec.msgpack.encode(whole[1]) == msgspec.msgpack.encode(parted[1])


@settings(max_examples=150, deadline=None)
@given(logs, st.integers(0, 25))
def test_every_reference_is_held_across_a_change_and_pruning_leaves_nothing_of_a_version_that_is_gone(
    log: list[Any], change_at: int
) -> None:
    def checked(state: DetectionState) -> DetectionState:
        holders = [ref for known in state.rules.values() for ref in references(known.memory)]
        assert {ref: item.held for ref, item in state.evidence.items()} == {ref: holders.count(ref) for ref in holders}
        dues = [known.due for known in state.rules.values() if known.due is not None]
        assert state.due == min(dues, default=None)
        return state

    _, state = play(log, change_at, checked)
    Detector(NEW, **GRACE, eras={one.id: 1 for one in NEW}).prune(state, START + END)
    checked(state)
    assert [slot for slot in state.rules if not slot.endswith("@1")] == []


@settings(max_examples=100, deadline=None)
@given(logs, st.integers(0, 25))
def test_a_change_of_all_rules_but_one_leaves_that_ones_firings_as_they_are(log: list[Any], change_at: int) -> None:
    def of(found: list[Firing]) -> list[tuple[str, int]]:
        return [(one.moment_id, one.detected_at) for one in found if one.rule.id == "every.count"]

    stays = next(one for one in OLD if one.id == "every.count")
    others = [one for one in NEW if one.id != stays.id]
    draining = [Draining(one, 0) for one in OLD if one.id != stays.id]
    mixed = Detector([stays, *others], **GRACE, eras={one.id: 1 for one in others}, draining=draining)
    assert of(play(log, change_at, after=mixed)[0]) == of(play(log, change_at, after=BEFORE)[0])


def test_the_old_versions_firing_comes_before_the_new_ones_at_the_same_touchpoint() -> None:
    old = rule("detect: {count: {type: a}, at_least: 2, within: 9s}\n")
    new = replace(rule("detect: {event: {type: a}}\n"), version=2)
    state = DetectionState()
    Detector([old]).on_touchpoint(state, touchpoint(0, "0", "a"), START)
    after = Detector([new], eras={new.id: 1}, draining=[Draining(old, 0)])
    reports = after.on_touchpoint(state, touchpoint(SECOND, "1", "a"), START + SECOND)
    assert [(one.rule.version, arrived(one)) for one in reports] == [(1, [0, 1]), (2, [1])]  # type: ignore[union-attr,arg-type]


def test_what_drains_costs_a_customer_nothing_once_it_has_ended() -> None:
    old: Rule = rule("detect: {count: {type: a}, at_least: 3, within: 9s}\nlate: ignore\n")
    new = replace(old, version=2)
    state = DetectionState()
    Detector([old]).on_touchpoint(state, touchpoint(0, "0", "a"), START)
    after = Detector([new], eras={new.id: 1}, draining=[Draining(old, 0)])
    for number in range(1, 4):
        after.on_touchpoint(state, touchpoint(number * 8 * SECOND, str(number), "a"), START + number * 8 * SECOND)
    assert sorted(state.rules) == ["test.rule@1"]
