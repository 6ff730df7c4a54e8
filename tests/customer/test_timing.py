"""The definition of how a partition deals with time."""

from __future__ import annotations

import pytest

from streams.customer.timing import DEFAULT_TIMING, Timing, TimingFileError, parse_timing
from tests.customer.log import DAY, HOUR, MINUTE, SECOND, SILENCE, T0, Log, played


def test_a_file_says_the_wait_the_grace_and_the_graces_of_sources() -> None:
    text = """
id: time
version: 3
description: The CRM sends its day at night.
order_wait: 2s
late_grace: 5m
sources:
  crm: {late_grace: 6h}
"""
    assert parse_timing(text, "time.yaml") == Timing(3, 2 * SECOND, 5 * MINUTE, {"crm": 6 * HOUR})


def test_what_it_does_not_say_is_as_without_it() -> None:
    parsed = parse_timing("{id: time, version: 1}", "time.yaml")
    assert (parsed.order_wait_ms, parsed.late_grace_ms) == (0, 60_000)
    assert (DEFAULT_TIMING.order_wait_ms, DEFAULT_TIMING.late_grace_ms) == (0, 60_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{id: tme, version: 1}", "time.yaml:1:6: unknown id 'tme'; one of time"),
        ("{id: time}", "time.yaml:1:1: a timing has no 'version'; write version: 1, and count up with every change"),
        (
            "{id: time, version: 1, order_wait: 2h}",
            "time.yaml:1:36: 'order_wait' of 2h is out of bounds; write 0s to 1h",
        ),
        (
            "{id: time, version: 1, oder_wait: 2s}",
            "time.yaml:1:24: unknown key 'oder_wait' in a timing; did you mean 'order_wait'?",
        ),
        (
            "{id: time, version: 1, sources: {crm: {}}}",
            "time.yaml:1:39: source 'crm' has no 'late_grace'; write late_grace, like 6h",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(text: str, message: str) -> None:
    with pytest.raises(TimingFileError) as error:
        parse_timing(text, "time.yaml")
    assert str(error.value) == message


def test_a_late_deadline_waits_the_grace_of_the_source_that_set_it() -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.timing(T0, "{id: time, version: 1\n, late_grace: 1m, sources: {nightly: {late_grace: 6h}}}")
    log.touchpoint(T0 + DAY, "flow.started", correlation_id="k", occurred_at=T0, source="nightly")
    log.touchpoint(T0 + DAY, "flow.started", "c2", correlation_id="l", occurred_at=T0)
    log.tick(T0 + 2 * DAY)
    assert [(moment["correlation_id"], moment["detected_at"]) for moment in played(log).moments] == [
        ("l", T0 + DAY + MINUTE),
        ("k", T0 + DAY + 6 * HOUR),
    ]
