"""The same log gives the same bytes: in one run, in pieces, in another process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.catalogue import load_catalogue
from streams.detection import DetectionState, Detector, Firing, parse_rule
from streams.detection.state import references
from tests.detection.timeline import DAY, HOUR, MINUTE, START, ids, rule, touchpoint

TYPES = (
    *("ivr.entered", "chat.started", "queue.abandoned", "agent.connected", "ivr.abandoned"),
    *("flow.started", "flow.step", "flow.completed", "case.transferred", "page.viewed"),
)
NEXT = "detect:\n  sequence:\n    - start: {type: flow.started}\n    - next: {type: flow.step}\n  within: 1d\n"


DETECTOR = Detector([*(parse_rule(text, name) for name, text in load_catalogue()), rule(NEXT)])


steps = st.lists(
    st.tuples(
        st.sampled_from([-5 * DAY, -HOUR, -1, 0, 0, 1, MINUTE, 31 * MINUTE, HOUR, DAY, 3 * DAY]),
        st.sampled_from(TYPES),
        st.sampled_from(["c1", "c2", None]),
        st.fixed_dictionaries(
            {},
            optional={
                "wait_seconds": st.sampled_from([0, 5, 301, 300.5, "9", True]),
                "agent": st.sampled_from(["A", "B", "C"]),
                "case_id": st.sampled_from(["k", 5, 5.0]),
                "skill": st.sampled_from(["PS", "NE"]),
                "step": st.sampled_from(["one", "two"]),
            },
        ),
        st.booleans(),
    ),
    max_size=40,
)


def play(log: list[Any], keep: Callable[[DetectionState], DetectionState]) -> tuple[list[Any], list[bytes]]:
    """Run a log; ``keep`` is done to the state after every step. Shown: firings and the state's bytes."""
    detector, state = DETECTOR, DetectionState()
    found: list[Any] = []
    states: list[bytes] = []
    clock = at = 0
    for number, (change, kind, correlation_id, properties, identified) in enumerate(log):
        at = max(at + change, 0)
        clock = max(clock, at)
        arriving = touchpoint(
            at, f"e{number}", kind, correlation_id=correlation_id, identified=identified, **properties
        )
        reports = detector.on_deadline(state, START + clock)
        reports += detector.on_touchpoint(state, arriving, START + clock)
        found += [shown(report) for report in reports]
        state = keep(state)
        states.append(msgspec.msgpack.encode(state))
    found += [shown(report) for report in detector.on_deadline(state, START + clock + 30 * DAY)]
    return found, states


def shown(report: Any) -> tuple[Any, ...]:
    assert isinstance(report, Firing)
    return report.rule.id, report.moment_id, report.detected_at, ids(report), list(report.context.items())


def through_bytes(state: DetectionState) -> DetectionState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=DetectionState)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_a_run_that_stops_after_every_step_is_the_run_that_does_not(log: list[Any]) -> None:
    assert play(log, through_bytes) == play(log, lambda state: state)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_no_moment_id_comes_twice(log: list[Any]) -> None:
    found, _ = play(log, lambda state: state)
    moments = [moment for _, moment, *_ in found]
    assert len(moments) == len(set(moments))


@settings(max_examples=200, deadline=None)
@given(steps)
def test_every_reference_is_held_and_every_holder_refers(log: list[Any]) -> None:
    def checked(state: DetectionState) -> DetectionState:
        holders: list[int] = []
        for known in state.rules.values():
            holders += references(known.memory)
        assert {ref: item.held for ref, item in state.evidence.items()} == {ref: holders.count(ref) for ref in holders}
        assert list(state.evidence) == sorted(state.evidence)
        dues = [known.due for known in state.rules.values() if known.due is not None]
        assert state.due == min(dues, default=None)
        return state

    play(log, checked)


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_hash_seed_of_the_process_changes_no_byte(seed: str) -> None:
    program = "from tests.detection.test_replay import digest; print(digest())"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.strip() == digest()


def digest() -> str:
    """A digest of firings and states over a fixed log."""
    log = [
        (
            (0, MINUTE, HOUR, -30 * MINUTE, DAY)[number % 5],
            TYPES[number * 7 % len(TYPES)],
            f"c{number % 3}",
            {"wait_seconds": number % 400, "agent": f"A{number % 4}", "case_id": number % 2, "skill": "PS"},
            number % 7 != 0,
        )
        for number in range(400)
    ]
    found, states = play(log, lambda state: state)
    return hashlib.sha256(repr((found, states)).encode()).hexdigest()
