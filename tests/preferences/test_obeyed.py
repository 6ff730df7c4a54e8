"""What the page publishes, taken in by the worker's core: it knows every word, and obeys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas import Touchpoint
from streams.preferences import Known, Word
from streams.preferences.changes import Choices, chosen_touchpoints, said, withdrawal
from tests.customer.log import CODEC, HOUR, HUNG_UP, MINUTE, POLICY, T0, Log, Outcome, played

YES = frozenset({("care", "sms")})
ALL = Choices(YES, {"channel": "sms", "quiet_from": "22:00", "quiet_to": "07:00", "time_zone": "Europe/Vienna"})
NIGHTS = POLICY + "limits: {quiet_hours: {windows: [{from: '23:00', to: '06:00'}], zones: [Europe/Vienna]}}\n"


def told(log: Log, touchpoints: Sequence[Touchpoint]) -> None:
    for one in touchpoints:
        log.raw(one["occurred_at"], CODEC.encode("Touchpoint", one), one["customer_id"].encode())


def begun(policy: str = POLICY) -> Log:
    log = Log()
    log.rule(T0, HUNG_UP, policy)
    return log


def decided(log: Log) -> list[tuple[str, str]]:
    outcome: Outcome = played(log)
    return [(decision["status"], decision["reason"]) for decision in outcome.decisions]


def test_the_vocabulary_knows_every_word() -> None:
    log = begun()
    given = chosen_touchpoints("c1", Known(), ALL, T0)
    told(log, given)
    told(log, chosen_touchpoints("c1", said(given), Choices(frozenset(), {}), T0 + MINUTE))
    told(log, withdrawal("c1", None, ("care", "sms"), "t1", T0 + 2 * MINUTE))
    outcome = played(log)
    assert outcome.violations == {}
    assert outcome.counters["accepted"] == 6


def test_without_a_tick_nobody_is_contacted_and_with_one_they_are() -> None:
    log = begun()
    log.touchpoint(T0, "queue.abandoned", wait_seconds=9)
    told(log, chosen_touchpoints("c1", Known(), Choices(YES, {}), T0 + MINUTE))
    log.touchpoint(T0 + HOUR, "queue.abandoned", wait_seconds=9)
    assert decided(log) == [("refused", "consent_none"), ("triggered", "ok")]


def test_after_a_click_in_a_mail_nobody_is_contacted() -> None:
    log = begun()
    told(log, chosen_touchpoints("c1", Known(), Choices(YES, {}), T0))
    told(log, withdrawal("c1", None, ("care", "sms"), "", T0 + MINUTE))
    log.touchpoint(T0 + HOUR, "queue.abandoned", wait_seconds=9)
    assert decided(log) == [("refused", "consent_withdrawn")]


def test_a_form_sent_twice_is_a_duplicate_to_the_worker() -> None:
    log = begun()
    for at in (T0, T0 + 50):
        told(log, chosen_touchpoints("c1", Known(), ALL, at))
    counters: dict[str, Any] = played(log).counters
    assert (counters["accepted"], counters["duplicate"]) == (2, 2)


def test_a_no_outweighs_a_yes_from_a_clock_that_ran_ahead() -> None:
    log = begun()
    log.consent(T0, "consent.given", occurred_at=T0 + 2 * HOUR)
    known = Known({("care", "sms"): Word("granted", T0 + 2 * HOUR)})
    told(log, chosen_touchpoints("c1", known, Choices(frozenset(), {}), T0 + MINUTE))
    log.touchpoint(T0 + HOUR, "queue.abandoned", wait_seconds=9)
    assert decided(log)[-1] == ("refused", "consent_withdrawn")


def test_the_customers_own_quiet_hours_hold() -> None:
    own = {**ALL.wishes, "quiet_from": "09:00", "quiet_to": "10:00"}
    outcomes = []
    for wishes in ({}, own):
        log = begun(NIGHTS)
        told(log, chosen_touchpoints("c1", Known(), Choices(YES, wishes), T0))
        # 08:31 UTC is 09:31 in Vienna.
        log.touchpoint(T0 + MINUTE, "queue.abandoned", wait_seconds=9)
        outcomes += decided(log)
    assert outcomes == [("triggered", "ok"), ("deferred", "quiet_hours")]
