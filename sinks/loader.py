"""The loader: every topic into its raw table, each record once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from schemas import Codec, RegistryUnavailable
from sinks.connection import connect, first_line
from sinks.delivery import Shipment, deliver
from sinks.errors import ClickHouseUnavailable
from sinks.intake import Intake
from sinks.ledger import Batch
from sinks.loader_metrics import LoaderMetrics
from sinks.loader_pages import LoaderPages
from sinks.progress import Progress
from sinks.rows import BESIDE, CONTROL, TABLES, Rows, Table, rows_of
from sinks.store import ClickHouseStore
from streams.codec import make_codec
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

BATCH_BYTES = 32 * 1_048_576
"""Keys and values held at once, besides the number of records that the settings allow."""

_IDLE_SECONDS = 0.1
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 5.0

log = structlog.get_logger("loader")


class _Stopped(Exception):
    """Asked to stop while waiting; promises stay open."""


class _Superseded(Exception):
    """The partitions were dealt anew while waiting; promises stay open for their new owner."""


class Loader:
    """Reads all topics read committed as one group and inserts what they hold.

    Each batch is promised, inserted and settled (see ``sinks.ledger``), so that neither a kill nor
    an outage on either side loses or doubles a row. While ClickHouse or the schema registry is
    away it reads no further and tries the same thing again until it works. It stops with a
    LoaderError where going on would lose or double rows.

    Args:
        settings: of the process.
        instance: static membership id, unique in the group: a killed loader that returns under the
            same id has its partitions back at once. Empty: dynamic.
        codec, store: made from the settings when not given.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        instance: str = "",
        codec: Codec | None = None,
        store: ClickHouseStore | None = None,
    ) -> None:
        self.progress = Progress()
        self.metrics = LoaderMetrics(settings)
        self._settings = settings
        self._codec = codec or make_codec(settings)
        self._store = store or ClickHouseStore(lambda: connect(settings), settings.clickhouse_database)
        self._tables: dict[str, Table] = {settings.topic(name): table for name, table in TABLES.items()}
        self._beside = {settings.topic(name): table for name, table in BESIDE.items()}
        self._intake = Intake(settings, list(self._tables), instance)
        self._stop = threading.Event()
        self._on_progress: Callable[[Progress], None] | None = None

    def run(self, stop: threading.Event, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Load until ``stop`` is set; then insert what is read already, or leave its promise.

        Args:
            on_progress: called in this thread after each round, and while it waits.

        Raises:
            LoaderError: rows would be lost or doubled; the message says what to look at.
            KafkaException: Kafka refuses us for good.
        """
        self._stop, self._on_progress = stop, on_progress
        try:
            self._until_done(self._store.prepare, "ClickHouse is not ready")
            self._intake.subscribe()
            while not stop.is_set():
                self._intake.read(self._settings.loader_batch_records - self._intake.held, self._patience())
                if self._is_due():
                    self._round()
                self._tell()
            self._round()
            self._tell()
        except _Stopped:
            log.info("the loader stops before its last batch is in; the next one sends it")
        finally:
            self._intake.close()
            self._store.close()
        log.info("the loader has stopped", rows=dict(self.progress.rows))

    # -- rounds ---------------------------------------------------------------------------------

    def _due_in(self) -> float:
        return self._intake.held_since + self._settings.loader_batch_ms / 1000 - time.monotonic()

    def _patience(self) -> float:
        return min(_IDLE_SECONDS, max(0.0, self._due_in())) if self._intake.held else _IDLE_SECONDS

    def _is_due(self) -> bool:
        intake = self._intake
        if not intake.held:
            return False
        full = intake.held >= self._settings.loader_batch_records or intake.held_bytes >= BATCH_BYTES
        return full or self._due_in() <= 0

    def _round(self) -> None:
        """Deliver everything that can be; when a commit fails, start over."""
        batches = self._intake.batches()
        if not batches:
            return
        begun = time.monotonic()
        try:
            shipments = [shipment for batch in batches for shipment in self._shipments(batch)]
            deliver(shipments, self._intake, self)
        except _Superseded:
            log.info("partitions were dealt anew; their new owner sends the open batches")
            return
        except KafkaException as error:
            if error.args[0].fatal():
                raise
            log.warning("an offset commit failed; the loader starts over from what is committed", error=str(error))
            self._intake.start_over()
            return
        seconds = time.monotonic() - begun
        self._count(shipments, seconds)
        rows = sum(len(shipment.rows) for shipment in shipments)
        log.debug("batches are in", batches=len(shipments), rows=rows, seconds=round(seconds, 3))

    def _shipments(self, batch: Batch) -> list[Shipment]:
        topic = batch.partition.topic
        shipments = [Shipment(batch, self._tables[topic], self._rows(batch, self._tables[topic]))]
        if (beside := self._beside.get(topic)) is not None:
            rows = self._rows(batch, beside)
            rows.skipped.clear()
            if len(rows):
                shipments.append(Shipment(batch, beside, rows))
        return shipments

    def _rows(self, batch: Batch, table: Table) -> Rows:
        rows: list[Rows] = []
        self._until_done(
            lambda: rows.append(rows_of(table, *batch.partition, batch.records, self._codec)),
            "the schema registry does not answer",
        )
        return rows[0]

    def insert(self, table: Table, rows: Rows, token: str) -> None:
        """The middle step of a delivery: the same insert until ClickHouse has it."""
        self._until_done(lambda: self._store.insert(table, rows, token), "ClickHouse does not take an insert")

    # -- telling --------------------------------------------------------------------------------

    def _count(self, shipments: list[Shipment], seconds: float) -> None:
        progress, metrics = self.progress, self.metrics
        progress.settled_at, progress.succeeded_at = time.monotonic(), time.time()
        metrics.round(seconds, sum(len(shipment.rows) for shipment in shipments))
        for shipment in shipments:
            topic = shipment.batch.partition.topic
            progress.rows[shipment.table.name] += len(shipment.rows)
            progress.batches += 1
            progress.resent += shipment.batch.promised
            metrics.batch(shipment.table.name, len(shipment.rows), resent=shipment.batch.promised)
            for reason, count in shipment.rows.skipped.items():
                progress.skipped[topic, reason] += count
                metrics.skipped(topic, reason, count)
                if reason != CONTROL:
                    self._tell_skipped(shipment.batch, reason, count)

    def _tell_skipped(self, batch: Batch, reason: str, count: int) -> None:
        topic, partition = batch.partition
        fields = {"topic": topic, "partition": partition, "range": batch.intent.metadata, "reason": reason}
        if topic == self._settings.topic(TOUCHPOINTS):
            log.info("unreadable touchpoints are not loaded; the worker dead-letters them", records=count, **fields)
        else:
            log.error("records of our own cannot be read and are not loaded", records=count, **fields)

    def _tell(self) -> None:
        self.progress.positions = self._intake.positions
        self.progress.was_dealt = self._intake.deals > 0
        self.progress.told_at = time.monotonic()
        if self._on_progress is not None:
            self.progress.caught_up = self._intake.caught_up
            self.progress.lag = self._intake.lag
            self._on_progress(self.progress)

    # -- waiting --------------------------------------------------------------------------------

    def _until_done(self, action: Callable[[], None], trouble: str) -> None:
        """Do it, and while it fails for reasons outside, wait and do it again.

        Raises:
            _Stopped: asked to stop meanwhile.
            _Superseded: partitions were dealt anew meanwhile.
        """
        deals, wait, begun = self._intake.deals, _FIRST_WAIT_SECONDS, time.monotonic()
        while True:
            try:
                action()
                break
            except (ClickHouseError, ClickHouseUnavailable, RegistryUnavailable, OSError) as error:
                if not self.progress.stalled:
                    log.warning(f"{trouble}; the loader waits and tries again", error=first_line(error))
                self.progress.stalled = f"{trouble}: {first_line(error)}"
                self.metrics.retried()
            self._store.close()
            self._tell()
            if self._stop.is_set():
                raise _Stopped
            self._intake.sit_out(wait, self._stop)
            if self._intake.deals != deals:
                self.progress.stalled = ""
                raise _Superseded
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        if self.progress.stalled:
            self.progress.stalled = ""
            self._intake.resume()
            log.info("the loader goes on", waited_seconds=round(time.monotonic() - begun, 1))


def run_loader(
    settings: Settings,
    stop: threading.Event,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    instance: str = "",
) -> None:
    """Load every topic into ClickHouse until ``stop`` is set, and answer on ``loader_web_port``; see ``Loader``.

    Args:
        on_progress: called in this thread after each round, several times a second.
        instance: static membership id of this loader, unique in its group.

    Raises:
        LoaderError: rows would be lost or doubled; the message says what to look at.
        KafkaException: Kafka refuses us for good.
        PortTaken: something else listens on ``loader_web_port``.
    """
    loader = Loader(settings, instance=instance)
    pages = LoaderPages(settings, loader.progress, loader.metrics) if settings.loader_web_port else None
    if pages is not None:
        pages.start()
    try:
        loader.run(stop, on_progress)
    finally:
        if pages is not None:
            pages.stop()
