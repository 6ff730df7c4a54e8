"""How late an absence fires when nothing else happens: broker append time less the deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator

from confluent_kafka import Producer

from benchmarks.definitions import policy_activation, rule_activation
from benchmarks.fill import encoded
from benchmarks.ledger import ends, wait_applied
from benchmarks.report import Table, percentile, progress
from benchmarks.stage import Process, Stage
from schemas import Codec, Touchpoint
from streams.kafka import producer_config
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import MOMENTS, TOUCHPOINTS
from tests.kafka.reader import Record, read

GOAL = "p99 under 250 ms"
START_OVER_S = 2.0
SHORT_S, LONG_S = 3, 15
"""Silence until the absence fires: without a restart, and with one in it."""
RESTART_BEFORE_S = 8.0
TIMEOUT_S = 60.0

_RULE = """
id: bench.silence
version: 1
title: Started and then nothing
description: A flow that nothing follows.
emotion: neglected
detect:
  sequence:
    - start: {{type: bench.started}}
    - not_followed_by: {{type: bench.finished}}
      for: {seconds}s
by: [correlation_id]
"""
_POLICY = """
id: outreach
version: 1
description: Whatever remains silent gets one offer of help.
actions:
  - id: flow.help
    moments: [bench.silence]
    class: service
    purpose: care
    channels: [sms]
    template: pick_up_where_you_left
    cool_down: 0s
"""


def run(flows: int = 400) -> Table:
    """Two variants: silence, and silence in which the worker is killed and started again."""
    table = Table("absence", "lateness of an absence with no further event, ms")
    with Stage() as stage:
        for restarted in (False, True):
            table.rows.append(_variant(stage, flows, restarted))
    table.notes = [
        f"goal: {GOAL}",
        f"{flows} flows begin over {START_OVER_S:.0f} s, then nothing is published; lateness is the moment's append "
        "time at the broker less its detected_at",
        f"killed: kill -9 {RESTART_BEFORE_S:.0f} s before the first deadline, started again at once; overdue: "
        "deadlines that had passed before every lane ran again",
    ]
    return table


def _variant(stage: Stage, flows: int, restarted: bool) -> dict[str, object]:
    name = "killed and started" if restarted else "running"
    progress(f"absence: {flows} flows, worker {name}")
    settings = stage.topics(f"absence-{'killed' if restarted else 'running'}")
    codec = Codec()
    seconds = LONG_S if restarted else SHORT_S
    activate(settings, codec, [rule_activation(_RULE.format(seconds=seconds)), policy_activation(_POLICY)])
    worker = stage.worker(settings)
    worker.wait_lanes(settings.partitions, TIMEOUT_S)
    first = time.time() + seconds
    _start_flows(settings, codec, flows)
    back = 0.0
    if restarted:
        wait_applied(settings, worker, ends(settings), TIMEOUT_S)
        time.sleep(max(0.0, first - RESTART_BEFORE_S - time.time()))
        worker.kill()
        worker = stage.worker(settings)
        worker.wait_lanes(settings.partitions, TIMEOUT_S)
        back = time.time()
    moments = _moments(settings, worker, flows)
    worker.stop()
    fired = [(moment.timestamp, codec.decode(moment.value)[1]["detected_at"]) for moment in moments]
    late = [float(at - due) for at, due in fired]
    return {
        "worker": name,
        "absences": len(late),
        "p50": percentile(late, 0.5),
        "p99": percentile(late, 0.99),
        "max": max(late),
        "overdue": sum(due < back * 1000 for _, due in fired),
    }


def _start_flows(settings: Settings, codec: Codec, flows: int) -> None:
    producer = Producer(producer_config(settings, **{"linger.ms": 1}))
    topic = settings.topic(TOUCHPOINTS)
    base = time.time()
    for number in range(flows):
        time.sleep(max(0.0, base + number * START_OVER_S / flows - time.time()))
        for key, value in encoded(codec, _flow(number)):
            producer.produce(topic, value, key)
        producer.poll(0)
    if producer.flush(30):
        raise RuntimeError("the broker did not take every flow")


def _flow(number: int) -> Iterator[Touchpoint]:
    yield {
        "event_id": f"flow-{number}",
        "source": "bench",
        "customer_id": f"customer-{number:06d}",
        "identified": True,
        "channel": "web",
        "type": "bench.started",
        "occurred_at": time.time_ns() // 1_000_000,
        "correlation_id": f"flow-{number}",
        "session_id": None,
        "identities": {},
        "properties": {},
    }


def _moments(settings: Settings, worker: Process, flows: int) -> list[Record]:
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        time.sleep(2)
        moments = read(settings, MOMENTS)
        if len(moments) >= flows:
            return moments
        if not worker.is_running or time.monotonic() > deadline:
            raise RuntimeError(f"{len(moments)} moments of {flows} flows:\n{worker.log_end()}")
