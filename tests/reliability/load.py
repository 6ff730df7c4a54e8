"""Traffic for fault tests: seeded, many-typed, with absences that end within seconds."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

from schemas import Codec, Control, Touchpoint, headers
from streams.controls import activation, control_headers
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.kafka.witness import Witness

RULES = {
    "flow.abandoned": """
id: flow.abandoned
version: 7
title: Gave up in the middle
description: Two seconds instead of thirty minutes, so that absences end while the test runs.
emotion: frustrated
detect:
  sequence:
    - start: {type: flow.started}
    - silent_for: 2s
  cancelled_by: {type: [flow.completed, flow.cancelled]}
by: [correlation_id]
keep: [step]
resolved_by: {event: {type: flow.completed}, same: [correlation_id]}
""",
    "contact.repeated": """
id: contact.repeated
version: 7
title: Again
description: Every second contact within a minute.
emotion: frustrated
detect: {count: {type: ivr.entered}, at_least: 2, within: 1m}
cool_down: 5s
""",
    "queue.abandoned": """
id: queue.abandoned
version: 7
title: Hung up
description: Every one.
emotion: stressed
detect: {event: {type: queue.abandoned}}
""",
}

POLICY = """
id: outreach
version: 7
description: For fault tests.
actions:
  - id: call.back
    moments: [queue.abandoned, flow.abandoned]
    class: service
    purpose: care
    channels: [sms]
    template: call_back
    cool_down: 10s
"""

_UNDER_LOAD = POLICY.replace("cool_down: 10s", "cool_down: 2s") + "arbitration_wait: 500ms\n"
"""Contacts soon follow one another, and each waits a while: kills find some waiting."""

_TYPES = ("ivr.entered", "ivr.exited", "flow.started", "flow.completed", "queue.abandoned", "agent.connected")
_CONSENTS = ("consent.given", "consent.given", "consent.withdrawn")
_WAVERING = 50


def activations() -> list[Control]:
    """The rules and the policy of this load."""
    rules = [activation("rule", name, 7, text) for name, text in sorted(RULES.items())]
    return [*rules, activation("policy", "outreach", 7, _UNDER_LOAD)]


class Load(threading.Thread):
    """Publishes ``events`` touchpoints at about ``rate`` a second, acknowledged ones on the witness file.

    One in fifty is sent twice, one in two hundred cannot be read. A tenth is of a few customers who
    give their consent and take it back all the time, and are contacted in between.
    """

    def __init__(self, settings: Settings, path: Path, events: int, rate: int, seed: int) -> None:
        super().__init__(name="load", daemon=True)
        self.path = path
        self.failure: Exception | None = None
        self._settings = settings
        self._events = events
        self._rate = rate
        self._random = random.Random(seed)
        self._codec = Codec()

    def finish(self, least: int = 0) -> None:
        """Publish no more than ``least``, or than there are already."""
        self._events = min(self._events, least)

    def run(self) -> None:
        """Publish; see :attr:`failure` when it has ended."""
        try:
            with Witness(self._settings, self.path) as witness:
                self._activate(witness)
                self._publish(witness)
        except Exception as error:
            self.failure = error

    def _activate(self, witness: Witness) -> None:
        for control in activations():
            for partition in range(self._settings.partitions):
                value = self._codec.encode("Control", control)
                witness.send(TOUCHPOINTS, "control", None, value, control_headers(control, 0), partition)
        witness.flush()

    def _publish(self, witness: Witness) -> None:
        started = time.monotonic()
        for number in range(self._events):
            if number >= self._events:
                return
            touchpoint = self._touchpoint(number)
            value = self._codec.encode("Touchpoint", touchpoint)
            if self._random.random() < 0.005:
                value = value[: self._random.randrange(1, len(value))]
            key = touchpoint["customer_id"].encode()
            ce = headers("momentous.touchpoint", touchpoint["event_id"], touchpoint["source"], 0)
            for _ in range(2 if self._random.random() < 0.02 else 1):
                witness.send(TOUCHPOINTS, touchpoint["event_id"], key, value, ce)
            ahead = number / self._rate - (time.monotonic() - started)
            if ahead > 0.01:
                time.sleep(ahead)

    def _touchpoint(self, number: int) -> Touchpoint:
        pick = self._random
        wavers = pick.random() < 0.1
        customer = f"w{pick.randrange(_WAVERING):05d}" if wavers else f"c{pick.randrange(2_000):05d}"
        consent = pick.random() < (0.3 if wavers else 0.05)
        return {
            "event_id": f"e{number}",
            "source": "load",
            "customer_id": customer,
            "identified": pick.random() < 0.9,
            "channel": pick.choice(("ivr", "web", "voice")),
            "type": pick.choice(_CONSENTS if consent else _TYPES),
            "occurred_at": int(time.time() * 1000) - pick.randrange(500),
            "correlation_id": f"{customer}-{pick.randrange(3)}",
            "session_id": None,
            "identities": {},
            "properties": {"channel": "sms", "purpose": "care"} if consent else {"step": number % 7},
        }
