"""What a process measures: each metric said once, made into Prometheus instruments and into a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

MOST_SERIES = 200
"""Most label combinations of one counter; what comes beyond is counted with every label ``other``."""

OTHER = "other"

FAST_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
"""Buckets of what should take milliseconds."""

LONG_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600)
"""Buckets of what may take minutes."""

RECORDS = (1, 10, 50, 100, 500, 1000, 2000, 4000, 8000, 16000, 50000)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as exposed; a counter's ends in ``_total``.
        meaning: a sentence; it stands in the exposition and on the page.
        labels: their names.
        buckets: of a histogram.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def unit(self) -> str:
        """Read from the name, as the conventions want it."""
        stem = self.name.removesuffix("_total")
        for ending, unit in (("_timestamp_seconds", "s since 1970, UTC"), ("_seconds", "s"), ("_bytes", "bytes")):
            if stem.endswith(ending):
                return unit
        return "records" if stem.endswith(("records", "records_in")) else "1"


class Instruments:
    """The metrics of one process, in a registry of their own."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._series: dict[str, set[tuple[str, ...]]] = {}
        for metric in metrics:
            if metric.kind == "counter":
                self._counters[metric.name] = Counter(
                    metric.name, metric.meaning, metric.labels, registry=self._registry
                )
                self._series[metric.name] = set()
            elif metric.kind == "gauge":
                self._gauges[metric.name] = Gauge(metric.name, metric.meaning, metric.labels, registry=self._registry)
            else:
                self._histograms[metric.name] = Histogram(
                    metric.name, metric.meaning, metric.labels, buckets=metric.buckets, registry=self._registry
                )

    def count(self, name: str, amount: float, *labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        if not labels:
            counter.inc(amount)
            return
        known = self._series[name]
        if labels not in known:
            if len(known) >= MOST_SERIES:
                labels = (OTHER,) * len(labels)
            known.add(labels)
        counter.labels(*labels).inc(amount)

    def observe(self, name: str, values: Iterable[float], *labels: str) -> None:
        """Put values into a histogram."""
        histogram = self._histograms[name]
        child = histogram.labels(*labels) if labels else histogram
        for value in values:
            child.observe(value)

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def include(self, counts: Collector) -> None:
        """Also expose what counts for itself."""
        self._registry.register(counts)

    def clear(self) -> None:
        """Drop every labelled series of the gauges, so that what is gone does not go on being told."""
        for gauge in self._gauges.values():
            gauge.clear()

    def text(self) -> bytes:
        """The exposition, in Prometheus's text format."""
        return generate_latest(self._registry)
