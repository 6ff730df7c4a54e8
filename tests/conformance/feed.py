"""A case's events in the order and at the clock at which the engine under test gets them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas.types import Touchpoint
from tests.conformance.errors import Refused
from tests.conformance.translation import BEGINNING

ORIGIN = 1_767_603_600_000
"""The cases' time 0, ms UTC."""

_SLACK_MS = 100
"""How much longer than its waits a case on a wall clock is observed."""


class Delivery(NamedTuple):
    """An event for a customer; the clock (ms after ``ORIGIN``) moves first."""

    clock: int
    customer_id: str
    touchpoint: Touchpoint


def deliveries(case: Mapping[str, Any], has_beginning: bool) -> Iterator[Delivery]:
    """Events in the order of delivery. Every key of the pattern is a customer.

    Raises:
        Refused: a kind of clock that is not known.
    """
    clock: Mapping[str, Any] = case["clock"]
    key = case["pattern"].get("key")
    events = list(_sorted_by_watermark(case) if clock["mode"] == "watermark" else case["events"])
    if clock["mode"] not in ("event", "virtual", "wall", "playback", "watermark"):
        raise Refused(f"clock '{clock['mode']}'")
    customers = list(dict.fromkeys(customer_of(event, key) for event in events)) or ["customer"]
    now = min([clock.get("start", 0), *(event["ts"] for event in events)])
    if has_beginning:
        for customer_id in customers:
            yield Delivery(now, customer_id, touchpoint({"id": BEGINNING, "type": BEGINNING, "ts": now}, customer_id))
    for event in events:
        now = max(now, event["ts"])
        customer_id = customer_of(event, key)
        yield Delivery(now, customer_id, touchpoint(event, customer_id))


def closing_time(case: Mapping[str, Any]) -> int:
    """Until when the case is observed, ms after ``ORIGIN``."""
    clock, steps = case["clock"], case["pattern"]["steps"]
    last = max((event["ts"] for event in case["events"]), default=0)
    given = case["expected"].get("observed_until_ms", clock.get("end"))
    if given is not None:
        return int(given)
    if clock["mode"] in ("wall", "playback"):
        waits = [step["for_ms"] for step in steps if "for_ms" in step]
        if steps[-1].get("negated") and not waits:
            waits = [case["pattern"].get("within", {}).get("ms", 0)]
        return last + int(max(waits, default=0)) + _SLACK_MS
    return last


def customer_of(event: Mapping[str, Any], key: str | list[str] | None) -> str:
    """The customer that stands for the event's key."""
    fields = [key] if isinstance(key, str) else key or []
    return "-".join(["customer", *(str(event.get("attrs", {}).get(field)) for field in fields)])


def touchpoint(event: Mapping[str, Any], customer_id: str) -> Touchpoint:
    """The event as a touchpoint."""
    return {
        "event_id": str(event["id"]),
        "source": "conformance",
        "customer_id": customer_id,
        "identified": True,
        "channel": "web",
        "type": event["type"],
        "occurred_at": ORIGIN + event["ts"],
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(sorted(event.get("attrs", {}).items())),
    }


def _sorted_by_watermark(case: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Events as a wait for order delivers them: held until the watermark passes, sorted, late ones left out."""
    held: list[Mapping[str, Any]] = []
    watermark: int | None = None
    for kind, value in _script(case):
        if kind == "event":
            if watermark is None or value["ts"] > watermark:
                held.append(value)
        else:
            watermark = value if watermark is None else max(watermark, value)
            ready = sorted((one for one in held if one["ts"] <= watermark), key=lambda one: int(one["ts"]))
            held = [one for one in held if one["ts"] > watermark]
            yield from ready
    yield from sorted(held, key=lambda one: int(one["ts"]))


def _script(case: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    clock = case["clock"]
    events = {str(event["id"]): event for event in case["events"]}
    if "script" in clock:
        for kind, value in clock["script"]:
            yield kind, events[str(value)] if kind == "event" else value
        return
    lag = re.fullmatch(r"max_ts\s*(?:-\s*(\d+))?", clock.get("watermark", "max_ts"))
    if lag is None:
        raise Refused(f"watermark '{clock['watermark']}'")
    newest = None
    for event in case["events"]:
        yield "event", event
        newest = event["ts"] if newest is None else max(newest, event["ts"])
        yield "watermark", newest - int(lag[1] or 0)
