"""The counts are of the published files; the importer knows none of them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import Touchpoint
from streams.importers import EventLog, FileProblem, read_completejourney
from tests.importers.reference import SAMPLES, customers, fired

FOLDER = SAMPLES / "completejourney"
ANY_BASKET = "detect: {event: {type: store.purchased}}\n"


@pytest.fixture(scope="module")
def year() -> Iterator[EventLog]:
    with read_completejourney(FOLDER, profiles=True) as log:
        yield log


@pytest.fixture(scope="module")
def touchpoints(year: EventLog) -> list[Touchpoint]:
    return list(year.touchpoints)


def of(touchpoints: list[Touchpoint], touchpoint_type: str) -> list[Touchpoint]:
    return [touchpoint for touchpoint in touchpoints if touchpoint["type"] == touchpoint_type]


def test_baskets_mailings_and_redemptions_are_as_many_as_published(year: EventLog) -> None:
    assert (year.refused_count, year.violations) == (0, {})
    assert year.types == {
        "store.purchased": 47_243,
        "post.sent": 6_589,
        "coupon.redeemed": 2_102,
        "profile.set": 801,
    }


def test_75_000_lines_are_in_the_baskets(touchpoints: list[Touchpoint]) -> None:
    baskets = of(touchpoints, "store.purchased")
    assert sum(int(basket["properties"]["lines"] or 0) for basket in baskets) == 75_000


def test_2377_households_buy_in_47_243_baskets(touchpoints: list[Touchpoint]) -> None:
    found = fired(ANY_BASKET, touchpoints)
    assert (len(found), len(customers(found))) == (47_243, 2_377)


def test_293_stores_sell(touchpoints: list[Touchpoint]) -> None:
    assert len({basket["properties"]["shop_id"] for basket in of(touchpoints, "store.purchased")}) == 293


def test_no_event_is_there_twice(touchpoints: list[Touchpoint]) -> None:
    assert Counter(touchpoint["event_id"] for touchpoint in touchpoints).most_common(1)[0][1] == 1


def test_a_mailing_has_the_days_of_its_campaign_at_midnight_in_new_york(touchpoints: list[Touchpoint]) -> None:
    assert touchpoints[0] == {
        "event_id": "mailing-24-1238",
        "source": "completejourney",
        "customer_id": "1238",
        "identified": True,
        "channel": "post",
        "type": "post.sent",
        "occurred_at": 1_479_099_600_000,
        "correlation_id": "campaign-24",
        "session_id": None,
        "identities": {},
        "properties": {"campaign": "24", "ends_at": 1_484_542_800_000, "kind": "Type C", "purpose": "marketing"},
    }


def test_basket_times_are_utc(touchpoints: list[Touchpoint]) -> None:
    # The published line: 2261,309,31625220889,940996,1.0,3.86,...,2017-01-28 19:06:53
    (basket,) = (touchpoint for touchpoint in touchpoints if touchpoint["event_id"] == "basket-31625220889")
    assert basket["occurred_at"] == 1_485_630_413_000


def test_without_being_asked_for_no_household_gets_a_profile_that_has_no_date(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text("campaign_id,household_id\n7,1\n8,1\n")
    (tmp_path / "campaign_descriptions.csv").write_text(
        "campaign_id,campaign_type,start_date,end_date\n7,Type B,2017-03-03,2017-04-09\n"
    )
    (tmp_path / "coupon_redemptions.csv").write_text("household_id,coupon_upc,campaign_id,redemption_date\n")
    (tmp_path / "transactions_sample.csv").write_text(
        "household_id,store_id,basket_id,product_id,quantity,sales_value,transaction_timestamp\n"
    )
    with read_completejourney(tmp_path) as log:
        assert log.types == {"post.sent": 1}
        assert [(row.row, row.reason) for row in log.refused] == [(3, "occurred_at is empty")]


def test_a_folder_without_the_files_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=r"has no campaigns.csv, nor campaigns.csv.gz; name the folder"):
        read_completejourney(tmp_path)
