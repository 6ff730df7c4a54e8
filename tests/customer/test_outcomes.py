"""How each record ends: accepted, duplicate, late, dead or dropped, with reason, verdict and dead letter."""

from __future__ import annotations

import pytest

from schemas import headers
from streams.customer import partition_of
from tests.customer.log import CODEC, DAY, HOUR, SECOND, T0, Log, Outcome, played, touchpoint

ALLOWED_LATENESS = 7 * DAY


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_readable_new_touchpoint_is_accepted_even_if_no_rule_listens(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    outcome = played(log)
    assert (outcome.counters, outcome.outputs) == ({"in": 1, "accepted": 1}, [])


# -- duplicate ----------------------------------------------------------------------------------


def test_the_same_event_again_is_a_duplicate_with_a_verdict(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7", correlation_id="k", price=2.5)
    log.touchpoint(T0 + SECOND, "page.viewed", event_id="e7", correlation_id="k", price=2.5)
    outcome = played(log)
    assert outcome.counters == {"in": 2, "accepted": 1, "duplicate": 1}
    assert outcome.verdicts == [
        {
            "outcome": "duplicate",
            "reason": "event_id",
            "topic": "touchpoints",
            "partition": 0,
            "offset": 1,
            "event_id": "e7",
            "source": "test",
            "customer_id": "c1",
            "identified": True,
            "channel": "web",
            "type": "page.viewed",
            "occurred_at": T0 + SECOND,
            "correlation_id": "k",
            "session_id": None,
            "properties": {"price": 2.5},
        }
    ]


def test_a_duplicate_makes_no_dead_letter(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(T0, "page.viewed", event_id="e7")
    assert played(log).letters == []


def test_a_verdict_is_keyed_by_customer_and_carries_the_clock(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(T0 + SECOND, "page.viewed", event_id="e7")
    output = played(log).of("verdicts")[0]
    assert (output.key, output.partition, dict(output.headers)["ce_time"]) == (b"c1", 0, b"2026-11-23T08:30:01.000Z")


def test_an_event_id_of_another_source_is_another_event(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7", source="shop")
    log.touchpoint(T0, "page.viewed", event_id="e7", source="bank")
    assert played(log).counters == {"in": 2, "accepted": 2}


def test_an_event_id_of_another_customer_is_another_event(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", "c1", event_id="e7")
    log.touchpoint(T0, "page.viewed", "c2", event_id="e7")
    assert played(log).counters == {"in": 2, "accepted": 2}


def test_source_and_event_id_are_told_apart(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", source="ab", event_id="c")
    log.touchpoint(T0, "page.viewed", source="a", event_id="bc")
    assert played(log).counters == {"in": 2, "accepted": 2}


def test_an_event_is_a_duplicate_until_seven_days_of_clock_have_passed(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(T0 + 7 * DAY - 1, "page.viewed", event_id="e7")
    assert played(log).counters == {"in": 2, "accepted": 1, "duplicate": 1}


def test_at_exactly_seven_days_of_clock_an_event_is_forgotten(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(T0 + 7 * DAY, "page.viewed", event_id="e7")
    assert played(log).counters == {"in": 2, "accepted": 2}


def test_a_duplicate_does_not_renew_the_seven_days(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(T0 + 6 * DAY, "page.viewed", event_id="e7")
    log.touchpoint(T0 + 7 * DAY, "page.viewed", event_id="e7")
    assert played(log).counters == {"in": 3, "accepted": 2, "duplicate": 1}


# -- late ---------------------------------------------------------------------------------------


def test_a_touchpoint_older_than_the_customers_newest_by_more_than_seven_days_is_late(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "page.viewed", occurred_at=T0 - ALLOWED_LATENESS - 1)
    outcome = played(log)
    assert outcome.counters == {"in": 2, "accepted": 1, "late": 1}
    assert [(verdict["outcome"], verdict["reason"], verdict["offset"]) for verdict in outcome.verdicts] == [
        ("late", "allowed_lateness", 1)
    ]


def test_a_touchpoint_older_by_exactly_seven_days_is_accepted_out_of_order(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "page.viewed", occurred_at=T0 - ALLOWED_LATENESS)
    assert played(log).counters == {"in": 2, "accepted": 2, "out_of_order": 1}


def test_lateness_is_judged_against_the_customers_own_newest(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", "c1")
    log.touchpoint(T0, "page.viewed", "c2", occurred_at=T0 - 3650 * DAY)
    assert played(log).counters == {"in": 2, "accepted": 2}


def test_one_fast_clock_makes_nobody_else_late(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", "fast", occurred_at=T0 + 24 * HOUR)
    log.touchpoint(T0, "page.viewed", "c1", occurred_at=T0)
    log.touchpoint(T0, "page.viewed", "c1", occurred_at=T0 - ALLOWED_LATENESS)
    assert played(log).counters == {"in": 3, "accepted": 3, "out_of_order": 1}


def test_the_newest_stays_the_newest_when_older_ones_follow(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "page.viewed", occurred_at=T0 - 6 * DAY)
    log.touchpoint(T0, "page.viewed", occurred_at=T0 - 8 * DAY)
    assert played(log).counters == {"in": 3, "accepted": 2, "late": 1, "out_of_order": 1}


def test_a_late_touchpoint_seen_before_is_a_duplicate(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="old", occurred_at=T0 - 6 * DAY)
    log.touchpoint(T0, "page.viewed", occurred_at=T0 + DAY)
    log.touchpoint(T0 + DAY, "page.viewed", occurred_at=T0 + 2 * DAY)
    log.touchpoint(T0 + DAY, "page.viewed", event_id="old", occurred_at=T0 - 6 * DAY)
    assert played(log).counters == {"in": 4, "accepted": 3, "duplicate": 1}


def test_a_late_touchpoint_whose_event_is_forgotten_is_late_not_new(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="old")
    log.touchpoint(T0 + 6 * DAY + 12 * HOUR, "page.viewed", occurred_at=T0 + 7 * DAY + 10 * HOUR)
    log.touchpoint(T0 + 7 * DAY + 5 * HOUR, "page.viewed", event_id="old", occurred_at=T0)
    assert played(log).counters == {"in": 3, "accepted": 2, "late": 1}


def test_a_late_touchpoint_moves_nothing(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "page.viewed", event_id="x", occurred_at=T0 - 8 * DAY)
    log.touchpoint(T0, "page.viewed", event_id="x", occurred_at=T0)
    assert played(log).counters == {"in": 3, "accepted": 2, "late": 1}


# -- dead ---------------------------------------------------------------------------------------

READABLE = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed"))


def _verdict_bytes() -> bytes:
    log = Log()
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(T0, "page.viewed", event_id="e7")
    value = played(log).of("verdicts")[0].value
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        pytest.param(READABLE[:30], "cut_short", "30 bytes end inside a Touchpoint", id="cut short"),
        pytest.param(None, "cut_short", "0 bytes; a record has at least 5", id="no value"),
        pytest.param(b"{}", "wrong_magic_byte", "first byte is 0x7b, expected 0x00", id="JSON"),
        pytest.param(b"\1" + READABLE[1:], "wrong_magic_byte", "first byte is 0x01, expected 0x00", id="magic byte"),
        pytest.param(
            b"\0\0\0\0\x63" + READABLE[5:], "unknown_schema_id", "schema id 99 is not in the registry", id="id"
        ),
        pytest.param(
            _verdict_bytes(), "wrong_type", "a Verdict lies where Touchpoint or Control belongs", id="wrong type"
        ),
        pytest.param(READABLE + b"\0", "malformed", "1 bytes follow the Touchpoint", id="bytes behind it"),
        pytest.param(bytes(1_000_001), "too_large", "1000001 bytes, at most 1000000 are read", id="over 1 MB"),
    ],
)
def test_an_unreadable_record_is_dead_with_its_reason_and_original_bytes(
    log: Log, value: bytes | None, reason: str, detail: str
) -> None:
    log.touchpoint(T0, "page.viewed")
    log.raw(T0 + SECOND, value, b"\xff\x00key", ("trace", b"\x01\xfe"), ("nothing", None), ("trace", b"again"))
    log.touchpoint(T0 + 2 * SECOND, "page.viewed")
    outcome = played(log)
    assert outcome.counters == {"in": 3, "accepted": 2, "dead": 1}
    assert outcome.verdicts == []
    assert outcome.letters == [
        {
            "stage": "decode",
            "reason": reason,
            "detail": detail,
            "source_topic": "touchpoints",
            "source_partition": 0,
            "source_offset": 1,
            "rule": None,
            "key": b"\xff\x00key",
            "value": value,
            "headers": [
                {"key": "trace", "value": b"\x01\xfe"},
                {"key": "nothing", "value": None},
                {"key": "trace", "value": b"again"},
            ],
            "failed_at": T0 + SECOND,
        }
    ]


@pytest.mark.parametrize(
    ("key", "value", "header", "left"),
    [
        (b"k", 6_000_000, 10, (1, 1_000_000, 1)),
        (b"k" * 1_500_000, 1_500_000, 10, (1_000_000, 1_000_000, 1)),
        (b"k", 10, 6_000_000, (1, 10, 0)),
    ],
    ids=["value", "key and value", "headers"],
)
def test_what_no_letter_can_hold_is_cut_and_says_where_all_of_it_lies(
    log: Log, key: bytes, value: int, header: int, left: tuple[int, int, int]
) -> None:
    log.raw(T0, b"x" * value, key, ("trace", b"y" * header))
    outcome = played(log)
    (letter,) = outcome.letters
    assert (len(letter["key"] or b""), len(letter["value"] or b""), len(letter["headers"])) == left
    assert letter["detail"].endswith("; cut, too large for a letter: all of it lies at its place in the source topic")
    (output,) = outcome.of("touchpoints.dead")
    assert len(output.key or b"") + len(output.value or b"") < 4_100_000


def test_a_letter_holds_a_record_of_2_mb_whole(log: Log) -> None:
    record = log.raw(T0, b"x" * 2_097_152, b"k")
    assert [(one["value"], "cut" in one["detail"]) for one in played(log).letters] == [(record.value, False)]


def test_a_dead_letter_is_keyed_as_received(log: Log) -> None:
    log.raw(T0, b"", None)
    log.raw(T0, b"", b"\xff")
    assert [output.key for output in played(log).of("touchpoints.dead")] == [None, b"\xff"]


def test_a_record_of_exactly_1_000_000_bytes_is_read(log: Log) -> None:
    empty = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", note=""))
    value = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", note="x" * (1_000_000 - len(empty) - 2)))
    assert len(value) == 1_000_000
    log.raw(T0, value)
    assert played(log).counters == {"in": 1, "accepted": 1}


@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({"customer_id": ""}, "no_customer_id", "customer_id is empty (or begins with byte 0)"),
        ({"customer_id": "\0partition"}, "no_customer_id", "customer_id is empty (or begins with byte 0)"),
        ({"event_id": ""}, "no_event_id", "event_id is empty"),
        ({"occurred_at": T0 + 24 * HOUR + 1}, "too_far_ahead", "occurred_at is more than 24 h ahead of the clock"),
        ({"occurred_at": 4_070_908_800_000}, "too_far_ahead", "occurred_at is more than 24 h ahead of the clock"),
        ({"occurred_at": 2**63 - 1}, "too_far_ahead", "occurred_at is more than 24 h ahead of the clock"),
    ],
)
def test_a_touchpoint_that_cannot_be_is_dead_with_verdict_and_letter(
    log: Log, fields: dict[str, object], reason: str, detail: str
) -> None:
    made = {**touchpoint(0, T0, "page.viewed"), **fields}
    value = CODEC.encode("Touchpoint", made)
    log.raw(T0, value)
    outcome = played(log)
    assert outcome.counters == {"in": 1, "dead": 1}
    assert [(verdict["outcome"], verdict["reason"]) for verdict in outcome.verdicts] == [("dead", reason)]
    assert [(letter["stage"], letter["reason"], letter["detail"], letter["value"]) for letter in outcome.letters] == [
        ("validate", reason, detail, value)
    ]


def test_24_hours_ahead_of_the_clock_is_accepted(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", occurred_at=T0 + 24 * HOUR)
    assert played(log).counters == {"in": 1, "accepted": 1}


def test_a_touchpoint_from_2099_moves_nothing(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", occurred_at=4_070_908_800_000)
    log.touchpoint(T0, "page.viewed", occurred_at=T0 - 6 * DAY)
    outcome = played(log)
    assert (outcome.partition.clock.now, outcome.counters) == (T0, {"in": 2, "accepted": 1, "dead": 1})


# -- dropped ------------------------------------------------------------------------------------

PARTITIONS = 4
STRAY = next(f"c{number}" for number in range(100) if partition_of(f"c{number}".encode(), PARTITIONS) == 3)


def test_a_stray_is_dropped_and_sent_once_to_its_customers_partition(log: Log) -> None:
    value = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", STRAY))
    log.touchpoint(T0, "page.viewed", STRAY)
    log.records[-1] = log.records[-1]._replace(
        key=b"some other key", value=value, headers=headers("momentous.touchpoint", "e0", "test", T0)
    )
    outcome = played(log, number=1, partitions=PARTITIONS)
    assert outcome.counters == {"in": 1, "dropped": 1}
    assert [(verdict["outcome"], verdict["reason"]) for verdict in outcome.verdicts] == [("dropped", "misrouted")]
    assert [tuple(output) for output in outcome.rerouted] == [
        (
            "touchpoints",
            3,
            STRAY.encode(),
            value,
            [*headers("momentous.touchpoint", "e0", "test", T0), ("momentous-rerouted", b"1-0")],
        )
    ]


def test_a_stray_whose_headers_no_record_can_carry_on_is_dead(log: Log) -> None:
    value = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", STRAY))
    log.raw(T0, value, STRAY.encode(), ("trace", b"y" * 6_000_000))
    outcome = played(log, number=1, partitions=PARTITIONS)
    assert (outcome.counters, outcome.rerouted) == ({"in": 1, "dead": 1}, [])
    assert [(verdict["outcome"], verdict["reason"]) for verdict in outcome.verdicts] == [("dead", "too_large")]
    assert [(letter["stage"], letter["reason"], letter["value"]) for letter in outcome.letters] == [
        ("route", "too_large", value)
    ]


def test_at_home_a_rerouted_stray_is_accepted(log: Log) -> None:
    value = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", STRAY))
    log.raw(T0, value, STRAY.encode(), ("momentous-rerouted", b"1-0"))
    assert played(log, number=3, partitions=PARTITIONS).counters == {"in": 1, "accepted": 1}


def test_a_rerouted_record_that_is_astray_again_is_dead(log: Log) -> None:
    value = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", STRAY))
    log.raw(T0, value, STRAY.encode(), ("momentous-rerouted", b"0-17"))
    outcome = played(log, number=1, partitions=PARTITIONS)
    assert (outcome.counters, outcome.rerouted) == ({"in": 1, "dead": 1}, [])
    assert [(verdict["outcome"], verdict["reason"]) for verdict in outcome.verdicts] == [("dead", "misrouted")]
    assert [(letter["stage"], letter["reason"], letter["value"]) for letter in outcome.letters] == [
        ("route", "misrouted", value)
    ]


def test_the_body_decides_whose_it_is_not_the_key(log: Log) -> None:
    home = partition_of(b"c1", PARTITIONS)
    value = CODEC.encode("Touchpoint", touchpoint(0, T0, "page.viewed", "c1"))
    log.raw(T0, value, b"any other key")
    assert played(log, number=home, partitions=PARTITIONS).counters == {"in": 1, "accepted": 1}


# -- controls -----------------------------------------------------------------------------------


def test_controls_are_not_counted(log: Log) -> None:
    log.tick(T0)
    log.live(T0)
    assert played(log).counters == {}


def test_a_control_is_never_misrouted(log: Log) -> None:
    log.tick(T0)
    assert played(log, number=2, partitions=PARTITIONS).outputs == []


@pytest.mark.parametrize("kind", ["unknown", "clock", "activation"])
def test_a_control_without_its_part_is_dead_lettered_and_the_partition_goes_on(log: Log, kind: str) -> None:
    log.control(T0, {"kind": kind, "at": None, "clock": None, "activation": None})
    log.touchpoint(T0, "page.viewed")
    outcome = played(log)
    assert [(letter["stage"], letter["reason"], letter["detail"]) for letter in outcome.letters] == [
        ("validate", "bad_control", f"a {kind} control without its part, or beyond the calendar")
    ]
    assert (outcome.counters, outcome.partition.applied) == ({"in": 1, "accepted": 1}, 1)


# -- ids ----------------------------------------------------------------------------------------


def test_every_output_has_an_id_of_its_own(log: Log) -> None:
    for _ in range(3):
        log.raw(T0, b"")
        log.touchpoint(T0, "page.viewed", event_id="e7")
        log.touchpoint(T0, "page.viewed", "")
    outcome = played(log)
    ids = [dict(output.headers)["ce_id"] for output in outcome.outputs]
    assert (len(ids), len(set(ids))) == (11, 11)


def test_dead_letters_of_two_partitions_have_different_ids(log: Log) -> None:
    log.raw(T0, b"")
    first, second = (Outcome(number, 2).play(log.records).outputs[0] for number in (0, 1))
    assert dict(first.headers)["ce_id"] != dict(second.headers)["ce_id"]
