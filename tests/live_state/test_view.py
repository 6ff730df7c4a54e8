"""What is seen of a customer, and that looking changes nothing."""

from __future__ import annotations

import pytest

from streams.customer import encode_customer
from streams.live_state.view import LiveState, live_state
from tests.customer.log import HOUR, HUNG_UP, MINUTE, POLICY, T0, Log
from tests.live_state.world import as_of, partition_of, seen

PROMISE = """
id: promise.broken
version: 1
title: Not kept
description: Past its time.
emotion: frustrated
detect:
  promise: {type: promise.made}
  due: due_at
  at_most: 366d
  kept_by: {type: promise.kept}
  changed_by: {type: promise.changed}
  level: below
by: [promise_id]
keep: [promise]
"""
ALSO = PROMISE.replace("promise.broken", "promise.watched").replace("keep: [promise]", "keep: [order_id]")

QUIET_POLICY = (
    POLICY
    + """
limits:
  quiet_hours:
    windows: [{from: "08:00", to: "09:00"}]
"""
)


def hung_up(policy: str = POLICY, *consents: str) -> Log:
    """c1 hangs up a minute after consenting; the wait is open from then on for an hour."""
    log = Log()
    log.rule(T0, HUNG_UP, policy)
    for channel in consents:
        log.consent(T0, "consent.given", channel=channel)
    log.touchpoint(T0 + MINUTE, "queue.abandoned", correlation_id="call-1")
    return log


def test_a_customer_who_hung_up_has_an_open_moment_until_it_expires() -> None:
    (moment,) = seen(hung_up(), T0 + 2 * MINUTE).open_moments
    assert (moment.rule, moment.emotion, moment.correlation_id) == ("queue.abandoned", "stressed", "call-1")
    assert (moment.opened_at, moment.expires_at) == (T0 + MINUTE, T0 + MINUTE + HOUR)
    assert seen(hung_up(), T0 + MINUTE + HOUR).open_moments == []


def test_without_consent_nothing_is_suggested_and_the_reason_stands_there() -> None:
    found = seen(hung_up(), T0 + 2 * MINUTE)
    assert found.suggestion is None
    assert [(one.action, one.status, one.reason) for one in found.considered] == [
        ("call.back", "refused", "consent_none")
    ]


def test_what_the_policy_would_allow_now_is_suggested() -> None:
    log = hung_up()
    log.consent(T0 + 2 * MINUTE, "consent.given")
    suggestion = seen(log, T0 + 3 * MINUTE).suggestion
    assert suggestion is not None
    assert (suggestion.action, suggestion.channel, suggestion.template) == ("call.back", "sms", "call_back")


def test_what_is_only_rehearsed_is_never_suggested() -> None:
    log = hung_up(POLICY + "    sandbox: true\n")
    log.consent(T0 + 2 * MINUTE, "consent.given")
    found = seen(log, T0 + 3 * MINUTE)
    assert (found.suggestion, found.considered) == (None, [])


def test_what_was_answered_is_not_suggested_again_but_shown_as_a_contact() -> None:
    found = seen(hung_up(POLICY, "sms"), T0 + 2 * MINUTE)
    assert found.considered == []
    assert [(one.action, one.channel, one.at, one.status) for one in found.recent_contacts] == [
        ("call.back", "sms", T0 + MINUTE, "pending")
    ]


def test_looking_changes_nothing() -> None:
    log = hung_up()
    log.consent(T0 + 2 * MINUTE, "consent.given")
    partition = partition_of(log)
    customer = partition.look("c1")
    assert customer is not None
    before = encode_customer(customer)
    told = live_state(customer, "c1", partition.definitions, as_of(partition, T0 + 3 * MINUTE))
    assert told.suggestion is not None
    assert encode_customer(customer) == before
    assert list(partition.take_changes()) == []


def test_a_look_at_an_unknown_customer_makes_none() -> None:
    partition = partition_of(hung_up())
    assert partition.look("c2") is None
    assert len(partition) == 1


def test_promises_are_due_next_first_and_once_however_many_rules_follow_them() -> None:
    log = Log()
    log.rule(T0, PROMISE, ALSO)
    for name, due in (("p2", 5 * HOUR), ("p1", 3 * HOUR)):
        facts = {"promise_id": name, "due_at": T0 + due, "promise": "delivery", "order_id": f"o-{name}"}
        log.touchpoint(T0, "promise.made", channel="app", properties=facts)
    found = seen(log, T0 + MINUTE).promises_due
    assert [(one.promise_id, one.due_at, one.channel) for one in found] == [
        ("p1", T0 + 3 * HOUR, "app"),
        ("p2", T0 + 5 * HOUR, "app"),
    ]
    assert found[0].facts == {"promise": "delivery", "order_id": "o-p1"}


def test_a_promise_that_was_kept_is_due_no_more() -> None:
    log = Log()
    log.rule(T0, PROMISE)
    log.touchpoint(T0, "promise.made", properties={"promise_id": "p1", "due_at": T0 + HOUR})
    log.touchpoint(T0 + MINUTE, "promise.kept", properties={"promise_id": "p1"})
    assert seen(log, T0 + 2 * MINUTE).promises_due == []


