"""A process that publishes prepared touchpoints on a schedule that waits for nobody.

``python -m benchmarks.open_loop RATE SECONDS EVERY CUSTOMERS RESULT`` publishes for SECONDS at RATE
a second. One record in EVERY is a probe: a customer who consented gives up in the queue, which
triggers outreach. Probe n was due at ``base + n * EVERY / RATE``, whatever the broker or the worker
did meanwhile; RESULT gets ``{"base", "probes", "worst_lag_ms", "seconds"}``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Producer

from benchmarks.fill import Keyed, encoded
from benchmarks.traffic import calls
from schemas import Codec, Touchpoint
from streams.kafka import producer_config
from streams.settings import load_settings
from streams.topics import TOUCHPOINTS

PROBED_CUSTOMERS = 5_000
_TURN_S = 0.002


def probed_customer(number: int) -> str:
    """The customer of probe ``number``; all of them consented."""
    return f"probed-{number % PROBED_CUSTOMERS:05d}"


def probe(step: str, number: int, occurred_at: int) -> Touchpoint:
    """A hang-up after a minute of waiting; its id tells which probe it is."""
    return {
        "event_id": f"{step}:{number}",
        "source": "probe",
        "customer_id": probed_customer(number),
        "identified": True,
        "channel": "voice",
        "type": "queue.abandoned",
        "occurred_at": occurred_at,
        "correlation_id": f"{step}-{number}",
        "session_id": None,
        "identities": {},
        "properties": {"priority": 1, "skill": "S00", "wait_seconds": 60},
    }


def main() -> None:
    """Prepare, publish, report."""
    rate, seconds, every, customers = (int(argument) for argument in sys.argv[1:5])
    total = rate * seconds
    # Prepared beforehand, so that its cost is not the worker's; the schedule begins when it is done.
    records = list(_records(f"rate-{rate}", total, rate, every, customers))
    settings = load_settings()
    more = {"queue.buffering.max.messages": 0, "queue.buffering.max.kbytes": 2_000_000}
    producer = Producer(producer_config(settings, **more))
    topic = settings.topic(TOUCHPOINTS)
    producer.list_topics(topic, timeout=10)
    base = time.time() + 0.2
    sent, worst = 0, 0.0
    while sent < total:
        now = time.time()
        due = min(total, int((now - base) * rate) + 1) if now >= base else 0
        if due > sent:
            worst = max(worst, now - base - sent / rate)
        for key, value in records[sent:due]:
            producer.produce(topic, value, key)
        sent = max(sent, due)
        producer.poll(0)
        time.sleep(_TURN_S)
    took = time.time() - base
    if producer.flush(120):
        raise SystemExit("the broker did not take every touchpoint")
    result = {"base": base, "probes": -(-total // every), "worst_lag_ms": worst * 1000, "seconds": took}
    Path(sys.argv[5]).write_text(json.dumps(result))


def _records(step: str, total: int, rate: int, every: int, customers: int) -> Iterator[Keyed]:
    """In each of the ``every`` records the first is a probe."""
    now = time.time_ns() // 1_000_000
    traffic = calls(total, customers, now, rate, seed=rate)
    mixed = (
        _renamed(touchpoint, step) if number % every else probe(step, number // every, now + number * 1000 // rate)
        for number, touchpoint in enumerate(traffic)
    )
    return iter(encoded(Codec(), mixed))


def _renamed(touchpoint: Touchpoint, step: str) -> Touchpoint:
    """Each step has calls of its own: event ids of the step before would be duplicates."""
    touchpoint["event_id"] = f"{step}-{touchpoint['event_id']}"
    touchpoint["correlation_id"] = f"{step}-{touchpoint['correlation_id']}"
    return touchpoint


if __name__ == "__main__":
    main()
