"""What detection remembers: small, bounded, and gone when it no longer counts."""

from __future__ import annotations

import msgspec
import pytest

from streams.catalogue import load_catalogue
from streams.detection import DetectionState, parse_rule
from streams.detection.memory import UNKNOWN_MS
from streams.detection.state import MAX_COOL_DOWNS
from tests.detection.timeline import DAY, HOUR, MINUTE, START, Customer, rule

COUNT = "detect: {count: {type: t}, at_least: 2, within: 1d}\n"
SEQUENCE = "detect:\n  sequence:\n    - start: {type: t}\n    - followed_by: {type: u}\n  within: 1h\n"
ABSENCE = "detect:\n  sequence:\n    - start: {type: t}\n    - silent_for: 1h\n  cancelled_by: {type: u}\n"


def shipped_rules_customer() -> Customer:
    return Customer(*(parse_rule(text, name) for name, text in load_catalogue()))


def call(customer: Customer, number: int, at: int) -> None:
    """A bank customer's call as the importer publishes it: menu, queue, agent."""
    correlation_id = f"990104-AA010{number}-3312{number}"
    about = {
        "source": "bank-call-centre",
        "customer_id": "27997683",
        "correlation_id": correlation_id,
        "skill": "PS",
        "priority": 2,
    }
    for step, (after, kind, channel, more) in enumerate(
        [
            (0, "ivr.entered", "ivr", {}),
            (6_000, "ivr.exited", "ivr", {}),
            (6_000, "queue.entered", "voice", {}),
            (23_000, "agent.connected", "voice", {"agent": "MICHAL", "wait_seconds": 17}),
            (77_000, "agent.ended", "voice", {"agent": "MICHAL"}),
        ],
        1,
    ):
        customer.meets(at + after, f"{correlation_id}-{step}", kind, channel=channel, **about, **more)


def test_an_empty_state_is_five_bytes() -> None:
    assert len(msgspec.msgpack.encode(DetectionState())) == 5


def test_a_customer_with_two_calls_needs_at_most_450_bytes_under_the_shipped_rules() -> None:
    customer = shipped_rules_customer()
    call(customer, 1, 0)
    call(customer, 2, 2 * DAY)
    assert customer.size <= 450


def test_a_caller_who_is_not_identified_needs_nothing_a_month_after() -> None:
    customer = shipped_rules_customer()
    for kind in ("ivr.entered", "queue.entered", "agent.connected", "agent.ended"):
        customer.meets(0, kind, kind, identified=False, correlation_id="c", skill="PS", agent="A", wait_seconds=9)
    customer.state.prune(customer.clock + UNKNOWN_MS)
    assert customer.size == 5


@pytest.mark.parametrize(
    "detect",
    [
        "{event: {type: t}, first: true}",
        "{silence: {type: t}, times: 3, at_most: 60d}",
        "{habit: {type: t}, at_least: 2, within: 7d, resumed_after: 30d}",
        "{sequence: [{not_before: {type: t}, for: 9d}, {start: {type: t}}], every: whole}",
    ],
)
@pytest.mark.parametrize(("identified", "is_idle"), [(True, False), (False, True)])
def test_what_counts_forever_counts_a_month_for_a_stand_in_id(detect: str, identified: bool, is_idle: bool) -> None:
    state = Customer(rule(f"detect: {detect}\n")).meets(0, "a", "t", identified=identified).state
    idle = [state.is_idle(START + UNKNOWN_MS - 1), state.is_idle(START + UNKNOWN_MS)]
    assert idle == [False, is_idle]


def test_a_state_reads_back_as_it_was() -> None:
    customer = Customer(rule(COUNT + "by: [x]\ncool_down: 1d\nkeep: [y]\n", "test.a"), rule(ABSENCE, "test.b"))
    customer.meets(0, "a", "t", x=1, y=2.5).meets(1, "b", "t", x=1, y=None)
    data = msgspec.msgpack.encode(customer.state)
    assert msgspec.msgpack.decode(data, type=DetectionState) == customer.state


def test_a_new_state_is_idle() -> None:
    assert DetectionState().is_idle(START)


def test_a_window_is_idle_once_no_late_touchpoint_can_meet_its_entries() -> None:
    customer = Customer(rule(COUNT), allowed_lateness_ms=HOUR).meets(0, "a", "t").meets(MINUTE, "b", "x")
    over = START + DAY + HOUR
    assert (customer.state.is_idle(over - 1), customer.state.is_idle(over)) == (False, True)


