"""What of a customer's record grows beside detection: seen events, consents, profile, moments, contacts, candidates.

Fed to a whole partition, one customer each, with touchpoints that mean it ill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.definitions import policy_activation, rule_activation
from benchmarks.policy import Entry
from schemas import Codec, Control, Touchpoint, Value
from streams.controls import activation
from streams.customer import Partition, encode_customer, process_all
from streams.customer.seen import SeenEvents, event_digest

START = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""

_HOUR = 3_600_000
_CUSTOMER = "customer-000001"
_PORTION = 1_000
_WEIGHED = 40
"""What is weighed is the heaviest of so many touchpoints, since some end what others began."""

_RULE = """
id: growth.moment
version: 1
title: Growth
description: Every one.
emotion: stressed
detect: {event: {type: a}}
resolved_by: {event: {type: b}, same: [correlation_id]}
expires_after: 366d
"""
_RHYTHM = """
id: growth.rhythm
version: 1
title: Growth
description: A deadline that moves with every touchpoint.
emotion: neglected
detect: {silence: {type: c}, times: 3, gaps: 3, visit: 1ms, at_least: 30d, at_most: 90d}
"""
_POLICY = """
id: outreach
version: 1
description: As much as can be remembered.
actions:
  - {id: call.back, moments: [growth.moment], class: service, purpose: care, channels: [sms], template: x,
     bought_within: 366d}
limits:
  quiet_hours: {windows: [{from: "21:00", to: "08:00"}]}
  ask_use: {most: 256, least_asks: 256, within: 366d, uses: [login.succeeded]}
suppressions: [{list: do_not_contact, classes: [service]}]
"""
_HOLDING = """
id: time
version: 1
order_wait: 1h
"""

Properties = dict[str, Value]


@dataclass(frozen=True)
class Record:
    """A stream of one customer.

    Attributes:
        kinds: types of the touchpoints, over and over.
        properties: of touchpoint ``number``.
        start: when it begins, ms UTC.
        holds: whether touchpoints are held for older ones.
        measure: what is weighed; by default the bytes of the record without its remembered events.
    """

    kinds: Sequence[str]
    properties: Callable[[int], Properties] = lambda number: {}
    start: int = START
    holds: bool = False
    measure: Callable[[Partition], int] = field(default=lambda partition: _weight(partition))


def _weight(partition: Partition) -> int:
    customer = partition.look(_CUSTOMER)
    if customer is None:
        return 0
    return len(encode_customer(customer)) - len(customer.seen.entries)


RECORDS: dict[str, Record] = {
    "consents": Record(("consent.given",), lambda number: {"purpose": f"purpose-{number:08}", "channel": "sms"}),
    "profile": Record(("profile.set",), lambda number: {f"fact-{number:08}": "a text"}),
    "segments": Record(("segment.set",), lambda number: {"segment": f"segment-{number:08}", "member": True}),
    "suppression lists": Record(("suppression.added",), lambda number: {"list": f"list-{number:08}"}),
    "purchases": Record(("order.placed",), lambda number: {"product_id": f"product-{number:08}"}),
    "uses": Record(("login.succeeded",)),
    "channels": Record(("consent.given",), lambda number: {"purpose": "care", "channel": f"channel-{number:08}"}),
    "open moments, contacts": Record(("a",)),
    "resolutions": Record(("a", "b")),
    "candidates that wait": Record(("a",), start=START + 13 * _HOUR),
    "held touchpoints": Record(("c",), holds=True),
    "deadlines that move, entries of the schedule": Record(
        ("c",), measure=lambda partition: len(partition._customers.deadlines)
    ),
}
"""By name."""


def weigh_record(record: Record, points: Sequence[int]) -> list[int]:
    """The bytes, or whatever is measured, at each point."""
    codec = Codec()
    partition = Partition(0, 1, codec)
    controls = [rule_activation(_RULE), rule_activation(_RHYTHM), policy_activation(_POLICY)]
    if record.holds:
        controls.append(activation("time", "time", 1, _HOLDING))
    before = record.start - 2 * _HOUR
    said = [
        _touchpoint(-1, "consent.given", before, {"purpose": "care", "channel": "sms"}),
        _touchpoint(-2, "profile.set", before, {"time_zone": "Etc/GMT"}),
    ]
    begin = [_control(number, before, codec, one) for number, one in enumerate(controls)]
    begin += [_entry(len(begin) + number, before, codec, one) for number, one in enumerate(said)]
    process_all(partition, begin)
    offset, sizes, largest = len(begin), list[int](), 0
    for number, touchpoint in enumerate(_stream(record, points[-1]), 1):
        process_all(partition, [_entry(offset, touchpoint["occurred_at"], codec, touchpoint)])
        offset += 1
        if points[len(sizes)] - number < _WEIGHED:
            largest = max(largest, record.measure(partition))
        if number % _PORTION == 0:
            partition.take_outputs()
            list(partition.take_changes())
        if number == points[len(sizes)]:
            sizes.append(largest)
            largest = 0
    return sizes


def weigh_seen(points: Sequence[int]) -> list[int]:
    """Bytes of the remembered events at each point."""
    events, sizes = SeenEvents(), list[int]()
    for number in range(1, points[-1] + 1):
        events.add(event_digest("growth", f"event-{number:08}"), START + number)
        if number == points[len(sizes)]:
            sizes.append(len(events.entries))
    return sizes


def _stream(record: Record, most: int) -> Iterator[Touchpoint]:
    for number in range(1, most + 1):
        kind = record.kinds[number % len(record.kinds)]
        yield _touchpoint(number, kind, record.start + number, record.properties(number))


def _touchpoint(number: int, kind: str, at: int, properties: Properties) -> Touchpoint:
    return {
        "event_id": f"event-{number:08}",
        "source": "growth",
        "customer_id": _CUSTOMER,
        "identified": True,
        "channel": "web",
        "type": kind,
        "occurred_at": at,
        "correlation_id": f"correlation-{number // 2:08}",
        "session_id": None,
        "identities": {},
        "properties": properties,
    }


def _entry(offset: int, at: int, codec: Codec, touchpoint: Touchpoint) -> Entry:
    return Entry(offset, at, _CUSTOMER.encode(), codec.encode("Touchpoint", touchpoint), [])


def _control(offset: int, at: int, codec: Codec, control: Control) -> Entry:
    return Entry(offset, at, None, codec.encode("Control", control), [])
