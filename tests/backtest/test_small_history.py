"""Every number of the report over a history small enough to count by hand (see ``small_history``)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.backtest import Report, WarmUp, file_source
from streams.backtest.report import Contact, Day, Overlap, Reason
from streams.backtest.timeline import Example
from tests.backtest.conftest import Made, made_in
from tests.backtest.small_history import at, write


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = write(tmp_path_factory.mktemp("history"))
    return made_in(folder, file_source(folder / "history.jsonl"))


def test_four_moments_of_three_customers_one_of_them_not_identified(report: Report) -> None:
    assert (report.side.moments, report.side.customers, report.side.anonymous) == (4, 3, 1)


def test_days_are_those_of_the_zone(report: Report) -> None:
    assert report.side.days == [
        Day(day="2026-01-05", moments=1, contacts=1),
        Day(day="2026-01-06", moments=2, contacts=0),
        Day(day="2026-01-07", moments=1, contacts=0),
    ]


def test_two_customers_have_one_moment_and_one_has_two(report: Report) -> None:
    assert report.side.per_customer == {1: 2, 2: 1}


def test_one_contact_by_its_action_and_channel(report: Report) -> None:
    assert report.side.contacts == [Contact(action="wait.apology", channel="sms", contacts=1)]


def test_three_contacts_are_stopped_each_for_its_reason(report: Report) -> None:
    assert {one.reason: one.moments for one in report.side.reasons} == {
        "anonymous": 1,
        "consent_none": 1,
        "cool_down": 1,
    }


def test_a_reason_is_told_in_words(report: Report) -> None:
    assert report.side.reasons[0] == Reason(reason="anonymous", meaning="the customer is not identified", moments=1)


def test_the_other_rule_overlaps_once(report: Report) -> None:
    """b hung up an hour before; of our four customer-days one is also a day of the other rule."""
    assert report.overlaps == [
        Overlap(rule="call.lost", moments=1, share=0.25, customers=1, its_moments=1, its_near=1, jaccard=0.25)
    ]


def test_against_the_present_version_one_stays_three_come_and_one_goes(report: Report) -> None:
    diff = report.diff
    assert diff is not None
    assert (diff.both, diff.only_new, diff.only_old) == (1, 3, 1)
    assert (diff.customers_gained, diff.customers_lost) == (2, 1)
    assert (diff.side.moments, diff.side.triggered, diff.side.refused) == (2, 1, 1)
    assert (diff.moved, diff.answered_otherwise) == (0, 0)


def test_the_examples_of_the_difference_are_those_moments(report: Report) -> None:
    assert report.diff is not None
    assert sorted(one.customer_id for one in report.diff.only_new_examples) == ["a", "anon:x", "b"]
    assert [one.customer_id for one in report.diff.only_old_examples] == ["d"]


def test_what_became_of_thirteen_records(report: Report) -> None:
    assert report.history.read == 13
    assert {fate: number for fate, number in report.history.fates.items() if number} == {
        "taken": 7,
        "passed_over": 4,
        "before": 1,
        "after": 1,
    }
    assert report.history.outcomes == {"accepted": 6, "duplicate": 1, "late": 0, "dead": 0}
    assert report.history.customers == 5


def test_it_says_what_ran_beside_the_rule(report: Report) -> None:
    assert report.beside == "1 other rule and the policy: the files of --rules, and the shipped emotions"


def test_the_warm_up_is_as_long_as_the_action_cools_down(report: Report) -> None:
    assert report.period.warm_up_from == at("01-03 23:00")


def _example(report: Report, customer_id: str) -> Example:
    (found,) = (one for one in report.examples if one.customer_id == customer_id)
    return found


def test_an_example_has_its_time_line_with_the_evidence_marked(report: Report) -> None:
    lines = _example(report, "b").lines
    assert [(line.type, line.evidence) for line in lines] == [
        ("queue.abandoned", False),
        ("agent.connected", True),
        ("agent.connected", False),
        ("page.viewed", False),
    ]


def test_an_example_has_its_decision_with_the_checks(report: Report) -> None:
    example = _example(report, "b")
    assert (example.status, example.reason, example.action) == ("refused", "consent_none", "wait.apology")
    assert [check["name"] for check in example.checks if not check["passed"]] == ["consent"]


def test_all_counts_that_must_agree_do(report: Report) -> None:
    assert len(report.equations) == 16
    assert [one for one in report.equations if one.left != one.right] == []


def test_without_examples_the_report_names_no_customer(folder: Path, made: Made) -> None:
    report = made(file_source(folder / "history.jsonl"), examples=0)
    assert report.side.moments == 4
    assert b"anon:x" not in msgspec.json.encode(report)


def test_a_warm_up_that_is_too_short_for_the_policy_is_said(folder: Path, made: Made) -> None:
    report = made(file_source(folder / "history.jsonl"), warm=WarmUp(3_600_000, "asked for"))
    assert report.notes == [
        "The policy looks back 1d, the warm-up is 1h: early in the period it knows fewer contacts than it would "
        "have, and stops fewer."
    ]


def test_consents_from_before_the_warm_up_count(folder: Path, made: Made) -> None:
    assert made(file_source(folder / "history.jsonl"), warm=WarmUp(0, "asked for")).side.triggered == 1


def test_the_present_version_itself_is_compared_with_nothing(folder: Path, made: Made) -> None:
    report = made(file_source(folder / "history.jsonl"), rule="now/wait.long.yaml")
    assert (report.diff, report.no_diff) == (None, "it is the present version itself")


def test_a_rule_in_shadow_is_run_as_if_live_and_that_is_said(folder: Path, made: Made) -> None:
    rule = folder / "new.yaml"
    rule.write_text(rule.read_text() + "mode: shadow\n")
    report = made(file_source(folder / "history.jsonl"))
    assert report.side.triggered == 1
    assert report.notes == ["The rule says mode: shadow; it was run as if live."]


def test_a_period_without_moments_is_an_empty_report(folder: Path, made: Made) -> None:
    report = made(file_source(folder / "history.jsonl"), period=("2026-01-01", "2026-01-02", "UTC"))
    assert (report.side.moments, report.side.days, report.examples) == (
        0,
        [Day(day="2026-01-01", moments=0, contacts=0)],
        [],
    )