def test_a_partial_match_is_idle_once_its_time_is_over() -> None:
    state = Customer(rule(SEQUENCE)).meets(0, "a", "t").state
    assert (state.is_idle(START + HOUR - 1), state.is_idle(START + HOUR)) == (False, True)


def test_a_deadline_is_never_idle() -> None:
    state = Customer(rule(ABSENCE)).meets(0, "a", "t").state
    assert not state.is_idle(START + 100 * DAY)


def test_a_cool_down_is_idle_once_it_ends() -> None:
    state = Customer(rule("detect: {event: {type: t}}\ncool_down: 1h")).meets(0, "a", "t").state
    assert (state.is_idle(START + HOUR - 1), state.is_idle(START + HOUR)) == (False, True)


def test_pruning_drops_what_is_idle_and_keeps_the_rest() -> None:
    customer = Customer(
        rule(COUNT, "test.count"),
        rule(SEQUENCE, "test.sequence"),
        rule(ABSENCE.replace("1h", "30d"), "test.absence"),
        allowed_lateness_ms=0,
    ).meets(0, "a", "t")
    customer.state.prune(START + DAY - 1)
    first = sorted(customer.state.rules)
    customer.state.prune(START + DAY)
    assert (first, sorted(customer.state.rules)) == (["test.absence", "test.count"], ["test.absence"])


def test_pruning_lets_go_of_the_evidence() -> None:
    customer = Customer(rule(COUNT), allowed_lateness_ms=0).meets(0, "a", "t")
    customer.state.prune(START + DAY)
    assert customer.size == 5


def test_pruning_changes_no_later_firing() -> None:
    def fired(pruned: bool) -> list[tuple[int, str]]:
        customer = Customer(rule(COUNT + "cool_down: 1h\n", "test.a"), rule(ABSENCE, "test.b"), allowed_lateness_ms=0)
        for number in range(30):
            customer.meets(number * 7 * HOUR, f"e{number}", "t")
            if pruned:
                customer.state.prune(customer.clock)
        return customer.fired

    assert fired(pruned=True) == fired(pruned=False)


def test_cool_downs_are_capped_and_overflow_counted() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\nby: [x]\ncool_down: 1d"))
    for number in range(MAX_COOL_DOWNS + 1):
        customer.meets(number, f"e{number}", "t", x=number)
    assert (len(customer.state.rules["test.rule"].cool), customer.state.overflow) == (MAX_COOL_DOWNS, 1)


def test_cool_downs_that_ended_leave_with_the_next_firing() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\nby: [x]\ncool_down: 1h"))
    customer.meets(0, "a", "t", x=1).meets(HOUR, "b", "t", x=2)
    assert list(customer.state.rules["test.rule"].cool) == ["\0002"]


def test_references_begin_anew_when_nothing_is_remembered() -> None:
    customer = Customer(rule(SEQUENCE))
    customer.meets(0, "a", "t").meets(1, "b", "u").meets(2, "c", "t")
    assert list(customer.state.evidence) == [0]


def test_no_operator_grows_without_a_bound() -> None:
    body = SEQUENCE.replace("within: 1h", "within: 300d\n  progress: {type: p}") + "by: [x]\n"
    customer = Customer(rule(COUNT + "by: [x]\ncool_down: 1d\n", "test.a"), rule(body, "test.b"))
    sizes = []
    for number in range(3_000):
        customer.meets(number, f"{number:06}", "t" if number % 3 else "p", x=number % 600)
        if number % 1_000 == 999:
            sizes.append(customer.size)
    assert sizes[2] <= sizes[1] * 1.02


def test_pruning_drops_cool_downs_that_have_ended() -> None:
    customer = Customer(rule(COUNT + "by: [x]\ncool_down: 1h\n"))
    for number, key in enumerate("aabb"):
        customer.meets(number * 10 * MINUTE, str(number), "t", x=key)
    known = customer.state.rules["test.rule"]
    ends = dict(known.cool)
    customer.state.prune(START + 70 * MINUTE)
    assert (ends, known.cool) == ({"a": START + 70 * MINUTE, "b": START + 90 * MINUTE}, {"b": START + 90 * MINUTE})
