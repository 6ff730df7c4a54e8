"""What a lane tells about itself, for metrics and health; nothing here waits or costs per record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from time import monotonic, time
from typing import Protocol

from streams.customer import Output, Partition, PartitionRecord
from streams.topics import TRIGGERS


class Measures(Protocol):
    """Who adds up what the lanes of a worker tell."""

    def committed(self, watch: LaneWatch, before: PartitionRecord, records: int, seconds: float) -> None:
        """A transaction with ``records`` records of the log was committed; it took ``seconds``."""

    def fired_late(self, milliseconds: Iterable[int]) -> None:
        """Deadlines whose transaction was committed, and how late each fired."""

    def triggered(self, seconds: Iterable[float]) -> None:
        """Triggers whose transaction was committed, and how long after its moment each was."""

    def restored(self, seconds: float, cause: str) -> None:
        """A lane runs; ``cause`` is why it had to restore."""

    def ticked(self) -> None:
        """A tick was appended."""


class LaneWatch:
    """One lane as seen from outside; written by the lane, read by any thread.

    Times are seconds of the monotonic clock unless they say otherwise.

    Attributes:
        phase: ``restoring``, ``running``, ``fenced`` or ``parked`` (not owned).
        phase_since: when that began.
        reason: why it is fenced, refuses, waits or restores again; empty otherwise.
        refused: it has ended for good.
        record: the partition record as last committed, or as restored.
        committed_at: when a transaction with input was last committed, or the lane began to run.
        progress_at: when a restore last got further than any before it.
        customers, matches, deadlines_overdue, next_deadline: as of the last look; the last in ms UTC or None.
    """

    def __init__(self, number: int, measures: Measures | None = None) -> None:
        self.number = number
        self.phase = "parked"
        self.phase_since = monotonic()
        self.reason = ""
        self.refused = False
        self.record = PartitionRecord()
        self.committed_at = self.progress_at = self.phase_since
        self.customers = self.matches = self.deadlines_overdue = 0
        self.next_deadline: int | None = None
        self.restored_records = 0
        self._measures = measures
        self._most_restored = 0
        self._cause = "assigned"
        self._lateness: list[int] = []
        self._triggers: list[str] = []

    @property
    def is_owned(self) -> bool:
        """The partition is this worker's, as far as the lane knows."""
        return self.phase != "parked"

    # -- told by the lane -----------------------------------------------------------------------

    def enter(self, phase: str, reason: str = "") -> None:
        """The lane begins a phase; one that goes on, goes on."""
        if phase == "parked":
            self._cause, self._most_restored = "assigned", 0
        if phase != self.phase:
            if self.phase == "parked":
                self.progress_at = monotonic()
            self.phase, self.phase_since = phase, monotonic()
        self.reason = reason

    def failed(self, cause: str, reason: str) -> None:
        """What was in hand is given up: ``cause`` is ``error`` or ``fenced``."""
        self._cause, self.reason = cause, reason
        self._lateness.clear()
        self._triggers.clear()

    def refuse(self, reason: str) -> None:
        """The lane has ended for good."""
        self.reason, self.refused = reason, True

    def begin_restore(self) -> None:
        """A restore reads from its beginning."""
        self.restored_records = 0

    def restore_records(self, count: int) -> None:
        """So many changelog records more were read."""
        self.restored_records += count
        if self.restored_records > self._most_restored:
            self._most_restored = self.restored_records
            self.progress_at = monotonic()

    def restored(self, partition: Partition, seconds: float) -> None:
        """The lane runs from here."""
        self.record = partition.snapshot()
        self.committed_at = monotonic()
        self._look(partition)
        if self._measures is not None:
            self._measures.restored(seconds, self._cause)

    def hand_over(self, partition: Partition, outputs: Iterable[Output]) -> None:
        """These outputs go into the open transaction."""
        if partition.lateness:
            self._lateness += partition.lateness
            partition.lateness.clear()
        if partition.clock.is_live:
            self._triggers += [_detected_at(output) for output in outputs if _is_trigger(output)]

    def committed(self, partition: Partition, records: int, seconds: float) -> None:
        """The open transaction is committed, with the partition as it is now."""
        before, self.record = self.record, partition.snapshot()
        self.committed_at = self.progress_at = monotonic()
        self._most_restored = 0
        self.reason = ""
        self._look(partition)
        measures = self._measures
        if measures is not None:
            measures.committed(self, before, records, seconds)
            if self._lateness:
                measures.fired_late(self._lateness)
            if self._triggers:
                now = time()
                measures.triggered(max(0.0, now - _seconds(detected)) for detected in self._triggers)
        self._lateness.clear()
        self._triggers.clear()

    def ticked(self) -> None:
        """A tick was appended to the partition."""
        if self._measures is not None:
            self._measures.ticked()

    def waits(self, reason: str) -> None:
        """The lane cannot go on for a reason outside."""
        self.reason = reason

    def _look(self, partition: Partition) -> None:
        self.customers, self.matches = partition.stored, partition.matches
        self.next_deadline = partition.next_deadline()
        self.deadlines_overdue = partition.overdue(int(time() * 1000)) if partition.clock.is_live else 0


def _is_trigger(output: Output) -> bool:
    """Cancellations lie in the same topic."""
    return output.topic == TRIGGERS and ("ce_type", b"momentous.trigger") in output.headers


def _detected_at(output: Output) -> str:
    return next(value.decode() for name, value in output.headers if name == "ce_time" and value is not None)


def _seconds(detected_at: str) -> float:
    return datetime.fromisoformat(detected_at).timestamp()
