"""The pure engine: its rate with the whole catalogue, ten rules against a hundred, and a quiet customer's bytes."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from heapq import heappop, heappush
from statistics import median
from uuid import NAMESPACE_OID, uuid5

import msgspec

from benchmarks.definitions import shipped
from benchmarks.policy import Entry
from benchmarks.report import Table, progress
from benchmarks.traffic import calls
from schemas import Codec, Touchpoint
from streams.catalogue import load_catalogue
from streams.controls import tick
from streams.customer import Partition, process_all
from streams.detection import DetectionState, Detector, Rule, parse_rule
from streams.simulation import City, plan_city

RATE_GOAL = 100_000
RATIO_GOAL = 2.0
BYTES_GOAL = 300
BATCH = 2_000
START = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""

_DAY_MS = 86_400_000
_CITY_CUSTOMERS = 3_000
_QUIET_CUSTOMERS = 2_000

_OTHER_RULE = """
id: other.rule{number}
version: 1
title: Not of this traffic
description: Three of a kind within a day, of a type that nobody publishes.
emotion: frustrated
intensity: 0.5
detect:
  count: {{type: other.happened{number}}}
  within: 1d
  at_least: 3
expires_after: 1h
"""


def run(touchpoints: int = 60_000, runs: int = 5) -> Table:
    """Processor time of one thread, batch by batch the least of ``runs``; decoded touchpoints in, firings out.

    Args:
        touchpoints: of the city, and of the calls.
        runs: how often each is measured.
    """
    table = Table("engine", f"the pure engine on one core, batch by batch the least of {runs} runs")
    rules = [parse_rule(text, filename) for filename, text in load_catalogue()]
    traffics = {"city": _city(touchpoints), "calls": _calls(touchpoints)}
    for name, traffic in traffics.items():
        progress(f"engine: all rules, {name}")
        rate = 1 / _seconds(rules, traffic, runs)
        what = f"touchpoints/s, {len(rules)} shipped rules, {name}"
        table.rows.append({"what": what, "measured": f"{rate:,.0f}", "goal": f"{RATE_GOAL:,}"})
    ten = rules_heard_most(rules, traffics["city"], 10)
    hundred = [*ten, *(parse_rule(_OTHER_RULE.format(number=number), "other.yaml") for number in range(90))]
    progress("engine: ten and a hundred rules")
    few, many = _seconds(ten, traffics["city"], runs), _seconds(hundred, traffics["city"], runs)
    table.rows.append(
        {
            "what": "100 rules of which 90 listen to other types, times the cost of the 10, city",
            "measured": f"{many / few:.2f}",
            "goal": f"under {RATIO_GOAL:g}",
        }
    )
    for count, days in ((1, 0), (1, 10), (2, 10), (1, 30), (2, 30)):
        progress(f"engine: customers of {count} calls, {days} days later")
        sizes = quiet_sizes(count, days)
        when = f"{days} quiet days after" if days else "right after"
        what = f"bytes of a customer's record {when} {count} call{'s' if count > 1 else ''}, median"
        goal = f"at most {BYTES_GOAL}" if days else ""
        table.rows.append({"what": what, "measured": f"{median(sizes):,.0f}", "goal": goal})
    for count, days in ((2, 10), (2, 30)):
        progress(f"engine: customers of {count} calls with UUIDs, {days} days later")
        what = f"the same {days} quiet days after {count} calls, every id a UUID"
        table.rows.append(
            {"what": what, "measured": f"{median(quiet_sizes(count, days, uuids=True)):,.0f}", "goal": ""}
        )
    table.notes = [
        f"city: the simulated city, {_CITY_CUSTOMERS:,} customers; deadlines fire by the time of the touchpoints",
        "the record: all that is stored of the customer, under all shipped definitions",
    ]
    return table


def rules_heard_most(rules: Sequence[Rule], traffic: Sequence[Touchpoint], count: int) -> list[Rule]:
    """Those rules that name the types of most touchpoints."""
    heard = {rule.id: sum(one["type"] in rule.detect.types() for one in traffic) for rule in rules}
    return sorted(rules, key=lambda rule: (-heard[rule.id], rule.id))[:count]


def quiet_sizes(count: int, days: int, customers: int = _QUIET_CUSTOMERS, uuids: bool = False) -> list[int]:
    """Bytes of each customer's record, ``days`` after ``count`` calls that reached an agent, a day apart.

    Args:
        count: of the calls.
        days: how long nothing has come since.
        customers: how many.
        uuids: whether ids of customers, calls and events are UUIDs, which are long and deflate badly.
    """
    codec, partition = Codec(), Partition(0, 1, Codec())
    log = [codec.encode("Control", control) for control in shipped()]
    kinds = ("ivr.entered", "ivr.exited", "queue.entered", "agent.connected", "agent.ended")
    entries = [Entry(number, START, None, value, []) for number, value in enumerate(log)]
    for call in range(count):
        for step, kind in enumerate(kinds):
            for number in range(customers):
                at = START + call * _DAY_MS + step * 20_000
                one = _step(f"customer-{number:06d}", f"call-{number:06d}-{call}", kind, at)
                if uuids:
                    for name in ("customer_id", "correlation_id", "event_id"):
                        one[name] = str(uuid5(NAMESPACE_OID, str(one[name])))
                entries.append(
                    Entry(len(entries), at, one["customer_id"].encode(), codec.encode("Touchpoint", one), [])
                )
    end = entries[-1].timestamp + days * _DAY_MS
    entries.append(Entry(len(entries), end, None, codec.encode("Control", tick(end)), []))
    process_all(partition, entries)
    partition.take_outputs()
    return [len(value) for key, value in partition.take_changes() if value and not key.startswith(b"\0")]


def _seconds(rules: Sequence[Rule], traffic: Sequence[Touchpoint], runs: int) -> float:
    """For a touchpoint."""
    detector = Detector(rules)
    batches = [traffic[at : at + BATCH] for at in range(0, len(traffic), BATCH)]
    least = [float("inf")] * len(batches)
    for _ in range(runs):
        engine = _Engine(detector)
        gc.collect()
        gc.disable()
        try:
            for place, batch in enumerate(batches):
                started = time.thread_time()
                engine.take(batch)
                least[place] = min(least[place], time.thread_time() - started)
        finally:
            gc.enable()
    return sum(least) / len(traffic)


class _Engine:
    """A detector with many customers' states, and a clock."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._states: dict[str, DetectionState] = {}
        self._due: list[tuple[int, str]] = []
        self._clock = 0

    def take(self, touchpoints: Sequence[Touchpoint]) -> None:
        """Touchpoints in the order of publication; the newest one's time is the clock."""
        detector, states, waiting, clock = self._detector, self._states, self._due, self._clock
        for touchpoint in touchpoints:
            clock = max(clock, touchpoint["occurred_at"])
            while waiting and waiting[0][0] <= clock:
                due, customer_id = heappop(waiting)
                state = states[customer_id]
                if state.due == due:
                    detector.on_deadline(state, due)
                    if state.due is not None:
                        heappush(waiting, (state.due, customer_id))
            customer_id = touchpoint["customer_id"]
            known = states.get(customer_id)
            state = known if known is not None else states.setdefault(customer_id, DetectionState())
            before = state.due
            detector.on_touchpoint(state, touchpoint, clock)
            if state.due is not None and state.due != before:
                heappush(waiting, (state.due, customer_id))
        self._clock = clock


def _city(touchpoints: int) -> list[Touchpoint]:
    plan = plan_city(START, touchpoints=touchpoints, customers=_CITY_CUSTOMERS)
    return _as_decoded(list(City(plan, lambda moment: None).touchpoints()))


def _calls(touchpoints: int) -> list[Touchpoint]:
    return _as_decoded(list(calls(touchpoints, 5_000, START, touchpoints / (30 * 86_400))))


def _as_decoded(touchpoints: list[Touchpoint]) -> list[Touchpoint]:
    """Each with strings of its own, as they come out of bytes."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(touchpoints), type=list[Touchpoint])


def _step(customer_id: str, correlation_id: str, kind: str, at: int) -> Touchpoint:
    return {
        "event_id": f"{correlation_id}-{kind}",
        "source": "bench",
        "customer_id": customer_id,
        "identified": True,
        "channel": "ivr" if kind.startswith("ivr") else "voice",
        "type": kind,
        "occurred_at": at,
        "correlation_id": correlation_id,
        "session_id": None,
        "identities": {},
        "properties": {"skill": "S01", "reason": f"r-{kind}", "agent": "agent-7"},
    }
