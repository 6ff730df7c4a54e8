"""What a worker measures, and how its lanes' counts become Prometheus series."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from time import monotonic, time

from prometheus_client.registry import Collector

from streams.customer import PartitionRecord
from streams.customer.clock import LIVE
from streams.telemetry.lane_watch import LaneWatch
from streams.telemetry.metric import FAST_SECONDS, LONG_SECONDS, RECORDS, Instruments, Metric
from streams.telemetry.unread import TopicNumber, UnreadWatch

PHASES = ("restoring", "running", "fenced")
OUTCOMES = ("accepted", "duplicate", "late", "dead", "dropped")
HELD = "held"

_W = "momentous_worker_"
_PARTITION = ("partition",)

WORKER_METRICS: tuple[Metric, ...] = (
    Metric(f"{_W}info", "gauge", "Always 1; the version of the software.", ("version",)),
    # -- how far behind
    Metric(
        f"{_W}lag_records",
        "gauge",
        "Records of the partition not yet committed as applied: from the oldest unprocessed one to the log's end, "
        "as the broker tells it. Transaction markers in between count too; 0 when all is processed.",
        _PARTITION,
    ),
    Metric(
        f"{_W}lag_seconds",
        "gauge",
        "Age of the oldest unprocessed record: now minus its append time, which is read from the log itself; "
        "0 when there is none.",
        _PARTITION,
    ),
    Metric(
        f"{_W}clock_delay_seconds",
        "gauge",
        "Now minus the partition's clock, in live mode. The clock moves with records and ticks, so a silent "
        "partition's grows without harm; it matters beside a lag or an overdue deadline.",
        _PARTITION,
    ),
    Metric(f"{_W}applied_offset", "gauge", "Offset of the last record applied and committed.", _PARTITION),
    Metric(
        f"{_W}broker_silent_seconds",
        "gauge",
        "Time since Kafka last answered when it was asked for the log's end. Lags are as old as that.",
    ),
    # -- what it holds
    Metric(f"{_W}customers", "gauge", "Customers whose state the partition holds.", _PARTITION),
    Metric(
        f"{_W}partial_matches",
        "gauge",
        "Sequences that have begun and not ended, of all customers, counted as their states are written; those whose "
        "time is up count until somebody looks at that customer.",
        _PARTITION,
    ),
    Metric(
        f"{_W}next_deadline_timestamp_seconds",
        "gauge",
        "When a customer of the partition wants attention next, as of its last transaction; no series when never.",
        _PARTITION,
    ),
    Metric(
        f"{_W}deadlines_overdue",
        "gauge",
        "Times of attention that had passed and not fired when the last transaction was committed; up to 1,000.",
        _PARTITION,
    ),
    Metric(
        f"{_W}deadline_overdue_seconds",
        "gauge",
        "How long the next deadline is overdue now, in live mode; 0 when none is.",
        _PARTITION,
    ),
    # -- what became of records
    Metric(f"{_W}records_in_total", "counter", "Records of the touchpoints topic that count: all but controls."),
    Metric(
        f"{_W}records_total",
        "counter",
        f"The same by outcome ({', '.join(OUTCOMES)}); together with what is held they are what came in.",
        ("outcome",),
    ),
    Metric(
        f"{_W}held_records",
        "gauge",
        "Records taken in that wait for older ones to overtake them (order_wait).",
        _PARTITION,
    ),
    Metric(
        f"{_W}observations_total",
        "counter",
        "What was seen besides outcomes: out_of_order, rule_errors, forgotten, evicted and the like.",
        ("kind",),
    ),
    Metric(
        f"{_W}violations_total",
        "counter",
        "Touchpoints that do not keep to the vocabulary, by source and kind of violation.",
        ("source", "kind"),
    ),
    Metric(f"{_W}moments_total", "counter", "Moments by rule and phase (detected, resolved).", ("rule", "phase")),
    Metric(
        f"{_W}decisions_total",
        "counter",
        "Decisions by status and reason; the reasons stand below.",
        ("status", "reason"),
    ),
    Metric(f"{_W}dead_letters_total", "counter", "Dead letters by reason.", ("reason",)),
    Metric(
        f"{_W}outreach_paused",
        "gauge",
        "1 for each action that the kill switch has stopped in a partition of this worker; action * is all.",
        ("action",),
    ),
    Metric(
        f"{_W}definition_version",
        "gauge",
        "Version of each rule, policy and the like that runs in a partition, by kind and id.",
        ("partition", "definition"),
    ),
    Metric(
        f"{_W}definition_quarantined",
        "gauge",
        "Version of each definition that could not be taken in a partition, so that the one before runs on.",
        ("partition", "definition"),
    ),
    # -- how it works
    Metric(
        f"{_W}lane_phase",
        "gauge",
        f"1 for the phase in which the partition's lane is ({', '.join(PHASES)}), 0 for the others.",
        ("partition", "phase"),
    ),
    Metric(
        f"{_W}transaction_seconds",
        "histogram",
        "One transaction: from its first record to its commit.",
        (),
        FAST_SECONDS,
    ),
    Metric(f"{_W}transaction_records", "histogram", "Records of the log in one transaction.", (), RECORDS),
    Metric(
        f"{_W}event_to_trigger_seconds",
        "histogram",
        "From a moment's detection time (append time of the touchpoint that completed it, or its deadline) to the "
        "commit of its trigger, by this machine's clock; in live mode.",
        (),
        LONG_SECONDS,
    ),
    Metric(
        f"{_W}deadline_lateness_seconds",
        "histogram",
        "How late deadlines fired: append time of the record or tick that made them fire minus the deadline; in live "
        "mode.",
        (),
        LONG_SECONDS,
    ),
    Metric(f"{_W}ticks_total", "counter", "Ticks appended because a deadline came and nothing else did."),
    Metric(f"{_W}rebalances_total", "counter", "How often the group dealt partitions anew."),
    Metric(
        f"{_W}restore_seconds",
        "histogram",
        "From the begin of a restore to running, by cause: assigned, error (a transaction failed), fenced.",
        ("cause",),
        LONG_SECONDS,
    ),
)
"""Every metric of a worker."""


class WorkerMetrics:
    """The worker's instruments; :meth:`text` gives them as of now."""

    def __init__(self) -> None:
        self._of = Instruments(WORKER_METRICS)
        self._lock = threading.Lock()

    # -- told by lanes --------------------------------------------------------------------------

    def committed(self, watch: LaneWatch, before: PartitionRecord, records: int, seconds: float) -> None:
        """A transaction was committed: count what it added to the partition's own counts."""
        of = self._of
        of.observe(f"{_W}transaction_seconds", (seconds,))
        of.observe(f"{_W}transaction_records", (records,))
        for key, count in watch.record.counters.items():
            if (more := count - before.counters.get(key, 0)) > 0:
                self._count_counter(key, more)
        for key, count in watch.record.tallies.items():
            if (more := count - before.tallies.get(key, 0)) > 0:
                self._count_tally(key, more)

    def fired_late(self, milliseconds: Iterable[int]) -> None:
        """Deadlines fired so late."""
        self._of.observe(f"{_W}deadline_lateness_seconds", (late / 1000 for late in milliseconds))

    def triggered(self, seconds: Iterable[float]) -> None:
        """Triggers were committed so long after their moments."""
        self._of.observe(f"{_W}event_to_trigger_seconds", seconds)

    def restored(self, seconds: float, cause: str) -> None:
        """A lane was restored."""
        self._of.observe(f"{_W}restore_seconds", (seconds,), cause)

    def ticked(self) -> None:
        """A tick was appended."""
        self._of.count(f"{_W}ticks_total", 1)

    def rebalanced(self) -> None:
        """Partitions were dealt."""
        self._of.count(f"{_W}rebalances_total", 1)

    def _count_counter(self, key: str, more: int) -> None:
        if key == "in":
            self._of.count(f"{_W}records_in_total", more)
        elif key in OUTCOMES:
            self._of.count(f"{_W}records_total", more, key)
        elif key.startswith("violation:"):
            # A source may hold colons, a kind does not.
            source, _, kind = key.removeprefix("violation:").rpartition(":")
            self._of.count(f"{_W}violations_total", more, source, kind)
        elif key != HELD:
            self._of.count(f"{_W}observations_total", more, key)

    def _count_tally(self, key: str, more: int) -> None:
        kind, _, name = key.partition(":")
        if kind == "decision":
            status, _, reason = name.partition(":")
            self._of.count(f"{_W}decisions_total", more, status, reason)
        elif kind == "dead_letter":
            self._of.count(f"{_W}dead_letters_total", more, name)
        else:
            self._of.count(f"{_W}moments_total", more, name, "detected" if kind == "moment" else kind)

    def include(self, counts: Collector) -> None:
        """Also tell what a part of the worker counts for itself."""
        self._of.include(counts)

    # -- told to Prometheus ---------------------------------------------------------------------

    def text(self, lanes: Callable[[], Sequence[LaneWatch]], unread: UnreadWatch, topic: str) -> bytes:
        """The exposition, gauges as of now.

        Args:
            lanes: those of the partitions that are ours.
            unread: watches the touchpoints topic.
            topic: its full name.
        """
        with self._lock:
            of = self._of
            of.clear()
            of.set(f"{_W}info", 1, version("momentous"))
            of.set(f"{_W}broker_silent_seconds", monotonic() - unread.answered_at)
            for watch in lanes():
                self._set_lane(watch, unread, (topic, watch.number))
            return of.text()

    def _set_lane(self, watch: LaneWatch, unread: UnreadWatch, where: TopicNumber) -> None:
        of, partition, record, now = self._of, str(watch.number), watch.record, time()
        found = unread.unread.get(where)
        if found is not None:
            # What was committed since the look is no longer unread.
            records = 0 if found.oldest_at is None else max(0, min(found.records, found.end - record.applied - 1))
            of.set(f"{_W}lag_records", records, partition)
            oldest_at = found.oldest_at if records else None
            of.set(f"{_W}lag_seconds", 0.0 if oldest_at is None else max(0.0, now - oldest_at / 1000), partition)
        of.set(f"{_W}applied_offset", record.applied, partition)
        of.set(f"{_W}held_records", record.counters.get(HELD, 0), partition)
        of.set(f"{_W}customers", watch.customers, partition)
        of.set(f"{_W}partial_matches", watch.matches, partition)
        of.set(f"{_W}deadlines_overdue", watch.deadlines_overdue, partition)
        overdue = 0.0
        if watch.next_deadline is not None:
            of.set(f"{_W}next_deadline_timestamp_seconds", watch.next_deadline / 1000, partition)
            if record.mode == LIVE:
                overdue = max(0.0, now - watch.next_deadline / 1000)
        of.set(f"{_W}deadline_overdue_seconds", overdue, partition)
        if record.mode == LIVE and record.clock:
            of.set(f"{_W}clock_delay_seconds", max(0.0, now - record.clock / 1000), partition)
        for phase in PHASES:
            of.set(f"{_W}lane_phase", phase == watch.phase, partition, phase)
        for action in record.pauses:
            of.set(f"{_W}outreach_paused", 1, action)
        for definition, running in record.definitions.items():
            if not definition.startswith("pause "):
                of.set(f"{_W}definition_version", running, partition, definition)
        for definition, refused in record.quarantined.items():
            of.set(f"{_W}definition_quarantined", refused.version, partition, definition)
