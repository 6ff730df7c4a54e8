"""The counts are of the published file; the importer knows none of them."""

from collections import Counter
from pathlib import Path

import pytest

from schemas import Touchpoint
from streams.importers import FileProblem, read_otto
from tests.importers.reference import SAMPLES, customers, fired

ANY_CART = "detect: {event: {type: cart.added}}\n"
ANY_ORDER = "detect: {event: {type: order.completed}}\n"
LEFT_LYING = """\
detect:
  sequence:
    - start: {type: cart.added}
    - silent_for: 28d
  cancelled_by: {type: order.completed}
cool_down: 28d
"""


@pytest.fixture(scope="module")
def touchpoints() -> list[Touchpoint]:
    with read_otto(SAMPLES / "otto-events.csv") as log:
        assert (log.rows, log.refused_count, log.violations) == (862, 0, {})
        return list(log.touchpoints)


def test_862_events_of_20_visitors(touchpoints: list[Touchpoint]) -> None:
    assert len({touchpoint["event_id"] for touchpoint in touchpoints}) == 862
    assert len({touchpoint["customer_id"] for touchpoint in touchpoints}) == 20


def test_800_clicks_52_carts_and_10_orders(touchpoints: list[Touchpoint]) -> None:
    assert Counter(touchpoint["type"] for touchpoint in touchpoints) == {
        "product.viewed": 800,
        "cart.added": 52,
        "order.completed": 10,
    }


def test_7_visitors_have_a_cart(touchpoints: list[Touchpoint]) -> None:
    assert len(customers(fired(ANY_CART, touchpoints))) == 7


def test_4_of_them_never_order(touchpoints: list[Touchpoint]) -> None:
    assert len(customers(fired(ANY_CART, touchpoints)) - customers(fired(ANY_ORDER, touchpoints))) == 4


def test_the_3_who_do_also_leave_a_later_cart_lying_to_the_end(touchpoints: list[Touchpoint]) -> None:
    left = customers(fired(LEFT_LYING, touchpoints, tick_days=28))
    assert len(left & customers(fired(ANY_ORDER, touchpoints))) == 3


def test_times_are_milliseconds_utc_as_they_stand(touchpoints: list[Touchpoint]) -> None:
    assert touchpoints[0] == {
        "event_id": "c949e2c026e3eadeacc5f1af850cf1d1",
        "source": "otto",
        "customer_id": "0",
        "identified": True,
        "channel": "web",
        "type": "product.viewed",
        "occurred_at": 1659304800025,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": {"product_id": "1517085"},
    }
    times = [touchpoint["occurred_at"] for touchpoint in touchpoints]
    assert times == sorted(times)


def test_another_file_is_said_to_be_another(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order,when\n1,2\n")
    with pytest.raises(FileProblem, match=r"orders.csv: not a file of otto \(orders.csv has no column 'session'\)"):
        read_otto(tmp_path / "orders.csv")
