"""Payments that fail, bills that shock."""

from __future__ import annotations

from functools import partial

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


def _failed_twice(stage: Stage, script: Script, at: int) -> None:
    opening = _fail(script, at)
    _fail(script, at + 10 * _MINUTE_MS)
    script.expect("payment.failed_streak", opening, at + _HOUR_MS)


def _succeeded_at_last(stage: Stage, script: Script, at: int) -> None:
    """Two failures, and a success a millisecond before the hour is over."""
    _fail(script, at)
    _fail(script, at + 10 * _MINUTE_MS)
    _succeed(script, at + _HOUR_MS - 1)


def _succeeded_too_late(stage: Stage, script: Script, at: int) -> None:
    """Two failures, and a success when the hour is over to the millisecond."""
    opening = _fail(script, at)
    _fail(script, at + 10 * _MINUTE_MS)
    _succeed(script, at + _HOUR_MS)
    script.expect("payment.failed_streak", opening, at + _HOUR_MS)


def _failed_once(stage: Stage, script: Script, at: int) -> None:
    """A failure, a success at the second try, and a failure another day."""
    _fail(script, at)
    _succeed(script, at + 2 * _MINUTE_MS)
    _fail(script, at + 30 * _HOUR_MS)


def _bills(last: float, shock: bool, stage: Stage, script: Script, at: int) -> None:
    """Three bills of a hundred on average, and another one."""
    amounts = (90.0, 100.0, 110.0, last)
    for number, amount in enumerate(amounts):
        bill = script.id(f"bill-{number}")
        script.say(at + number * 2 * DAY_MS, "bill.issued", "billing", bill_id=bill, amount=amount, currency="EUR")
    if shock:
        script.expect("bill.shock", script.lines[0].touchpoint, at + 6 * DAY_MS)


def _fail(script: Script, at: int) -> Touchpoint:
    return script.say(at, "payment.failed", "web", payment_id=script.id("pay"), amount=49.9, code="51", method="card")


def _succeed(script: Script, at: int) -> None:
    script.say(at, "payment.succeeded", "web", payment_id=script.id("pay"), amount=49.9, method="card")


_RULES, _SHOCK = ("payment.failed_streak",), ("bill.shock",)

PLOTS = (
    Plot("Two failed payments", _RULES, _failed_twice),
    Plot("Two failed payments, and a success just within the hour", _RULES, _succeeded_at_last),
    Plot("Two failed payments, and a success at the end of the hour", _RULES, _succeeded_too_late),
    Plot("Single failed payments", _RULES, _failed_once),
    Plot("A bill more than half as high again", _SHOCK, partial(_bills, 150.01, True)),
    Plot("A bill half as high again", _SHOCK, partial(_bills, 150.0, False)),
)
