"""The sample mappings on their sample data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streams.importers import EventLog, parse_mapping
from tests.importers.reference import SAMPLES

MAPPINGS = SAMPLES / "mappings"


def read(name: str, data: str) -> tuple[list[dict[str, Any]], list[tuple[int, str]], EventLog]:
    with EventLog() as log:
        log.read(parse_mapping((MAPPINGS / name).read_text(encoding="utf-8"), name), MAPPINGS / data)
        return [dict(found) for found in log.touchpoints], [(row.row, row.reason) for row in log.refused], log


def test_calls_of_a_service_in_viennese_time_with_commas_and_semicolons() -> None:
    touchpoints, refused, log = read("support-calls.yaml", "support-calls.csv")
    assert [
        (found["event_id"], found["customer_id"], found["type"], found["occurred_at"]) for found in touchpoints
    ] == [
        ("7001-1", "K-204", "queue.entered", 1_792_857_482_000),
        ("7001-3", "K-204", "queue.abandoned", 1_792_857_872_000),
        ("7002-1", "anon:7002", "queue.entered", 1_792_891_800_000),
        ("7002-2", "anon:7002", "agent.connected", 1_792_891_841_000),
        ("7002-3", "anon:7002", "agent.ended", 1_792_891_980_000),
        ("7004-1", "K-311", "queue.entered", 1_792_998_070_000),
        ("7006-1", "K-204", "queue.entered", 1_793_002_500_000),
    ]
    assert touchpoints[1]["properties"] == {"skill": "fault", "wait_seconds": 390.5, "x_callback": True}
    assert refused == [
        (4, "occurred_at: '24.10.2026 18:04:32,5' is no time like %d.%m.%Y %H:%M:%S"),
        (11, "type cannot be looked up: 'weitergeleitet' is not in its values"),
        (12, "x_callback: 'vielleicht' is neither true nor false, which are J, N here"),
        (13, "5 columns, expected 10"),
    ]
    assert log.skipped == {"calls of the service's own testers": 1}
    assert log.violations == {}


def test_events_of_a_shop_with_visitors_who_have_not_signed_in() -> None:
    touchpoints, refused, log = read("shop-events.yaml", "shop-events.jsonl")
    assert [(found["customer_id"], found["channel"], found["type"], found["occurred_at"]) for found in touchpoints] == [
        ("anon:d-9", "web", "product.viewed", 1_795_428_000_125),
        ("u-77", "web", "cart.added", 1_795_428_060_000),
        ("u-77", "app", "order.completed", 1_795_429_000_000),
    ]
    assert touchpoints[1]["identities"] == {"device": "d-9", "email": "ann@example.org"}
    assert touchpoints[2]["properties"] == {"currency": "EUR", "order_id": "o-5", "value": 49.0, "x_gift": True}
    assert refused == [
        (5, "type cannot be looked up: 'Newsletter Opened' is not in its values"),
        (6, "occurred_at: 'yesterday' is no number"),
        (7, "not JSON: Input data was truncated"),
    ]
    assert (log.skipped, log.violations, log.unseen) == ({"robots": 1}, {}, [])


def test_the_example_of_the_page_is_the_sample() -> None:
    page = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
    for name in ("support-calls.yaml", "shop-events.yaml"):
        assert (MAPPINGS / name).read_text(encoding="utf-8").split("\nid: ")[1] in page
