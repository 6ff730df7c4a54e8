"""What holds of every operator: replays, references, moment ids, bounds, and bytes of older versions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection import DetectionState, Detector, Firing, Rule
from streams.detection.detect_reader import OPERATORS
from streams.detection.emotions import parse_emotions
from streams.detection.feelings import Feelings
from streams.detection.state import references
from tests.detection.timeline import START, ids, rule, touchpoint

OWN = ("silence", "habit", "levels", "ratio")
"""What is the customer's own: without ``by``."""
EMOTIONS = parse_emotions(
    "{id: emotions, version: 1, most: 9, resolved: 0.5, half_lives: {vulnerable: 1s, anxious: 1s, joyful: 1s,"
    " stressed: 1s, neglected: 1s, frustrated: 1s}, moments: {frustrated: {frustrated: 1, stressed: 0.2}},"
    " touchpoints: [{event: {type: x}, moves: {frustrated: -1.5}}]}",
    "emotions.yaml",
)
STEPS = (
    "start: {type: a}; not_followed_by: {type: x}; followed_by_any: {type: b}; followed_by: {type: c}, optional: true"
)
BODIES = {
    "event": "{event: {type: a}, first: true}",
    "count": "{count: {type: a}, at_least: 2, within: 9ms, unless: {type: x}}",
    "distinct": "{distinct: v, of: {type: [a, b]}, at_least: 2, within: 9ms, unless: {event: {type: x}, same: []}}",
    "days": "{days: {type: a}, at_least: 2, within: 20ms, unless: {type: b}}",
    "sum": "{sum: v, of: {type: a}, at_least: 4, within: 9ms, unless: {type: x}}",
    "mean": "{mean: v, of: {type: a}, at_most: 2, count_at_least: 2, within: 9ms}",
    "falling": "{falling: v, of: {type: a}, in_a_row: 2, within: 30ms}",
    "rising": "{rising: v, of: {type: [a, b]}, in_a_row: 3, within: 30ms}",
    "baseline": "{baseline: v, of: {type: a}, last: 2, more_than: 10%, within: 30ms}",
    "burst": "{burst: {type: [a, b]}, at_least: 2, gap: 4ms, same: v}",
    "score": "{score: [{event: {type: a}, weight: 2}, {event: {type: x}, weight: -1}], half_life: 1s, above: 3}",
    "promise": "{promise: {type: a}, due: due, at_most: 50ms, kept_by: {type: b}, changed_by: {type: c},"
    " cancelled_by: {type: x}, level: [below, minimum, met], tolerance: 3ms, at_least: 2, within: 40ms}",
    "silence": "{silence: {type: [a, b]}, times: 2, gaps: 2, visit: 2ms, at_most: 30ms}",
    "levels": "{levels: [frustrated, stressed], above: 2.5, again_below: 2}",
    "ratio": "{ratio: {type: a}, to: {type: [b, c]}, above: 1.5, at_least: 2, within: 9ms}",
    "either": "{either: [{count: {type: a}, at_least: 2, within: 9ms}, {sequence: [{start: {type: a}}, {silent_for:"
    " 5ms}], cancelled_by: {type: x}}, {event: {type: a, v: 2}}, {sequence: [{start: {type: a}}, {followed_by:"
    " {type: b}}], within: 9ms, skip: no_skip}]}",
    "habit": "{habit: {type: [a, c]}, at_least: 2, within: 3d, stopped_for: 9ms}",
    "sequence": "{sequence: [{start: {type: a}}, {not_followed_by: {type: b}, for: 5ms, repeat: 3}]}",
}
PATTERNS = {
    "any": (STEPS, "within: 12ms, skip: no_skip, report: both"),
    "loop": (
        "start: {type: a}, times: {at_least: 1}, combinations: true; followed_by: {type: b}; "
        "not_followed_by: {type: x}",
        "within: 9ms, skip: {skip_to_last: start}",
    ),
    "before": (
        "not_before: {type: a}, for: 6ms; start: {type: b}; not_next: {type: x}; followed_by: {type: c}",
        "within: 9ms, every: whole",
    ),
    "once": ("start: {type: a}, name: one; followed_by: {type: b, v|gt: {last: one}}", "within: 9ms, every: once"),
    "middle": (
        "start: {type: a}; not_followed_by: {type: x}, for: 3ms; followed_by: {type: b}",
        "within: 20ms, skip: skip_to_next",
    ),
}


def listed(steps: str) -> str:
    return ", ".join(f"{{{step.strip()}}}" for step in steps.split(";"))


def rules() -> list[Rule]:
    made = []
    for name, body in BODIES.items():
        by = "" if name in OWN else "by: [k]\n"
        made.append(rule(f"detect: {body}\n{by}keep: [v]\n", f"every.{name}"))
        if name not in (*OWN, "event"):
            made.append(rule(f"detect: {body}\nlate: {'ignore' if name != 'burst' else 'apply'}\n", f"other.{name}"))
    for name, (steps, more) in PATTERNS.items():
        body = f"detect: {{sequence: [{listed(steps)}], {more}}}\nby: [k]\nlate: "
        made += [rule(f"{body}{late}\n", f"{late}.{name}") for late in ("ignore", "apply")]
    made.append(rule("detect: {habit: {type: [a, c]}, at_least: 2, within: 3d, resumed_after: 9ms}\n", "every.resumed"))
    heard = "{type: moment.detected, rule: [every.event, every.count, any.late]}"
    made.append(rule(f"detect: {{count: {heard}, at_least: 2, within: 9ms}}\n", "heard.count"))
    steps = f"[{{start: {heard}}}, {{silent_for: 4ms}}]"
    made.append(rule(f"detect: {{sequence: {steps}, cancelled_by: {{type: x}}}}\nlate: apply\n", "heard.sequence"))
    return made


