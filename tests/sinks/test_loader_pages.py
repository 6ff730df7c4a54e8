"""A loader's pages: metrics on a real broker, and a health that falls when ClickHouse stays away."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any

import msgspec
import pytest

from sinks import Loader, Progress
from sinks.errors import ClickHouseUnavailable
from sinks.loader_metrics import LOADER_METRICS, LoaderMetrics
from sinks.loader_pages import LoaderHealth, LoaderPages, loader_health
from streams.settings import Settings
from streams.telemetry import Metric, Unread
from streams.topics import TOUCHPOINTS
from tests.sinks.faults import wait_until
from tests.sinks.test_loader import SECONDS, send, touchpoints
from tests.telemetry.test_metric import test_names_follow_the_conventions as follows_the_conventions
from tests.telemetry.test_worker_pages import free_port

STALL_S = 30.0
WHERE = ("touchpoints", 0)
WAITING = Unread(end=200, records=100, oldest_at=1_795_422_600_000)


class Looked:
    """What a watch of the log has seen."""

    def __init__(self, found: Unread | None = None, waiting_s: float = 0.0, silent_s: float = 0.0) -> None:
        now = monotonic()
        self.unread = {} if found is None else {WHERE: found}
        self.waiting_since = {} if found is None else {WHERE: now - waiting_s}
        self.answered_at = now - silent_s
        self.trouble = ""


def progress(settled_s: float = 600, told_s: float = 0, **fields: Any) -> Progress:
    now = monotonic()
    made: dict[str, Any] = {"was_dealt": True, "positions": {WHERE: 100}, "succeeded_at": 1.0, **fields}
    return Progress(settled_at=now - settled_s, told_at=now - told_s, **made)


def health(of: Progress, looked: Looked) -> LoaderHealth:
    unread: Any = looked
    return loader_health(of, unread, STALL_S)


@pytest.mark.parametrize(
    ("of", "looked", "verdict", "reasons"),
    [
        pytest.param(partial(progress, 86_400), partial(Looked), (True, True, True), [], id="idle for a day"),
        pytest.param(
            partial(progress, 3), partial(Looked, WAITING, 600), (True, True, True), [], id="behind and getting on"
        ),
        pytest.param(
            partial(progress), partial(Looked, WAITING, 29), (True, True, True), [], id="input that has just come"
        ),
        pytest.param(
            partial(progress),
            partial(Looked, WAITING, 31),
            (False, False, False),
            ["input waits and nothing was inserted for 31 s"],
            id="standing still for no reason",
        ),
        pytest.param(
            partial(progress, stalled="ClickHouse does not take an insert: refused"),
            partial(Looked, WAITING, 31),
            (False, True, False),
            ["input waits and nothing was inserted for 31 s (ClickHouse does not take an insert: refused)"],
            id="ClickHouse away, which a restart does not mend",
        ),
        pytest.param(
            partial(progress, stalled="ClickHouse is not ready: refused"),
            partial(Looked),
            (True, True, False),
            ["ClickHouse is not ready: refused"],
            id="waiting for ClickHouse with nothing to insert",
        ),
        pytest.param(
            partial(progress, told_s=31),
            partial(Looked),
            (False, False, False),
            ["the loader has been in one step for 31 s"],
            id="a thread that stands still",
        ),
        pytest.param(
            partial(progress),
            partial(Looked, silent_s=31),
            (False, True, False),
            ["Kafka has not answered for 31 s"],
            id="a silent broker",
        ),
        pytest.param(
            partial(progress, was_dealt=False),
            partial(Looked),
            (True, True, False),
            ["the group has not dealt partitions yet"],
            id="before it owns anything",
        ),
    ],
)
def test_health_looks_at_progress(
    of: Callable[[], Progress], looked: Callable[[], Looked], verdict: tuple[bool, bool, bool], reasons: list[str]
) -> None:
    found = health(of(), looked())
    assert ((found.ok, found.live, found.ready), found.reasons) == (verdict, reasons)


@pytest.mark.parametrize("metric", LOADER_METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_conventions(metric: Metric) -> None:
    follows_the_conventions(metric)


# -- on a broker ------------------------------------------------------------------------------------


class Store:
    """Takes inserts while it is there."""

    def __init__(self) -> None:
        self.away = False

    def prepare(self) -> None:
        """Nothing to make."""

    def insert(self, table: Any, rows: Any, token: str) -> None:
        """Take it, or be away."""
        if self.away:
            raise ClickHouseUnavailable("ClickHouse does not answer", "wait")

    def close(self) -> None:
        """Nothing to let go."""


@contextmanager
def serving(settings: Settings, store: Any) -> Iterator[Loader]:
    """A loader that runs and answers inside this block."""
    loader = Loader(settings, store=store)
    pages = LoaderPages(settings, loader.progress, loader.metrics)
    stop = threading.Event()
    thread = threading.Thread(target=loader.run, args=(stop,))
    pages.start()
    thread.start()
    try:
        yield loader
    finally:
        stop.set()
        thread.join(SECONDS)
        pages.stop()


def get(settings: Settings, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.loader_web_port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_is_well_while_idle_and_ill_while_clickhouse_takes_nothing(topics: Settings) -> None:
    settings = msgspec.structs.replace(
        topics, loader_web_port=free_port(), web_bind="127.0.0.1", health_stall_ms=1_500, loader_batch_ms=50
    )
    store = Store()
    send(settings, TOUCHPOINTS, *touchpoints(*range(7)))
    with serving(settings, store):
        # 1. what was loaded is counted, and nothing lags
        rows = 'momentous_loader_rows_total{table="touchpoints"} 7.0'
        lag = 'momentous_loader_lag_records{topic="touchpoints"} '
        assert wait_until(lambda: rows in (text := get(settings, "/metrics")[1]) and lag + "0.0" in text, SECONDS)
        # 2. idle for longer than what counts as standing still
        assert not wait_until(lambda: get(settings, "/health")[0] != 200, 2.5)
        assert get(settings, "/health/ready")[0] == 200
        # 3. ClickHouse goes away and input comes
        store.away = True
        send(settings, TOUCHPOINTS, *touchpoints(7, 8))
        assert wait_until(lambda: get(settings, "/health")[0] == 503, SECONDS)
        body = json.loads(get(settings, "/health")[1])
        assert "ClickHouse does not take an insert: ClickHouse does not answer" in body["reasons"][0]
        assert body["topics"][settings.topic(TOUCHPOINTS)]["lag_records"] == 2
        assert get(settings, "/health/live")[0] == 200
        assert lag + "2.0" in get(settings, "/metrics")[1]
        # 4. and comes back
        store.away = False
        assert wait_until(lambda: get(settings, "/health")[0] == 200, SECONDS)
        assert wait_until(lambda: lag + "0.0" in get(settings, "/metrics")[1], SECONDS)


def test_lag_is_summed_over_partitions_and_the_oldest_counts() -> None:
    made = Progress(positions={("p.touchpoints", 0): 10, ("p.touchpoints", 1): 20})
    looked = Looked()
    looked.unread = {("p.touchpoints", 0): Unread(15, 5, 1), ("p.touchpoints", 1): Unread(23, 3, 10_000_000_000_000)}
    unread: Any = looked
    text = LoaderMetrics(Settings(topic_prefix="p.")).text(made, unread).decode()
    assert 'momentous_loader_lag_records{topic="touchpoints"} 8.0' in text
    seconds = next(line for line in text.splitlines() if line.startswith("momentous_loader_lag_seconds{"))
    assert float(seconds.rpartition(" ")[2]) > 1_700_000_000
