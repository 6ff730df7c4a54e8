"""Rows a second from filled topics into embedded ClickHouse, views included."""

from __future__ import annotations

import socket
import time

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from benchmarks.definitions import shipped
from benchmarks.drain import CUSTOMERS, DAYS
from benchmarks.fill import encoded, fill
from benchmarks.ledger import ends, wait_applied
from benchmarks.report import Table, progress
from benchmarks.stage import Process, Stage
from benchmarks.traffic import calls
from schemas import Codec
from sinks.connection import connect
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import DECISIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.kafka.reader import read

TIMEOUT_S = 600.0
_TABLES = {MOMENTS: "moments", DECISIONS: "decisions", TRIGGERS: "triggers", VERDICTS: "verdicts"}


def run(touchpoints: int = 400_000) -> Table:
    """A worker fills the topics and ends; then ClickHouse and the loader start."""
    codec = Codec()
    span_ms = DAYS * 86_400_000
    start = time.time_ns() // 1_000_000 - span_ms
    with Stage() as stage:
        port = _free_port()
        settings = stage.topics("loader", clickhouse_url=f"http://127.0.0.1:{port}")
        activate(settings, codec, shipped())
        progress(f"loader: filling topics with {touchpoints:,} touchpoints and what comes of them")
        traffic = calls(touchpoints, CUSTOMERS, start, touchpoints / span_ms * 1000)
        fill(settings, settings.topic(TOUCHPOINTS), encoded(codec, traffic))
        worker = stage.worker(settings)
        wait_applied(settings, worker, ends(settings), TIMEOUT_S)
        worker.stop()
        rows = {table: len(read(settings, topic)) for topic, table in _TABLES.items()} | {"touchpoints": touchpoints}
        progress(f"loader: loading {sum(rows.values()):,} rows")
        client = _connected(settings, stage.momentous(settings, "clickhouse-embedded"), port)
        seconds, measured = _load(stage.momentous(settings, "loader"), client, settings, sum(rows.values()))
    table = Table("loader", "rows a second from filled topics into embedded ClickHouse, views included")
    table.rows.append({"rows": sum(rows.values()), "seconds": seconds, "rows/s": measured / seconds})
    table.notes = ["from the first rows seen in ClickHouse (those not counted) to the last; " + _told(rows)]
    return table


def _load(loader: Process, client: Client, settings: Settings, rows: int) -> tuple[float, int]:
    """Seconds, and the rows that came in them."""
    database = settings.clickhouse_database
    counts = " + ".join(f"(SELECT count() FROM {database}.{table})" for table in (*_TABLES.values(), "touchpoints"))
    deadline = time.monotonic() + TIMEOUT_S
    first: tuple[float, int] | None = None
    while True:
        now = time.monotonic()
        try:
            there = int(client.query(f"SELECT {counts}").result_rows[0][0])
        except ClickHouseError:  # the loader makes the tables
            there = 0
        if first is None and there:
            first = (now, there)
        if first is not None and there >= rows:
            if there != rows or there == first[1]:
                raise RuntimeError(f"{there} rows in ClickHouse, {first[1]} of them at once; expected {rows}")
            return now - first[0], rows - first[1]
        if not loader.is_running or now > deadline:
            raise RuntimeError(f"{there} of {rows} rows in ClickHouse:\n{loader.log_end()}")
        time.sleep(0.1)


def _connected(settings: Settings, service: Process, port: int) -> Client:
    deadline = time.monotonic() + 60
    while not _listens(port):  # a client that is refused would log each time
        if not service.is_running or time.monotonic() > deadline:
            raise RuntimeError(f"ClickHouse does not answer:\n{service.log_end()}")
        time.sleep(0.1)
    return connect(msgspec.structs.replace(settings, clickhouse_database="default"))


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _told(rows: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in sorted(rows.items()))