def test_a_changed_promise_is_due_at_its_new_time() -> None:
    log = Log()
    log.rule(T0, PROMISE)
    log.touchpoint(T0, "promise.made", properties={"promise_id": "p1", "due_at": T0 + HOUR})
    log.touchpoint(T0 + MINUTE, "promise.changed", properties={"promise_id": "p1", "due_at": T0 + 2 * HOUR})
    assert [one.due_at for one in seen(log, T0 + 2 * MINUTE).promises_due] == [T0 + 2 * HOUR]


def test_consents_are_listed_by_purpose_and_channel_with_their_time() -> None:
    log = hung_up(POLICY, "sms")
    log.consent(T0 + 2 * MINUTE, "consent.withdrawn", purpose="offers", channel="email")
    assert [(one.purpose, one.channel, one.status, one.since) for one in seen(log, T0 + HOUR).consents] == [
        ("care", "sms", "granted", T0),
        ("offers", "email", "withdrawn", T0 + 2 * MINUTE),
    ]


def test_a_contact_in_quiet_hours_waits_and_is_shown_with_its_time() -> None:
    log = hung_up(QUIET_POLICY)
    log.touchpoint(T0, "preference.set", customer_id="c2", properties={"time_zone": "UTC"})
    log.touchpoint(T0 + MINUTE, "consent.given", customer_id="c2", properties={"purpose": "care", "channel": "sms"})
    log.touchpoint(T0 + 2 * MINUTE, "queue.abandoned", customer_id="c2")
    found = seen(log, T0 + 3 * MINUTE, "c2")
    assert [(one.action, one.reason, one.attempts, one.not_before) for one in found.deferred_contacts] == [
        ("call.back", "quiet_hours", 1, T0 + 30 * MINUTE)
    ]
    assert [(one.status, one.reason) for one in found.considered] == [("deferred", "quiet_hours")]
    assert found.suggestion is None


@pytest.mark.parametrize(
    ("channels", "waits"), [(None, True), (("sms", "ivr"), True), (("ivr",), False)], ids=["all", "its own", "another"]
)
def test_a_contact_that_waits_is_shown_to_keys_of_a_channel_it_may_take(
    channels: tuple[str, ...] | None, waits: bool
) -> None:
    log = hung_up(QUIET_POLICY)
    log.touchpoint(T0, "preference.set", customer_id="c2", properties={"time_zone": "UTC"})
    log.touchpoint(T0 + MINUTE, "consent.given", customer_id="c2", properties={"purpose": "care", "channel": "sms"})
    log.touchpoint(T0 + 2 * MINUTE, "queue.abandoned", customer_id="c2")
    found = seen(log, T0 + 3 * MINUTE, "c2", channels=channels)
    assert bool(found.deferred_contacts) is waits
    assert ("deferred_contacts" in found.redacted) is not waits


def test_emotional_levels_are_those_of_now_and_fade() -> None:
    log = Log()
    log.rule(T0, HUNG_UP)
    log.emotions(T0)
    log.touchpoint(T0 + MINUTE, "queue.abandoned")
    at_once, later = (seen(log, T0 + after).emotions["stressed"] for after in (MINUTE, 1_000 * HOUR))
    assert at_once > later >= 0.0
    assert set(seen(log, T0 + MINUTE).emotions) == {
        *("vulnerable", "anxious", "joyful", "stressed", "neglected", "frustrated")
    }


def test_the_last_touchpoints_are_those_that_rules_still_remember_newest_first_and_at_most_five() -> None:
    log = Log()
    log.rule(
        T0,
        HUNG_UP.replace(
            "{event: {type: queue.abandoned}}", "{count: {type: queue.abandoned}, at_least: 9, within: 1h}"
        ),
    )
    for number in range(7):
        log.touchpoint(T0 + number * MINUTE, "queue.abandoned")
    log.touchpoint(T0 + 8 * MINUTE, "page.viewed")
    found = seen(log, T0 + 9 * MINUTE)
    assert [one.occurred_at - T0 for one in found.last_touchpoints] == [
        6 * MINUTE,
        5 * MINUTE,
        4 * MINUTE,
        3 * MINUTE,
        2 * MINUTE,
    ]
    assert found.last_seen_at == T0 + 8 * MINUTE


def test_a_key_for_one_channel_sees_what_belongs_to_it_and_is_told_where_something_is_left_out() -> None:
    log = hung_up(POLICY, "sms", "email")
    found = seen(log, T0 + 2 * MINUTE, channels=("email",))
    assert [one.channel for one in found.consents] == ["email"]
    assert found.recent_contacts == []
    assert set(found.redacted) == {"consents", "recent_contacts"}
    assert seen(log, T0 + 2 * MINUTE).redacted == []


def test_profile_and_preferences_are_shown_to_whom_may_read_them_only() -> None:
    log = Log()
    log.touchpoint(T0, "profile.set", properties={"home_country": "PT"})
    log.touchpoint(T0, "preference.set", properties={"channel": "sms"})
    log.touchpoint(T0, "segment.set", properties={"segment": "gold"})

    def profile(with_profile: bool) -> LiveState:
        return seen(log, T0, with_profile=with_profile)

    assert profile(False).profile is None
    shown = profile(True).profile
    assert shown is not None
    assert (shown.facts, shown.preferences, shown.segments) == ({"home_country": "PT"}, {"channel": "sms"}, ["gold"])
