"""Outputs of a partition as Kafka records: topic, partition, key, value, headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas import Cancellation, Codec, DeadLetter, Decision, Emotion, Headers, Moment, Trigger, Verdict, headers
from streams.identifiers import digest_id
from streams.topics import DEAD, DECISIONS, EMOTIONS, MOMENTS, TRIGGERS, VERDICTS

_ATTRIBUTES = {
    name: (f"momentous.{name.lower()}", f"momentous/{name.lower()}s")
    for name in ("Moment", "Decision", "Trigger", "Emotion", "Cancellation", "Verdict")
}
"""Of each record its CloudEvents type and source."""


class Output(NamedTuple):
    """One record to produce; ``topic`` is the name without prefix."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class OutputWriter:
    """Encodes the outputs of one partition into the partition of the same number."""

    def __init__(self, codec: Codec, partition: int) -> None:
        self._codec = codec
        self._partition = partition

    def moment(self, moment: Moment) -> Output:
        """A moment; a resolved one has the id of the detected one, so its event id adds the phase."""
        event_id = moment["moment_id"]
        if moment["phase"] != "detected":
            event_id = f"{event_id}-{moment['phase']}"
        return self._record(MOMENTS, "Moment", moment, moment["customer_id"], event_id, moment["detected_at"])

    def decision(self, decision: Decision) -> Output:
        """A decision."""
        return self._record(
            DECISIONS,
            "Decision",
            decision,
            decision["customer_id"],
            decision["decision_id"],
            decision["decided_at"],
        )

    def trigger(self, trigger: Trigger) -> Output:
        """A trigger."""
        return self._record(
            TRIGGERS, "Trigger", trigger, trigger["customer_id"], trigger["trigger_id"], trigger["created_at"]
        )

    def emotion(self, emotion: Emotion) -> Output:
        """A level that moved; its id names the customer, the level, what moved it and when."""
        name, cause, cause_id = emotion["emotion"], emotion["cause"], emotion["cause_id"]
        event_id = digest_id(emotion["customer_id"], name, cause, cause_id, emotion["occurred_at"], emotion["at"])
        return self._record(EMOTIONS, "Emotion", emotion, emotion["customer_id"], event_id, emotion["at"])

    def cancellation(self, cancellation: Cancellation) -> Output:
        """A trigger taken back; it is under way at most once, so its event id follows from the trigger's."""
        return self._record(
            TRIGGERS,
            "Cancellation",
            cancellation,
            cancellation["customer_id"],
            f"{cancellation['trigger_id']}-cancelled",
            cancellation["cancelled_at"],
        )

    def verdict(self, verdict: Verdict, now: int) -> Output:
        """A verdict; its id names the record that it judges."""
        event_id = digest_id(verdict["topic"], verdict["partition"], verdict["offset"])
        return self._record(VERDICTS, "Verdict", verdict, verdict["customer_id"], event_id, now)

    def dead_letter(self, letter: DeadLetter, due: int = 0) -> Output:
        """A dead letter, keyed as the record was received.

        Args:
            letter: the letter.
            due: of a failed deadline its time, ms UTC; with the key it names what failed.
        """
        event_id = digest_id(
            letter["source_topic"],
            letter["source_partition"],
            (letter["key"] or b"").hex() if due else letter["source_offset"],
            due,
            letter["stage"],
            letter["rule"] or "",
        )
        value = self._codec.encode("DeadLetter", letter)
        ce = headers("momentous.dead-letter", event_id, "momentous/dead-letters", letter["failed_at"])
        return Output(DEAD, self._partition, letter["key"], value, ce)

    def _record(
        self, topic: str, name: str, record: Mapping[str, Any], customer_id: str, event_id: str, time_ms: int
    ) -> Output:
        kind, origin = _ATTRIBUTES[name]
        ce = headers(kind, event_id, origin, time_ms)
        return Output(topic, self._partition, customer_id.encode(), self._codec.encode(name, record), ce)
