import json
from typing import Any

import pytest

from streams.importers import Refusal, read_json_lines

MINIMAL: dict[str, Any] = {
    "event_id": "1",
    "source": "shop",
    "customer_id": "7",
    "channel": "web",
    "type": "cart.added",
    "occurred_at": "1999-01-01T00:00:00+02:00",
}


def one(**changes: Any) -> Any:
    fields = {name: value for name, value in {**MINIMAL, **changes}.items() if value is not ...}
    ((number, result),) = read_json_lines([json.dumps(fields).encode()])
    assert number == 1
    return result


def test_a_line_with_the_required_fields_becomes_a_touchpoint() -> None:
    assert one() == {
        "event_id": "1",
        "source": "shop",
        "customer_id": "7",
        "identified": True,
        "channel": "web",
        "type": "cart.added",
        "occurred_at": 915141600000,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": {},
    }


def test_a_number_as_time_is_milliseconds_utc() -> None:
    assert one(occurred_at=915141600000)["occurred_at"] == 915141600000


def test_properties_are_sorted_by_name() -> None:
    assert list(one(properties={"b": 1, "a": None})["properties"].items()) == [("a", None), ("b", 1)]


def test_an_unidentified_customer_stands_under_the_correlation_id() -> None:
    touchpoint = one(customer_id=..., identified=False, correlation_id="visit-9")
    assert (touchpoint["customer_id"], touchpoint["identified"]) == ("anon:visit-9", False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"customer_id": ...}, "no customer_id; give one, or identified: false with a correlation_id"),
        ({"customer_id": ..., "identified": False}, "neither a customer_id nor a correlation_id"),
        ({"event_id": ...}, "Object missing required field `event_id`"),
        ({"event_id": ""}, "Expected `str` of length >= 1 - at `$.event_id`"),
        ({"occured_at": 1}, "Object contains unknown field `occured_at`"),
        ({"occurred_at": "1999-01-01T00:00:00"}, "Expected `datetime` with a timezone component - at `$.occurred_at`"),
        (
            {"properties": {"a": [1]}},
            "Expected `bool | int | float | str | null`, got `array` - at `$.properties[...]`",
        ),
        ({"occurred_at": 2**63}, "Expected `int` <= 9223372036854775807 - at `$.occurred_at`"),
        ({"properties": {"a": 2**70}}, "Expected `int` <= 9223372036854775807 - at `$.properties[...]`"),
    ],
)
def test_a_bad_line_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    assert one(**changes) == Refusal(1, reason)


def test_a_channel_outside_the_contract_is_refused_with_those_that_are_in_it() -> None:
    assert one(channel="unknown").reason.startswith(
        "channel 'unknown', expected one of web, app, email, sms, push, chat,"
    )


def test_line_numbers_count_empty_lines_too() -> None:
    assert list(read_json_lines([b"\n", b"{\n"])) == [(2, Refusal(2, "Input data was truncated"))]


def test_bytes_that_are_no_text_are_refused() -> None:
    ((_, refusal),) = read_json_lines([b'{"event_id": "\xff"}'])
    assert isinstance(refusal, Refusal)
