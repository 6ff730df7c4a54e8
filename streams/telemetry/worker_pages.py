"""A worker's pages: /metrics, /health, /health/live, /health/ready."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Protocol

import msgspec

from streams.settings import Settings
from streams.telemetry.health import Health, worker_health
from streams.telemetry.lane_watch import LaneWatch
from streams.telemetry.metric import CONTENT_TYPE
from streams.telemetry.server import OperationsServer, Reply
from streams.telemetry.unread import Positions, UnreadWatch
from streams.telemetry.worker_metrics import WorkerMetrics
from streams.topics import TOUCHPOINTS

_LOOKS_PER_STALL = 6
_LONGEST_BETWEEN_LOOKS_S = 5.0


def look_every_s(settings: Settings) -> float:
    """How often to look what is unread: several times within what counts as standing still."""
    return min(_LONGEST_BETWEEN_LOOKS_S, settings.health_stall_ms / 1000 / _LOOKS_PER_STALL)


def health_reply(ok: bool, body: object) -> Reply:
    """200 or 503, with the body as JSON."""
    status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    return Reply(status, "application/json", msgspec.json.format(msgspec.json.encode(body)) + b"\n")


class Watched(Protocol):
    """All lanes of a worker."""

    metrics: WorkerMetrics
    was_assigned: bool

    def watches(self) -> Sequence[LaneWatch]:
        """Those of the partitions that are ours."""


class WorkerPages:
    """Serves the pages until stopped; threads of its own.

    Args:
        settings: of the process.
        lanes: what is told about.
        loop: in which the lanes live.

    Raises:
        PortTaken: the port cannot be listened on.
    """

    def __init__(self, settings: Settings, lanes: Watched, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._lanes = lanes
        self._loop = loop
        self._loop_asked_at: float | None = None
        self._topic = settings.topic(TOUCHPOINTS)
        self._unread = UnreadWatch(settings, self._positions, look_every_s(settings))
        pages: dict[str, Callable[[], Reply]] = {
            "/metrics": self._metrics,
            "/health": lambda: self._reply(lambda health: health.ok),
            "/health/live": lambda: self._reply(lambda health: health.live),
            "/health/ready": lambda: self._reply(lambda health: health.ready),
        }
        self._server = OperationsServer(settings.web_bind, settings.worker_web_port, pages)

    def start(self) -> None:
        """Begin to watch and to answer."""
        self._unread.start()
        self._server.start()

    def stop(self) -> None:
        """End."""
        self._server.stop()
        self._unread.stop()

    def health(self) -> Health:
        """The worker's health now."""
        self._ask_loop()
        asked_at = self._loop_asked_at
        return worker_health(
            self._lanes.watches(),
            self._unread,
            self._topic,
            stall_s=self._settings.health_stall_ms / 1000,
            loop_stuck_s=0.0 if asked_at is None else monotonic() - asked_at,
            was_assigned=self._lanes.was_assigned,
        )

    def _metrics(self) -> Reply:
        text = self._lanes.metrics.text(self._lanes.watches, self._unread, self._topic)
        return Reply(HTTPStatus.OK, CONTENT_TYPE, text)

    def _reply(self, verdict: Callable[[Health], bool]) -> Reply:
        health = self.health()
        return health_reply(verdict(health), health)

    def _positions(self) -> Positions:
        self._ask_loop()
        return {(self._topic, watch.number): watch.record.applied + 1 for watch in self._lanes.watches()}

    def _ask_loop(self) -> None:
        """Ask the loop for a sign of life, unless it owes one already."""
        if self._loop_asked_at is None and self._loop.is_running():
            self._loop_asked_at = monotonic()
            self._loop.call_soon_threadsafe(self._loop_turned)

    def _loop_turned(self) -> None:
        self._loop_asked_at = None