DETECTOR = Detector(rules(), late_grace_ms=3, allowed_lateness_ms=10)

logs = st.lists(
    st.tuples(
        st.sampled_from([-4, -1, 0, 0, 1, 1, 2, 5, 12, 86_400_000]),
        st.sampled_from("aaabbcx"),
        st.sampled_from(["p", "q", None]),
        st.sampled_from([1, 2, 3, 2.5, None, "2"]),
        st.integers(0, 12),
    ),
    max_size=25,
)


def play(log: list[Any], keep: Any) -> tuple[list[Any], list[bytes]]:
    """Run a log; ``keep`` is done to the state after every step."""
    state, levels = DetectionState(), None
    found: list[Any] = []
    states: list[bytes] = []
    clock = at = 0
    for number, (change, kind, key, value, ahead) in enumerate(log):
        at = max(at + change, clock - 8, 0)
        clock = max(clock, at)
        arriving = touchpoint(at, f"e{number}", kind, k=key, v=value, due=START + at + ahead)
        feelings = Feelings(DETECTOR, state, EMOTIONS, levels)
        found += feelings.deadlines("c", True, START + clock)
        found += feelings.touchpoint(arriving, EMOTIONS.moves_of(arriving), START + clock)
        reports = DETECTOR.on_touchpoint(state, arriving, START + clock)
        found += feelings.follow(reports, "c", True, START + clock)
        state, levels = keep(state), feelings.levels
        states.append(msgspec.msgpack.encode(state) + msgspec.msgpack.encode(levels))
    found += Feelings(DETECTOR, state, EMOTIONS, levels).deadlines("c", True, START + clock + 10**9)
    states.append(msgspec.msgpack.encode(keep(state)))
    return [shown(report) for report in found], states


def shown(report: Any) -> tuple[Any, ...]:
    assert isinstance(report, Firing), report
    return report.rule.id, report.moment_id, report.detected_at, ids(report), list(report.context.items())


def through_bytes(state: DetectionState) -> DetectionState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=DetectionState)


def test_every_operator_takes_part() -> None:
    assert sorted(BODIES) == sorted(OPERATORS)


@settings(max_examples=250, deadline=None)
@given(logs)
def test_a_run_that_stops_after_every_step_is_the_run_that_does_not(log: list[Any]) -> None:
    assert play(log, through_bytes) == play(log, lambda state: state)


@settings(max_examples=250, deadline=None)
@given(logs)
def test_no_moment_id_comes_twice(log: list[Any]) -> None:
    found, _ = play(log, lambda state: state)
    moments = [(rule_id, moment) for rule_id, moment, *_ in found]
    assert sorted(moments) == sorted(set(moments))


@settings(max_examples=250, deadline=None)
@given(logs)
def test_every_reference_is_held_and_every_holder_refers(log: list[Any]) -> None:
    def checked(state: DetectionState) -> DetectionState:
        holders = [ref for known in state.rules.values() for ref in references(known.memory)]
        assert {ref: item.held for ref, item in state.evidence.items()} == {ref: holders.count(ref) for ref in holders}
        dues = [known.due for known in state.rules.values() if known.due is not None]
        assert state.due == min(dues, default=None)
        return state

    play(log, checked)


@settings(max_examples=100, deadline=None)
@given(logs)
def test_pruning_changes_no_firing_of_what_comes_in_order(log: list[Any]) -> None:
    log = [(max(change, 0), *rest) for change, *rest in log]
    clock = START

    def pruned(state: DetectionState) -> DetectionState:
        # The customer's newest touchpoint is the least that the clock can be.
        nonlocal clock
        clock = max([clock, *(item.occurred_at for item in state.evidence.values())])
        state.prune(clock)
        return state

    assert play(log, pruned)[0] == play(log, lambda state: state)[0]


@pytest.mark.parametrize("name", sorted({one.id for one in rules()}))
def test_no_operator_grows_without_a_bound(name: str) -> None:
    chosen = next(one for one in rules() if one.id == name)
    detector, state = Detector([chosen]), DetectionState()
    sizes = []
    for number in range(1_200):
        kind = "aaabbcx"[number * 5 % 7]
        arriving = touchpoint(number, f"{number:06}", kind, k=number % 170, v=number % 6, due=START + number + 40)
        detector.on_deadline(state, START + number)
        reports = detector.on_touchpoint(state, arriving, START + number)
        Feelings(detector, state, EMOTIONS, None).follow(reports, "c", True, START + number)
        if number % 400 == 399:
            sizes.append(len(msgspec.msgpack.encode(state)))
    assert sizes[2] <= sizes[1] * 1.1 + 200
