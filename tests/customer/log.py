"""A partition's log written by hand, and a partition that has taken it in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from schemas import Cancellation, Codec, Control, DeadLetter, Decision, Emotion, Moment, Touchpoint, Trigger, Verdict
from streams.controls import activation, history_clock, live_clock, tick
from streams.customer import Output, Partition, process_all
from streams.detection import shipped_emotions_text
from streams.topics import DEAD, DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from streams.vocabulary import read_violation_counter

T0 = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CODEC = Codec()

SILENCE = """
id: flow.abandoned
version: 1
title: Gave up in the middle
description: Ten minutes without an end.
emotion: frustrated
detect:
  sequence:
    - start: {type: flow.started}
    - silent_for: 10m
  cancelled_by: {type: flow.completed}
by: [correlation_id]
late: apply
keep: [step]
resolved_by: {event: {type: flow.completed}, same: [correlation_id]}
expires_after: 1h
"""

HUNG_UP = """
id: queue.abandoned
version: 1
title: Hung up
description: Every one.
emotion: stressed
detect: {event: {type: queue.abandoned}}
resolved_by: {type: agent.connected}
expires_after: 1h
"""

REPEATED = """
id: contact.repeated
version: 1
title: Again
description: Two in an hour.
emotion: frustrated
detect: {count: {type: ivr.entered}, at_least: 2, within: 1h}
cool_down: 30m
"""

POLICY = """
id: outreach
version: 1
description: For tests.
actions:
  - id: call.back
    moments: [queue.abandoned, flow.abandoned]
    class: service
    purpose: care
    channels: [sms, email]
    template: call_back
    cool_down: 1d
"""


class Logged(NamedTuple):
    """A record of the log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Log:
    """Appends records; each has the offset after the one before, and the append time it is given."""

    def __init__(self) -> None:
        self.records: list[Logged] = []

    def raw(
        self, at: int, value: bytes | None, key: bytes | None = b"c1", *headers: tuple[str, bytes | None]
    ) -> Logged:
        """Any bytes."""
        record = Logged(len(self.records), at, key, value, headers)
        self.records.append(record)
        return record

    def touchpoint(self, at: int, kind: str, customer_id: str = "c1", **fields: Any) -> Logged:
        """A touchpoint appended at ``at``; it occurred then, has an event id of its own, and properties
        for whatever is no field of the record."""
        return self.raw(at, CODEC.encode("Touchpoint", touchpoint(len(self.records), at, kind, customer_id, **fields)))

    def consent(self, at: int, kind: str, purpose: str = "care", channel: str = "sms", **fields: Any) -> Logged:
        """A consent touchpoint of customer c1."""
        return self.touchpoint(at, kind, properties={"channel": channel, "purpose": purpose}, **fields)

    def control(self, at: int, control: Control) -> Logged:
        """A control."""
        return self.raw(at, CODEC.encode("Control", control), None)

    def rule(self, at: int, *texts: str) -> None:
        """Activations of rules."""
        for text in texts:
            name = text.partition("id: ")[2].partition("\n")[0]
            version = int(text.partition("version: ")[2].partition("\n")[0])
            self.control(at, activation("policy" if "actions:" in text else "rule", name, version, text))

    def timing(self, at: int, text: str) -> None:
        """Activation of a timing."""
        version = int(text.partition("version: ")[2].partition("\n")[0])
        self.control(at, activation("time", "time", version, text))

    def emotions(self, at: int, text: str | None = None) -> None:
        """Activation of emotions; None: those that are shipped."""
        text = shipped_emotions_text() if text is None else text
        version = int(text.partition("version: ")[2].partition("\n")[0])
        self.control(at, activation("emotions", "emotions", version, text))

    def tick(self, at: int, says: int | None = None) -> None:
        """A tick; live its append time counts."""
        self.control(at, {"kind": "tick", "at": says, "clock": None, "activation": None})

    def history(self, at: int, start: int, end: int | None) -> None:
        """The clock of a history."""
        control = history_clock(start, end or 0)
        if end is None and control["clock"] is not None:
            control["clock"]["to"] = None
        self.control(at, control)

    def closing_tick(self, at: int, says: int) -> None:
        """A tick that tells its time."""
        self.control(at, tick(says))

    def live(self, at: int) -> None:
        """Back to append times."""
        self.control(at, live_clock())


