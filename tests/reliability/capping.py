"""R16b: moments of one customer all at once, at two workers that are killed and share anew: no cap is passed by one."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schemas import Codec, Control, Touchpoint, headers
from streams.controls import activation
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import TOUCHPOINTS, TRIGGERS
from tests.kafka.reader import Record, read
from tests.kafka.witness import Witness
from tests.reliability.oracle import Comparison, compare, partition_records
from tests.reliability.running import wait_for, wait_until_applied
from tests.reliability.worker import WorkerProcess

BURST, BURST_WITHIN_MS, OVERALL = 2, 4_000, 4
"""So many contacts in any four seconds, and so many in all."""

ACTIONS = 5
"""Contacts that compete for the same caps; none has a cool-down."""

CUSTOMERS = 50
MOMENTS = 50
"""Of the one customer at each wave; of each of the others one."""

WAVES = 6
_WAVE_S = 1.5
_PUBLISHERS = 4

_POLICY = f"""
id: outreach
version: 1
description: Nothing but caps holds a contact back.
limits:
  caps:
    - {{id: burst, most: {BURST}, within: {BURST_WITHIN_MS // 1000}s}}
    - {{id: overall, most: {OVERALL}, within: 1h, purpose: care}}
actions:
"""
_ACTION = """
  - {{id: contact.{0}, moments: [queue.given_up_{0}], class: service, purpose: care, channels: [sms, email],
     template: x}}
"""
_RULE = """
id: queue.given_up_{0}
version: 1
title: One of many
description: Every call given up of this queue.
emotion: stressed
detect: {{event: {{type: queue.abandoned, queue: q{0}}}}}
"""


@dataclass
class Capped:
    """What the checker found.

    Attributes:
        comparison: the outputs held against the oracle.
        contacts: committed triggers, by customer.
        burst: the most that one customer had in any four seconds.
        moments: touchpoints that each were one.
    """

    comparison: Comparison
    contacts: dict[str, int]
    burst: int
    moments: int

    @property
    def holds(self) -> bool:
        """Whether every customer got as many as the caps allow, and none one more."""
        return self.comparison.holds and self.burst == BURST and set(self.contacts.values()) == {OVERALL}

    @property
    def passed(self) -> bool:
        """Whether a cap was passed, by the triggers alone."""
        return self.burst > BURST or max(self.contacts.values()) > OVERALL


def pass_no_cap(settings: Settings, folder: Path, *, waves: int, seed: int, sabotage: str = "") -> Capped:
    """One worker, then two; after each wave of moments one of them is killed and started again."""
    pick = random.Random(seed)
    workers = [WorkerProcess(settings, f"w{number}", folder / f"w{number}.log", sabotage) for number in (1, 2)]
    codec = Codec()
    activate(settings, codec, definitions())
    workers[0].start()
    try:
        wait_for(lambda: len(partition_records(settings)) == settings.partitions, "every partition to be written")
        sent = 0
        for wave in range(waves):
            begun = time.monotonic()
            sent += _publish(settings, codec, folder, wave)
            if wave == 0:
                workers[1].start()  # half the partitions move to it while the caps are full
            else:
                time.sleep(pick.uniform(0.0, 0.3))
                victim = pick.choice(workers)
                victim.kill()
                victim.start()
            time.sleep(max(0.0, begun + _WAVE_S - time.monotonic()))
        wait_until_applied(settings)
    finally:
        for worker in workers:
            worker.kill()
    contacts, burst = count_contacts(codec, read(settings, TRIGGERS))
    return Capped(compare(settings), contacts, burst, sent)


def definitions() -> list[Control]:
    """The rules and the policy."""
    rules = [activation("rule", f"queue.given_up_{number}", 1, _RULE.format(number)) for number in range(ACTIONS)]
    policy = _POLICY.rstrip("\n") + "".join(_ACTION.format(number).rstrip("\n") for number in range(ACTIONS))
    return [*rules, activation("policy", "outreach", 1, policy)]


def count_contacts(codec: Codec, triggers: Iterable[Record]) -> tuple[dict[str, int], int]:
    """How many contacts each customer had, and the most that one had in any stretch of the burst cap.

    By the records alone: one that is written twice counts twice.
    """
    times: dict[str, list[int]] = {}
    for record in triggers:
        name, body = codec.decode(record.value)
        if name == "Trigger":
            times.setdefault(body["customer_id"], []).append(body["not_before"])
    burst = 0
    for contacted in times.values():
        for until in contacted:
            burst = max(burst, sum(until - BURST_WITHIN_MS < at <= until for at in contacted))
    return {customer: len(contacted) for customer, contacted in times.items()}, burst


def _publish(settings: Settings, codec: Codec, folder: Path, wave: int) -> int:
    """A wave from several publishers at once; the first one also gives the consents."""
    if wave == 0:
        with Witness(settings, folder / "consents.tsv") as witness:
            for customer in range(CUSTOMERS + 1):
                for channel in ("sms", "email"):
                    facts = {"purpose": "care", "channel": channel}
                    _send(witness, codec, f"{channel}-{customer}", customer, "consent.given", facts)
    customers = [0] * MOMENTS + list(range(1, CUSTOMERS + 1))
    failures: list[Exception] = []

    def publish(share: int) -> None:
        try:
            with Witness(settings, folder / f"wave-{wave}-{share}.tsv") as witness:
                for number in range(share, len(customers), _PUBLISHERS):
                    facts = {"queue": f"q{number % ACTIONS}"}
                    _send(witness, codec, f"{wave}-{number}", customers[number], "queue.abandoned", facts)
        except Exception as error:
            failures.append(error)

    publishers = [threading.Thread(target=publish, args=(share,)) for share in range(_PUBLISHERS)]
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join()
    if failures:
        raise failures[0]
    return len(customers)


def _send(witness: Witness, codec: Codec, event_id: str, customer: int, kind: str, facts: dict[str, str]) -> None:
    touchpoint: Touchpoint = {
        "event_id": event_id,
        "source": "waves",
        "customer_id": f"c{customer}",
        "identified": True,
        "channel": "voice",
        "type": kind,
        "occurred_at": time.time_ns() // 1_000_000,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(facts),
    }
    value = codec.encode("Touchpoint", touchpoint)
    ce = headers("momentous.touchpoint", event_id, "waves", 0)
    witness.send(TOUCHPOINTS, event_id, f"c{customer}".encode(), value, ce)
