"""Bytes that an older version wrote are read, and mean what they meant."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from streams.detection import DetectionState
from streams.detection.operators.automaton import Edge, Part, Question, State, automaton
from tests.detection.timeline import DAY, HOUR, START, Customer, rule

WRITTEN = {
    one["name"]: one
    for one in json.loads((Path(__file__).parent / "older" / "states.json").read_text(encoding="utf-8"))
}


def customer_of(name: str, body: str) -> Customer:
    """The customer whose state was written."""
    customer = Customer(rule(body, f"test.{name}"))
    customer.meets(0, "a1", "a", n=4, k="p", due=START + DAY).meets(HOUR // 2, "a2", "a", n=3, k="p", due=START + DAY)
    if name in ("promise", "cleared"):
        customer.meets(HOUR // 2 + 1, "b1", "b", k="p", n=9)
    elif name in ("habit", "silence"):
        customer.meets(DAY if name == "habit" else HOUR, "a3", "a", n=1, k="p")
    return customer


@pytest.mark.parametrize("name", WRITTEN)
def test_a_state_that_was_written_is_read_as_it_was(name: str) -> None:
    written = WRITTEN[name]
    state = msgspec.msgpack.decode(bytes.fromhex(written["state"]), type=DetectionState)
    assert state == customer_of(name, written["rule"]).state


def test_the_states_of_an_automaton_keep_their_numbers() -> None:
    take, guard = Question("take", 0), Question("guard", 1)
    loop = Part(least=2, most=None)
    absent = Part(negated="not_followed_by")
    assert automaton((loop, absent)) == (
        State("normal", 0, (Edge("take", 1, ((True, ((take, True),)),)),)),
        State(
            "normal",
            0,
            (
                Edge("take", 2, ((True, ((take, True),)),)),
                Edge("ignore", 1, ((False, ((take, True),)),)),
                Edge("proceed", 3, ((True, ((guard, True),)),)),
            ),
        ),
        State(
            "normal",
            0,
            (
                Edge("proceed", 4, ()),
                Edge("take", 2, ((True, ((take, True),)),)),
                Edge("proceed", 3, ((True, ((guard, True),)),)),
                Edge("ignore", 5, ((False, ((take, True),)),)),
            ),
        ),
        State("stop", 1, ()),
        State(
            "pending",
            1,
            (Edge("proceed", 3, ((True, ((guard, True),)),)), Edge("ignore", 4, ((False, ((guard, True),)),))),
        ),
        State(
            "normal",
            0,
            (
                Edge("take", 2, ((True, ((take, True),)),)),
                Edge("ignore", 5, ((False, ((take, True),)),)),
                Edge("proceed", 3, ((True, ((guard, True),)),)),
            ),
        ),
    )
