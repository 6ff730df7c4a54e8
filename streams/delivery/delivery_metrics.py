"""What a deliverer measures."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

from streams.telemetry import FAST_SECONDS, Instruments, Metric

if TYPE_CHECKING:
    from streams.delivery.outlet import Outlet

_D = "momentous_deliver_"

DELIVERY_METRICS: tuple[Metric, ...] = (
    Metric(f"{_D}info", "gauge", "Always 1; the version of the software.", ("version",)),
    Metric(f"{_D}partitions", "gauge", "Partitions of outreach.triggers that this process owns."),
    Metric(f"{_D}unread_records", "gauge", "Records of its partitions that it has not read yet."),
    Metric(f"{_D}waiting_records", "gauge", "Deliveries that wait or are being sent, by endpoint.", ("endpoint",)),
    Metric(
        f"{_D}circuit_open",
        "gauge",
        "1 while an endpoint is left alone because it failed, and while one delivery tries whether it is back.",
        ("endpoint",),
    ),
    Metric(
        f"{_D}disabled",
        "gauge",
        "1 while an endpoint gets nothing since it answered 410; `momentous deliver enable` ends it.",
        ("endpoint",),
    ),
    Metric(f"{_D}attempts_total", "counter", "Attempts, by endpoint and what was answered.", ("endpoint", "code")),
    Metric(f"{_D}ended_total", "counter", "Deliveries ended, by endpoint and ending.", ("endpoint", "ending")),
    Metric(
        f"{_D}attempt_seconds",
        "histogram",
        "One attempt, from the lookup of the name to the end of the answer.",
        ("endpoint",),
        FAST_SECONDS,
    ),
)
"""Every metric of a deliverer."""


class DeliveryMetrics:
    """The deliverer's instruments; :meth:`text` gives them as of now."""

    def __init__(self) -> None:
        self._of = Instruments(DELIVERY_METRICS)
        self._lock = threading.Lock()

    def attempted(self, endpoint: str, code: str, seconds: float) -> None:
        """An attempt was made and answered, or was not."""
        self._of.count(f"{_D}attempts_total", 1, endpoint, code)
        self._of.observe(f"{_D}attempt_seconds", (seconds,), endpoint)

    def ended(self, endpoint: str, ending: str) -> None:
        """A delivery ended; ``endpoint`` is empty where none takes it."""
        self._of.count(f"{_D}ended_total", 1, endpoint, ending)

    def text(self, outlets: Iterable[Outlet], partitions: int, unread: int) -> bytes:
        """The exposition, gauges as of now."""
        with self._lock:
            of = self._of
            of.clear()
            of.set(f"{_D}info", 1, version("momentous"))
            of.set(f"{_D}partitions", partitions)
            of.set(f"{_D}unread_records", unread)
            for outlet in outlets:
                name = outlet.endpoint.name
                of.set(f"{_D}waiting_records", outlet.waiting, name)
                of.set(f"{_D}circuit_open", outlet.circuit != "closed", name)
                of.set(f"{_D}disabled", bool(outlet.disabled), name)
            return of.text()
