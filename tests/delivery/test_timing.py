"""Retries, capacity and circuits, by a clock of the test's own."""

from __future__ import annotations

import pytest

from streams.delivery.answer import Answer, Verdict, http_answer, retry_after_ms
from streams.delivery.bucket import Bucket, Capacity
from streams.delivery.circuit import Circuit
from streams.delivery.schedule import STANDARD_RETRIES_MS, wait_ms

NOW = 1_700_000_000_000
MINUTE = 60_000


def test_the_waits_are_those_of_standard_webhooks_and_up_to_a_fifth_longer() -> None:
    waits = [wait_ms(STANDARD_RETRIES_MS, attempt, "id") for attempt in range(1, 11)]
    assert waits[9] is None
    for wait, least in zip(waits[:9], STANDARD_RETRIES_MS, strict=True):
        assert wait is not None
        assert least <= wait < least * 1.2


def test_the_jitter_follows_from_id_and_attempt() -> None:
    waits = [wait_ms((100_000, 100_000), attempt, name) for name in ("a", "b") for attempt in (1, 2)]
    assert waits == [wait_ms((100_000, 100_000), attempt, name) for name in ("a", "b") for attempt in (1, 2)]
    assert len(set(waits)) == 4


@pytest.mark.parametrize(("asked", "least"), [(None, 100), (50, 100), (7_000, 7_000), (10**12, 24 * 60 * MINUTE)])
def test_a_wait_is_at_least_what_the_endpoint_asks_for_up_to_a_day(asked: int | None, least: int) -> None:
    wait = wait_ms((100,), 1, "id", asked)
    assert wait is not None
    assert least <= wait <= max(120, least)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        (None, None),
        ("120", 120_000),
        (" 5 ", 5_000),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60_000),
        ("Tue, 14 Nov 2023 22:12:20 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str | None, milliseconds: int | None) -> None:
    assert retry_after_ms(text, NOW) == milliseconds


@pytest.mark.parametrize(
    ("status", "verdict", "counts"),
    [
        (200, Verdict.TAKEN, True),
        (204, Verdict.TAKEN, True),
        (299, Verdict.TAKEN, True),
        (301, Verdict.FAILED, True),
        (304, Verdict.FAILED, True),
        (400, Verdict.FAILED, False),
        (401, Verdict.FAILED, False),
        (408, Verdict.FAILED, True),
        (410, Verdict.GONE, True),
        (429, Verdict.FAILED, False),
        (500, Verdict.FAILED, True),
        (503, Verdict.FAILED, True),
    ],
)
def test_a_status_is_read_as_standard_webhooks_says(status: int, verdict: Verdict, counts: bool) -> None:
    answer = http_answer(status, None, NOW)
    assert (answer.verdict, answer.counts, answer.code) == (verdict, counts, f"HTTP_{status}")


def test_only_429_says_that_there_is_no_room() -> None:
    assert [one for one in range(200, 600) if http_answer(one, None, NOW).is_full] == [429]


def test_an_answer_counts_against_the_endpoint_unless_it_says_otherwise() -> None:
    assert Answer(Verdict.FAILED, "TIMEOUT").counts


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(Capacity(60, MINUTE, burst=3), 0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1000.0]
    assert bucket.take(999.0) == pytest.approx(1.0)
    assert bucket.take(1000.0) == 0.0
    assert bucket.take(1000.0) == 1000.0


def test_over_an_hour_a_bucket_gives_no_more_than_burst_and_rate() -> None:
    bucket = Bucket(Capacity(20, 60 * MINUTE, burst=5), 0.0)
    taken = sum(bucket.take(second * 1000.0) == 0.0 for second in range(3600))
    assert taken == 5 + 19  # the twentieth token is whole at the hour's end


def test_a_rest_fills_a_bucket_to_its_burst_and_no_further() -> None:
    bucket = Bucket(Capacity(1, 1000, burst=2), 0.0)
    assert [bucket.take(10_000_000.0) for _ in range(3)] == [0.0, 0.0, 1000.0]


def test_a_token_that_was_not_used_can_be_given_back() -> None:
    bucket = Bucket(Capacity(1, MINUTE, burst=1), 0.0)
    assert bucket.take(0.0) == 0.0
    bucket.give_back()
    assert bucket.take(0.0) == 0.0


def test_a_clock_that_goes_back_makes_no_tokens() -> None:
    bucket = Bucket(Capacity(1, 1000, burst=1), 5000.0)
    assert bucket.take(5000.0) == 0.0
    assert bucket.take(1000.0) > 0
    assert bucket.take(5000.0) > 0


def test_without_a_capacity_there_is_always_room() -> None:
    bucket = Bucket(None, 0.0)
    assert {bucket.take(0.0) for _ in range(1000)} == {0.0}


def test_a_circuit_opens_after_failures_in_a_row_only() -> None:
    circuit = Circuit(3, 1000)
    assert [circuit.failed(0), circuit.failed(0)] == [False, False]
    circuit.succeeded()
    assert [circuit.failed(0), circuit.failed(0), circuit.failed(0)] == [False, False, True]
    assert circuit.state(0) == "open"
    assert circuit.admit(400) == 600


def test_after_its_rest_one_delivery_tries_and_the_others_wait() -> None:
    circuit = Circuit(1, 1000)
    circuit.failed(0)
    assert circuit.state(1000) == "half_open"
    assert circuit.admit(1000) == 0
    assert circuit.admit(1000) > 0
    circuit.succeeded()
    assert (circuit.state(1000), circuit.admit(1000), circuit.admit(1000)) == ("closed", 0, 0)


def test_a_failed_trial_doubles_the_rest_up_to_ten_minutes() -> None:
    circuit = Circuit(1, 60_000)
    circuit.failed(0)
    now, rests = 0.0, []
    for _ in range(6):
        rest = circuit.admit(now)
        rests.append(rest / MINUTE)
        now += rest
        assert circuit.admit(now) == 0
        assert circuit.failed(now)
    assert rests == [1, 2, 4, 8, 10, 10]


def test_a_trial_that_was_not_made_lets_another_try() -> None:
    circuit = Circuit(1, 1000)
    circuit.failed(0)
    assert circuit.admit(1000) == 0
    circuit.withdrew()
    assert circuit.admit(1000) == 0


def test_late_failures_of_before_do_not_lengthen_an_open_circuit() -> None:
    circuit = Circuit(1, 1000)
    assert circuit.failed(0)
    assert not circuit.failed(900)
    assert circuit.admit(1000) == 0
