"""The page asks by the policy that is active, and follows it.

Sabotage: ``active_offer`` that ignores what the log says and offers the shipped policy.
"""

from __future__ import annotations

import threading

import pytest

from streams.codec import make_codec
from streams.controls import activation
from streams.errors import Unreachable
from streams.outreach import Policy, parse_policy
from streams.preferences.active_offer import ActiveOffer, active_offer
from streams.publishing import activate
from streams.settings import Settings

TEXT = """
id: outreach
version: 1
description: For tests.
actions:
  - {id: one, moments: [m], class: service, purpose: PURPOSE, channels: [sms], template: t, cool_down: 1d}
"""


def policy(purpose: str) -> Policy:
    return parse_policy(TEXT.replace("PURPOSE", purpose), "test")


class Log:
    """What is active, and how often its text was read."""

    def __init__(self, active: Policy | None = None) -> None:
        self.active, self.version, self.reads = active, 0, 0
        self.is_away = False

    def read(self) -> Policy | None:
        self.reads += 1
        return self.active

    def told(self) -> int:
        if self.is_away:
            raise Unreachable("away", "wait")
        return self.version


def test_before_any_policy_was_activated_the_shipped_one_is_asked_by() -> None:
    log = Log()
    assert ActiveOffer(log.read, log.told, policy("shipped"))().places == {("shipped", "sms")}


def test_the_active_one_is_asked_by_and_one_activated_later_is_followed() -> None:
    log = Log(policy("care"))
    offer = ActiveOffer(log.read, log.told, policy("shipped"))
    assert offer().places == {("care", "sms")}
    log.active, log.version = policy("fitting"), 1
    offer.look()
    assert offer().places == {("fitting", "sms")}


def test_a_policy_that_did_not_change_is_not_read_again() -> None:
    log = Log(policy("care"))
    offer = ActiveOffer(log.read, log.told, policy("shipped"))
    for _ in range(5):
        offer.look()
    assert log.reads == 1


def test_while_nobody_tells_what_is_active_the_last_one_is_kept_and_then_followed() -> None:
    log, looked = Log(policy("care")), threading.Semaphore(0)
    told = log.told

    def counted() -> int:
        looked.release()
        return told()

    offer = ActiveOffer(log.read, counted, policy("shipped"))
    log.is_away = True
    offer.follow(0.01)
    try:
        for _ in range(3):
            assert looked.acquire(timeout=5)
        assert offer().places == {("care", "sms")}
        log.active, log.version, log.is_away = policy("fitting"), 1, False
        for _ in range(3):
            assert looked.acquire(timeout=5)
        assert offer().places == {("fitting", "sms")}
    finally:
        offer.end()


def test_what_is_active_is_read_from_the_log(topics: Settings) -> None:
    shipped = policy("shipped")
    assert active_offer(topics, shipped)().places == {("shipped", "sms")}
    activate(topics, make_codec(topics), [activation("policy", "outreach", 1, TEXT.replace("PURPOSE", "fitting"))])
    assert active_offer(topics, shipped)().places == {("fitting", "sms")}


def test_without_kafka_it_says_so_and_what_to_look_at() -> None:
    with pytest.raises(Unreachable, match="does not tell what is active"):
        active_offer(Settings(kafka_bootstrap="127.0.0.1:1"), policy("shipped"))
