"""What the live-state API measures, counted as cheaply as its requests are answered."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family

from streams.telemetry.metric import Metric

_S = "momentous_worker_state_"

REQUEST_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Buckets of one request: finest around 20 ms, within which 99 of 100 are to be answered."""

CLASSES = {2: "2xx", 4: "4xx", 5: "5xx"}
"""By the first digit of a status; no other is answered."""

LIVE_STATE_METRICS: tuple[Metric, ...] = (
    Metric(
        f"{_S}requests_total",
        "counter",
        "Requests that the live-state API answered, by class of their status (2xx, 4xx, 5xx); those that another "
        "worker passed on count at both.",
        ("class",),
    ),
    Metric(
        f"{_S}request_seconds",
        "histogram",
        "One request to the live-state API, from when it is taken up to its answer's writing, asking another worker "
        "or ClickHouse included. Its wait for the turn of the loop in which it is taken up is not in it.",
        (),
        REQUEST_SECONDS,
    ),
    Metric(
        f"{_S}forwarded_total",
        "counter",
        "Requests for a partition that is not served here, to be passed on to its owner.",
    ),
    Metric(
        f"{_S}forward_failures_total",
        "counter",
        "Those of them that no owner answered, so that 503 was: the partition is moving, its owner is not known, is "
        "away, or was too slow.",
    ),
)
"""Every metric of the live-state API; they stand on the worker's page."""


class LiveStateMetrics:
    """Counts in the event loop, told to Prometheus when it asks.

    Prometheus's own counters lock and look labels up, which costs microseconds; a request in a busy
    loop is to pay less. So plain numbers are counted, by the loop's thread alone, and a scrape in
    another thread reads them: each is whole, and what is a request apart evens out by the next.
    """

    __slots__ = ("_buckets", "_by_class", "_seconds", "forward_failures", "forwarded")

    def __init__(self) -> None:
        self._by_class = dict.fromkeys(CLASSES, 0)
        self._buckets = [0] * (len(REQUEST_SECONDS) + 1)
        self._seconds = 0.0
        self.forwarded = 0
        self.forward_failures = 0

    def answered(self, status: int, seconds: float) -> None:
        """A request was answered with that status, so long after it was read."""
        self._by_class[status // 100] += 1
        self._buckets[bisect_left(REQUEST_SECONDS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterator[Family]:
        """The series as of now."""
        requests, duration, forwarded, failures = LIVE_STATE_METRICS
        by_class = CounterMetricFamily(requests.name, requests.meaning, labels=requests.labels)
        for digit, name in CLASSES.items():
            by_class.add_metric((name,), self._by_class[digit])
        yield by_class
        buckets, below = [], 0
        for bound, count in zip((*map(str, REQUEST_SECONDS), "+Inf"), tuple(self._buckets), strict=True):
            below += count
            buckets.append((bound, float(below)))
        yield HistogramMetricFamily(duration.name, duration.meaning, buckets=buckets, sum_value=self._seconds)
        yield CounterMetricFamily(forwarded.name, forwarded.meaning, value=self.forwarded)
        yield CounterMetricFamily(failures.name, failures.meaning, value=self.forward_failures)
