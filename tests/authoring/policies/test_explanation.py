"""Policies in plain sentences."""

from __future__ import annotations

import pytest

from streams.authoring.policies import explained_policy, shipped_policy_file
from streams.authoring.policies.limit_words import cap_sentence, quiet_sentences
from streams.outreach import parse_policy
from streams.outreach.policy import Cap, QuietHours, QuietWindow
from tests.authoring.policies.small_policy import HELP, LIMITS, OFFER, small

EVERY_DAY = frozenset(range(7))
DAY = 86_400_000

EXPLAINED = """\
small, version 1

  For tests.

Never
  Without consent for the purpose on that channel nobody is contacted; none is no.
  Who is on list 'do_not_contact' gets nothing.
  Who is on list 'cross' gets no promotional contact by email.
  Control group: 5% of customers, the same for as long as the salt 'small' stays, get nothing but help.

Customers in segment 'vip'
  No number of contacts is too many.
  No hour is quiet.
  Never offer.

Everybody else
  At most 1 contact in any 1 day (cap 'day').
  Quiet from 21:00 to 08:00 of the next day, by the customer's own clock.
  A contact that falls into quiet hours waits for their end and is then judged anew.
  Where nobody knows the time zone, it must be no quiet hour in any of Europe/Vienna.

When several could go out
  A candidate waits 5 minutes for others to compete with.
  The one whose priority times value times propensity is highest goes out, the others are refused.
  A contact costs by sms 0.07.

Who gets what
  help (service, for care) on queue.abandoned, by sms, else email; not again for 1 day; weighs 10 (2 x 10 x 0.5); \
passes over caps and control groups; fills no cap; is not made in quiet hours.
  offer (promotional, for offers) on cart.abandoned, by email; not again for 14 days; \
not if the product was bought in the last 30 days; \
withheld from 10% of customers, the same for as long as the salt 'spring' stays."""


def test_a_policy_is_told_from_what_is_never_done_to_what_each_action_does() -> None:
    worth = "    priority: 2\n    value: 10\n    propensity: 50%\n    may_override: [caps, holdout]\n"
    worth += "    counts_toward_caps: false\n    quiet_fallback: abort\n"
    offer = OFFER + "    bought_within: 30d\n    holdout: {percent: 10%, salt: spring}\n"
    more = (
        LIMITS + "  - {list: cross, classes: [promotional], channels: [email]}\n"
        "holdout: {percent: 5%}\nchannel_costs: {sms: 0.07}\narbitration_wait: 5m\n"
        "variants: [{segment: vip, limits: {without: [offer]}}]\n"
    )
    assert explained_policy(parse_policy(small(more, HELP + worth + offer).text, "small.yaml")) == EXPLAINED


def test_the_shipped_policy_is_told_with_every_action_list_cap_and_template_owner() -> None:
    file = shipped_policy_file()
    policy, told = parse_policy(file.text, file.filename), explained_policy(parse_policy(file.text, file.filename))
    names = [action.id for action in policy.actions]
    names += [one.list for one in policy.suppressions] + [cap.id for one in policy.all_limits for cap in one.caps]
    assert [name for name in names if name not in told] == []


@pytest.mark.parametrize(
    ("cap", "sentence"),
    [
        (Cap("a", 3, 7 * DAY), "At most 3 contacts in any 7 days (cap 'a')."),
        (Cap("a", 1, DAY, "sms"), "At most 1 contact by sms in any 1 day (cap 'a')."),
        (
            Cap("a", 2, DAY, None, "offers", "promotional"),
            "At most 2 promotional contacts for offers in any 1 day (cap 'a').",
        ),
        (Cap("a", 1, DAY, None, None, "service"), "At most 1 service contact in any 1 day (cap 'a')."),
    ],
)
def test_a_cap_is_told_with_whatever_it_is_limited_to(cap: Cap, sentence: str) -> None:
    assert cap_sentence(cap) == sentence


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (QuietWindow(1260, 480, EVERY_DAY), "Quiet from 21:00 to 08:00 of the next day, by the customer's own clock."),
        (QuietWindow(0, 480, EVERY_DAY), "Quiet from 00:00 to 08:00, by the customer's own clock."),
        (QuietWindow(0, 1440, frozenset({6})), "Quiet on sunday all day, by the customer's own clock."),
        (
            QuietWindow(480, 600, frozenset({6, 5})),
            "Quiet on saturday and sunday from 08:00 to 10:00, by the customer's own clock.",
        ),
    ],
)
def test_a_window_is_told_by_the_clock_and_its_days(window: QuietWindow, sentence: str) -> None:
    assert quiet_sentences(QuietHours((window,)))[0] == sentence


@pytest.mark.parametrize(
    "hours",
    [QuietHours((), unknown_zone="abort"), QuietHours(()), QuietHours((), unknown_zone="abort", zones=("UTC",))],
)
def test_whom_an_unknown_zone_silences_is_told(hours: QuietHours) -> None:
    assert quiet_sentences(hours)[-1] == "Customers whose time zone nobody knows are not contacted."


def test_holidays_and_an_abort_are_told() -> None:
    hours = QuietHours((), frozenset({"2026-12-26", "2026-12-25"}), "abort", "polite", ("UTC", "Asia/Tokyo"))
    assert quiet_sentences(hours) == [
        "Quiet all day on 2026-12-25 and 2026-12-26.",
        "A contact that falls into quiet hours is not made.",
        "Where nobody knows the time zone, it must be no quiet hour in any of UTC and Asia/Tokyo.",
    ]


def test_a_rehearsed_action_says_that_nobody_gets_it() -> None:
    rehearsed = HELP.rstrip("\n") + "\n    sandbox: true\n"
    told = explained_policy(parse_policy(small(actions=rehearsed).text, "policy.yaml"))
    assert told.endswith("; rehearsed: triggers are marked, and nobody gets it.")