_FIELDS = frozenset(Touchpoint.__annotations__)


def touchpoint(number: int, at: int, kind: str, customer_id: str = "c1", **fields: Any) -> Touchpoint:
    """A touchpoint that occurred at ``at``; what is no field of the record becomes a property."""
    made: Any = {
        "event_id": f"e{number}",
        "source": "test",
        "customer_id": customer_id,
        "identified": True,
        "channel": "web",
        "type": kind,
        "occurred_at": at,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        **{name: value for name, value in fields.items() if name in _FIELDS},
    }
    made.setdefault("properties", {name: value for name, value in sorted(fields.items()) if name not in _FIELDS})
    result: Touchpoint = made
    return result


class Outcome:
    """A partition and what it has put out."""

    def __init__(self, number: int = 0, partitions: int = 1) -> None:
        self.partition = Partition(number, partitions, CODEC)
        self.outputs: list[Output] = []

    def play(self, records: Iterable[Logged]) -> Outcome:
        """Take in records to the end."""
        process_all(self.partition, records)
        self.outputs += self.partition.take_outputs()
        return self

    def of(self, topic: str) -> list[Output]:
        """The outputs to a topic."""
        return [output for output in self.outputs if output.topic == topic]

    @property
    def moments(self) -> list[Moment]:
        """The moments."""
        return self._decoded(MOMENTS)

    @property
    def decisions(self) -> list[Decision]:
        """The decisions."""
        return self._decoded(DECISIONS)

    @property
    def triggers(self) -> list[Trigger]:
        """The triggers."""
        return self._decoded(TRIGGERS, "Trigger")

    @property
    def cancellations(self) -> list[Cancellation]:
        """The triggers taken back."""
        return self._decoded(TRIGGERS, "Cancellation")

    @property
    def emotions(self) -> list[Emotion]:
        """The levels that moved."""
        return self._decoded(EMOTIONS)

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts."""
        return self._decoded(VERDICTS)

    @property
    def letters(self) -> list[DeadLetter]:
        """The dead letters."""
        return self._decoded(DEAD)

    @property
    def rerouted(self) -> list[Output]:
        """Touchpoints sent to another partition."""
        return self.of(TOUCHPOINTS)

    @property
    def counters(self) -> dict[str, int]:
        """The counters that are not 0, without those of violations."""
        counters = self.partition.counters
        return {name: count for name, count in counters.items() if count and read_violation_counter(name) is None}

    @property
    def violations(self) -> dict[str, int]:
        """The counters of violations of the vocabulary."""
        counters = self.partition.counters
        return {name: count for name, count in counters.items() if read_violation_counter(name) is not None}

    def _decoded(self, topic: str, name: str = "") -> list[Any]:
        records = [CODEC.decode(output.value) for output in self.of(topic)]
        return [body for kind, body in records if name in ("", kind)]


def played(log: Log, number: int = 0, partitions: int = 1) -> Outcome:
    """The log taken in by a new partition."""
    return Outcome(number, partitions).play(log.records)


def changes(partition: Partition) -> list[tuple[bytes, bytes | None]]:
    """What a transaction would write to the changelog now."""
    return [*partition.take_changes(), partition.record()]


def restored(records: Iterable[tuple[bytes, bytes | None]], number: int = 0, partitions: int = 1) -> Outcome:
    """A new partition from a changelog."""
    outcome = Outcome(number, partitions)
    for key, value in records:
        outcome.partition.restore(key, value)
    outcome.partition.restored()
    return outcome


def compacted(*changelogs: Iterable[tuple[bytes, bytes | None]]) -> dict[bytes, bytes]:
    """What compaction leaves of changelog records, oldest first."""
    kept: dict[bytes, bytes] = {}
    for changelog in changelogs:
        for key, value in changelog:
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value
    return kept
