"""CloudEvents attributes as Kafka headers."""

from __future__ import annotations

import pytest

from schemas import headers, rfc3339


def test_a_record_carries_the_attributes_in_binary_mode() -> None:
    assert headers("momentous.moment", "4f2a", "momentous/moments", 1_795_422_600_005) == [
        ("ce_specversion", b"1.0"),
        ("ce_type", b"momentous.moment"),
        ("ce_source", b"momentous/moments"),
        ("ce_id", b"4f2a"),
        ("ce_time", b"2026-11-23T08:30:00.005Z"),
        ("content-type", b"application/avro"),
    ]


def test_a_header_that_is_no_ascii_is_utf_8() -> None:
    assert headers("momentous.touchpoint", "é", "läden", 0)[2:4] == [
        ("ce_source", "läden".encode()),
        ("ce_id", "é".encode()),
    ]


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (1_000, "1970-01-01T00:00:01.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_time_is_rfc_3339_to_the_millisecond(time_ms: int, text: str) -> None:
    assert rfc3339(time_ms) == text


@pytest.mark.parametrize(("time_ms", "year"), [(-(2**63), "0001"), (2**63 - 1, "9999")])
def test_a_time_that_no_calendar_has_becomes_the_nearest_that_it_has(time_ms: int, year: str) -> None:
    assert rfc3339(time_ms)[:4] == year
