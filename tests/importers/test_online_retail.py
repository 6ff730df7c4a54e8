"""The counts are of the published file; the importer knows none of them."""

import gzip
import math
import runpy
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas import Touchpoint
from streams.importers import EventLog, read_online_retail
from tests.importers.reference import SAMPLES, customers, fired

SAMPLE = SAMPLES / "online-retail.csv.gz"

TWO_CANCELLATIONS = """\
detect: {count: {type: order.cancelled}, at_least: 2, within: 30d}
identified_only: true
"""
QUARTER_WITHOUT_A_PURCHASE = """\
detect:
  inclusive: true
  sequence:
    - start: {type: order.completed}
    - not_followed_by: {type: order.completed}
      for: 90d
identified_only: true
"""


@pytest.fixture(scope="module")
def year() -> Iterator[EventLog]:
    with read_online_retail(SAMPLE) as log:
        yield log


@pytest.fixture(scope="module")
def touchpoints(year: EventLog) -> list[Touchpoint]:
    return list(year.touchpoints)


def total(touchpoints: list[Touchpoint]) -> float:
    values = (touchpoint["properties"]["value"] for touchpoint in touchpoints)
    return round(math.fsum(value for value in values if isinstance(value, float)), 2)


def test_541_909_lines_are_25_900_invoices_of_which_3_836_are_cancellations(year: EventLog) -> None:
    assert (year.rows, year.refused_count, year.skipped, year.violations) == (541_909, 0, {}, {})
    assert year.types == {"order.completed": 22_064, "order.cancelled": 3_836}


def test_every_line_is_in_an_invoice(touchpoints: list[Touchpoint]) -> None:
    assert sum(int(touchpoint["properties"]["lines"] or 0) for touchpoint in touchpoints) == 541_909


def test_4372_customers(touchpoints: list[Touchpoint]) -> None:
    assert len({touchpoint["customer_id"] for touchpoint in touchpoints if touchpoint["identified"]}) == 4_372


def test_135_080_lines_have_no_customer_and_the_invoice_stands_in(touchpoints: list[Touchpoint]) -> None:
    nobodys = [touchpoint for touchpoint in touchpoints if not touchpoint["identified"]]
    assert sum(int(touchpoint["properties"]["lines"] or 0) for touchpoint in nobodys) == 135_080
    assert all(touchpoint["customer_id"] == f"anon:{touchpoint['correlation_id']}" for touchpoint in nobodys)


def test_the_invoices_are_worth_9_747_747_93(touchpoints: list[Touchpoint]) -> None:
    assert total(touchpoints) == 9_747_747.93


def test_those_with_a_customer_8_300_065_81(touchpoints: list[Touchpoint]) -> None:
    assert total([touchpoint for touchpoint in touchpoints if touchpoint["identified"]]) == 8_300_065.81


def test_388_customers_cancelled_twice_in_30_days(touchpoints: list[Touchpoint]) -> None:
    assert len(customers(fired(TWO_CANCELLATIONS, touchpoints))) == 388


def silences_between_purchases(touchpoints: list[Touchpoint]) -> tuple[int, int]:
    """How many silences over 90 days ended with a purchase, and how many customers they are of."""
    last = {
        touchpoint["customer_id"]: touchpoint["occurred_at"]
        for touchpoint in touchpoints
        if touchpoint["type"] == "order.completed"
    }
    silences = fired(QUARTER_WITHOUT_A_PURCHASE, touchpoints, tick_days=91)
    ended = [(customer_id, firing) for customer_id, firing in silences if firing.detected_at <= last[customer_id]]
    return len(ended), len(customers(ended))


def on_the_wall(touchpoint: Touchpoint) -> Touchpoint:
    """The touchpoint at the time that a clock in London shows, as if that were UTC."""
    instant = datetime.fromtimestamp(touchpoint["occurred_at"] / 1000, ZoneInfo("Europe/London"))
    return {**touchpoint, "occurred_at": round(instant.replace(tzinfo=UTC).timestamp() * 1000)}


def test_1770_silences_of_1516_customers_lasted_over_90_days_by_the_clock_on_the_wall(
    touchpoints: list[Touchpoint],
) -> None:
    shown = sorted(map(on_the_wall, touchpoints), key=lambda touchpoint: touchpoint["occurred_at"])
    assert silences_between_purchases(shown) == (1_770, 1_516)


def test_one_more_in_hours_gone_by_since_the_clocks_were_put_back_in_it(touchpoints: list[Touchpoint]) -> None:
    assert silences_between_purchases(touchpoints) == (1_771, 1_516)


def test_an_invoice_is_one_touchpoint_with_london_time_and_its_sums(touchpoints: list[Touchpoint]) -> None:
    assert touchpoints[0] == {
        "event_id": "536365",
        "source": "online-retail",
        "customer_id": "17850",
        "identified": True,
        "channel": "web",
        "type": "order.completed",
        "occurred_at": 1291191960000,
        "correlation_id": "536365",
        "session_id": None,
        "identities": {},
        "properties": {
            "country": "GB",
            "currency": "GBP",
            "items": 40,
            "lines": 7,
            "order_id": "536365",
            "value": 139.12,
        },
    }


def test_in_summer_london_is_an_hour_ahead_of_utc(touchpoints: list[Touchpoint]) -> None:
    # The published line: 558638,...,2011-07-01 08:16:00
    (invoice,) = (touchpoint for touchpoint in touchpoints if touchpoint["event_id"] == "558638")
    assert invoice["occurred_at"] == 1_309_504_560_000


def test_invoices_whose_lines_bear_two_minutes_or_stand_apart_are_one(touchpoints: list[Touchpoint]) -> None:
    assert Counter(touchpoint["event_id"] for touchpoint in touchpoints).most_common(1)[0][1] == 1


def test_the_sample_is_made_by_leaving_two_columns_out(tmp_path: Path) -> None:
    shorten = runpy.run_path(str(SAMPLES / "shorten_online_retail.py"))["shorten"]
    published = tmp_path / "published.csv.gz"
    published.write_bytes(
        gzip.compress(
            b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n"
            b'536365,85123A,"HOLDER, WHITE",6,2010-12-01 08:26:00,2.55,17850,United Kingdom\r\n'
            b"C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,,United Kingdom\r\n"
        )
    )
    assert shorten(published).decode().splitlines() == [
        "InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "536365,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
        "C536379,-1,2010-12-01 09:41:00,27.5,,United Kingdom",
    ]
