"""A loader's pages, and whether it makes progress, which is more than whether it is alive.

/health/live   503 when only a restart could help: its thread stands still although Kafka answers.
/health/ready  503 until it owns its partitions, and while anything is wrong.
/health        503 while anything is wrong: input waits and nothing gets into ClickHouse, or Kafka is silent.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from time import monotonic

import msgspec

from sinks.loader_metrics import LoaderMetrics, lags
from sinks.progress import Progress
from streams.settings import Settings
from streams.telemetry import CONTENT_TYPE, OperationsServer, Reply, UnreadWatch, health_reply, look_every_s


class TopicLag(msgspec.Struct, kw_only=True):
    """How far one topic is behind."""

    lag_records: int
    lag_seconds: float


class LoaderHealth(msgspec.Struct, kw_only=True):
    """A loader's health; the first three are what the three pages say."""

    ok: bool
    live: bool
    ready: bool
    reasons: list[str]
    topics: dict[str, TopicLag]
    seconds_since_success: float | None


def loader_health(progress: Progress, unread: UnreadWatch, stall_s: float) -> LoaderHealth:
    """The health now; ``stall_s`` without progress is too long."""
    now = monotonic()
    wrong: list[str] = []
    live = True
    silent, quiet = now - unread.answered_at, now - progress.told_at
    answers = silent <= stall_s
    if not answers:
        why = f": {unread.trouble}" if unread.trouble else ""
        wrong.append(f"Kafka has not answered for {silent:.0f} s{why}")
    if quiet > stall_s:
        wrong.append(f"the loader has been in one step for {quiet:.0f} s")
        live = not answers
    found = unread.unread
    waiting = [
        since
        for where, since in unread.waiting_since.items()
        if where in found and found[where].end > progress.positions.get(where, 0)
    ]
    standing = now - max(min(waiting), progress.settled_at) if waiting else 0.0
    if standing > stall_s:
        because = f" ({progress.stalled})" if progress.stalled else ""
        wrong.append(f"input waits and nothing was inserted for {standing:.0f} s{because}")
        live = live and (bool(progress.stalled) or not answers)
    reasons = list(wrong)
    if progress.stalled and not wrong:
        reasons.append(progress.stalled)
    if not progress.was_dealt:
        reasons.append("the group has not dealt partitions yet")
    return LoaderHealth(
        ok=not wrong,
        live=live,
        ready=not reasons,
        reasons=reasons,
        topics={
            topic: TopicLag(lag_records=records, lag_seconds=round(seconds, 1))
            for topic, (records, seconds) in lags(progress, unread).items()
        },
        seconds_since_success=round(now - progress.settled_at, 1) if progress.succeeded_at else None,
    )


class LoaderPages:
    """Serves the pages until stopped; threads of its own.

    Raises:
        PortTaken: ``loader_web_port`` cannot be listened on.
    """

    def __init__(self, settings: Settings, progress: Progress, metrics: LoaderMetrics) -> None:
        self._progress = progress
        self._metrics = metrics
        self._stall_s = settings.health_stall_ms / 1000
        self._unread = UnreadWatch(settings, lambda: progress.positions, look_every_s(settings))
        pages: dict[str, Callable[[], Reply]] = {
            "/metrics": lambda: Reply(HTTPStatus.OK, CONTENT_TYPE, metrics.text(progress, self._unread)),
            "/health": lambda: self._reply(lambda health: health.ok),
            "/health/live": lambda: self._reply(lambda health: health.live),
            "/health/ready": lambda: self._reply(lambda health: health.ready),
        }
        self._server = OperationsServer(settings.web_bind, settings.loader_web_port, pages, "loader_web_port")

    def start(self) -> None:
        """Begin to watch and to answer."""
        self._unread.start()
        self._server.start()

    def stop(self) -> None:
        """End."""
        self._server.stop()
        self._unread.stop()

    def _reply(self, verdict: Callable[[LoaderHealth], bool]) -> Reply:
        health = loader_health(self._progress, self._unread, self._stall_s)
        return health_reply(verdict(health), health)
