"""Seeded logs of every kind of record: readable and not, new and seen, in time and late, and controls."""

from __future__ import annotations

import random

from tests.customer.log import (
    CODEC,
    DAY,
    HOUR,
    HUNG_UP,
    MINUTE,
    POLICY,
    REPEATED,
    SECOND,
    SILENCE,
    T0,
    Log,
    touchpoint,
)

_KINDS = ("ivr.entered", "flow.started", "flow.completed", "queue.abandoned", "agent.connected", "page.viewed")
_CONSENTS = ("consent.given", "consent.given", "consent.denied", "consent.withdrawn")


def mixed_log(records: int, seed: int, customers: int = 40, activations: bool = True) -> Log:
    """About one record in four is no ordinary new touchpoint."""
    pick = random.Random(seed)
    log = Log()
    log.rule(T0, SILENCE, HUNG_UP, REPEATED, POLICY)
    now, versions = T0, 1
    while len(log.records) < records:
        now += pick.choice((0, 0, 0, 40, SECOND, 20 * SECOND, 2 * MINUTE))
        if pick.random() < 0.002:
            now += pick.choice((HOUR, DAY, 9 * DAY))
        kind = pick.random()
        if kind < 0.76:
            _touchpoint(log, pick, now, f"c{pick.randrange(customers)}")
        elif kind < 0.84 and len(log.records) > 10:
            again = log.records[pick.randrange(len(log.records))]
            log.raw(now, again.value, again.key, *again.headers)
        elif kind < 0.88:
            _touchpoint(log, pick, now, f"c{pick.randrange(customers)}", back=pick.choice((6, 8, 400)) * DAY)
        elif kind < 0.97:
            _unreadable(log, pick, now)
        elif kind < 0.99 or not activations:
            log.tick(now)
        else:
            versions += 1
            rule = pick.choice((SILENCE, HUNG_UP, REPEATED, POLICY))
            log.rule(now, rule.replace("version: 1", f"version: {versions}"))
    return log


def _touchpoint(log: Log, pick: random.Random, now: int, customer_id: str, back: int = 0) -> None:
    occurred_at = now - pick.choice((0, 0, 0, 5 * SECOND, 3 * HOUR)) - back
    if pick.random() < 0.05:
        properties = {"channel": pick.choice(("sms", "email")), "purpose": "care"}
        log.touchpoint(now, pick.choice(_CONSENTS), customer_id, occurred_at=occurred_at, properties=properties)
        return
    log.touchpoint(
        now,
        pick.choice(_KINDS),
        customer_id,
        occurred_at=occurred_at,
        identified=pick.random() < 0.9,
        correlation_id=pick.choice((None, "k", "l", "m")),
        step=pick.randrange(5),
    )


def _unreadable(log: Log, pick: random.Random, now: int) -> None:
    value = CODEC.encode("Touchpoint", touchpoint(len(log.records), now, "page.viewed", "c1"))
    log.raw(
        now,
        pick.choice(
            (
                value[: pick.randrange(len(value))],
                b"\x01" + value[1:],
                b"\0\0\0\0\x63" + value[5:],
                b"\0\0\0\0\x07" + value[5:],
                value + b"\0",
                None,
                bytes(1_000_001) if pick.random() < 0.1 else b"",
                CODEC.encode("Touchpoint", touchpoint(0, now, "page.viewed", "")),
                CODEC.encode("Touchpoint", touchpoint(0, now, "page.viewed", "c1", event_id="")),
                CODEC.encode("Touchpoint", touchpoint(0, now + 2 * DAY, "page.viewed", "c1")),
            )
        ),
        pick.choice((b"c1", None, b"\xff")),
    )
