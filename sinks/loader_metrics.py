"""What a loader measures."""

from __future__ import annotations

import threading
from importlib.metadata import version
from time import monotonic, time

from sinks.progress import Progress
from streams.settings import Settings
from streams.telemetry import FAST_SECONDS, RECORDS, Instruments, Metric, UnreadWatch

_L = "momentous_loader_"

LOADER_METRICS: tuple[Metric, ...] = (
    Metric(f"{_L}info", "gauge", "Always 1; the version of the software.", ("version",)),
    Metric(
        f"{_L}lag_records",
        "gauge",
        "Records of the topic, in the partitions of this loader, that are not settled yet: from the oldest to the "
        "log's end, as the broker tells it. Transaction markers in between count too; 0 when all is in.",
        ("topic",),
    ),
    Metric(
        f"{_L}lag_seconds",
        "gauge",
        "Age of the topic's oldest record that is not settled: now minus its append time, which is read from the log "
        "itself; 0 when there is none.",
        ("topic",),
    ),
    Metric(
        f"{_L}broker_silent_seconds",
        "gauge",
        "Time since Kafka last answered when it was asked for the log's end. Lags are as old as that.",
    ),
    Metric(f"{_L}partitions", "gauge", "Partitions that this loader owns."),
    Metric(f"{_L}stalled", "gauge", "1 while it waits for ClickHouse or the schema registry; /health says for which."),
    Metric(
        f"{_L}last_success_timestamp_seconds",
        "gauge",
        "When batches were last inserted and settled; no series before the first.",
    ),
    Metric(f"{_L}rows_total", "counter", "Rows sent and confirmed, by table; a resent batch counts again.", ("table",)),
    Metric(
        f"{_L}skipped_records_total",
        "counter",
        "Records that gave no row, by topic and reason (control: no customer's record).",
        ("topic", "reason"),
    ),
    Metric(f"{_L}batches_total", "counter", "Inserts confirmed."),
    Metric(f"{_L}resent_batches_total", "counter", "Of them, promises found open: sent again under the same token."),
    Metric(f"{_L}retries_total", "counter", "Tries that failed for a reason outside and were made again."),
    Metric(
        f"{_L}round_seconds",
        "histogram",
        "Promise, inserts and settlement of one round of batches, one a partition; waiting for ClickHouse included.",
        (),
        FAST_SECONDS,
    ),
    Metric(f"{_L}round_rows", "histogram", "Rows of one round.", (), RECORDS),
)
"""Every metric of a loader."""


class LoaderMetrics:
    """The loader's instruments; :meth:`text` gives them as of now."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.topic_prefix
        self._of = Instruments(LOADER_METRICS)
        self._lock = threading.Lock()

    # -- told by the loader ---------------------------------------------------------------------

    def round(self, seconds: float, rows: int) -> None:
        """A round of batches is settled."""
        self._of.observe(f"{_L}round_seconds", (seconds,))
        self._of.observe(f"{_L}round_rows", (rows,))

    def batch(self, table: str, rows: int, *, resent: bool) -> None:
        """One of its batches."""
        self._of.count(f"{_L}rows_total", rows, table)
        self._of.count(f"{_L}batches_total", 1)
        self._of.count(f"{_L}resent_batches_total", int(resent))

    def skipped(self, topic: str, reason: str, records: int) -> None:
        """Records of a batch that gave no row."""
        self._of.count(f"{_L}skipped_records_total", records, self._short(topic), reason)

    def retried(self) -> None:
        """Something failed and is tried again."""
        self._of.count(f"{_L}retries_total", 1)

    # -- told to Prometheus ---------------------------------------------------------------------

    def text(self, progress: Progress, unread: UnreadWatch) -> bytes:
        """The exposition, gauges as of now."""
        with self._lock:
            of = self._of
            of.clear()
            of.set(f"{_L}info", 1, version("momentous"))
            of.set(f"{_L}broker_silent_seconds", monotonic() - unread.answered_at)
            of.set(f"{_L}partitions", len(progress.positions))
            of.set(f"{_L}stalled", bool(progress.stalled))
            if progress.succeeded_at:
                of.set(f"{_L}last_success_timestamp_seconds", progress.succeeded_at)
            for topic, (records, seconds) in lags(progress, unread).items():
                of.set(f"{_L}lag_records", records, self._short(topic))
                of.set(f"{_L}lag_seconds", seconds, self._short(topic))
            return of.text()

    def _short(self, topic: str) -> str:
        return topic.removeprefix(self._prefix)


def lags(progress: Progress, unread: UnreadWatch) -> dict[str, tuple[int, float]]:
    """Records and seconds that each topic (full name) is behind in the partitions of this loader."""
    behind: dict[str, tuple[int, float]] = {}
    now = time()
    for where, position in sorted(progress.positions.items()):
        found = unread.unread.get(where)
        if found is None:
            continue
        records, seconds = behind.get(where[0], (0, 0.0))
        # What was settled since the look is no longer unread.
        left = 0 if found.oldest_at is None else max(0, min(found.records, found.end - position))
        age = max(0.0, now - found.oldest_at / 1000) if left and found.oldest_at is not None else 0.0
        behind[where[0]] = (records + left, max(seconds, age))
    return behind
