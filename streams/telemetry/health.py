"""Whether a worker makes progress, which is more than whether it is alive.

/health/live   503 when only a restart could help: its event loop stands still, a lane has ended for good,
               or a lane stands still although Kafka answers.
/health/ready  503 until every partition that is ours is running, and while anything is wrong.
/health        503 while anything is wrong; restoring with progress is not wrong.

Idle is well: a partition with nothing unread may stand still for as long as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic, time

import msgspec

from streams.telemetry.lane_watch import LaneWatch
from streams.telemetry.unread import Unread, UnreadWatch


class Part(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One partition's health; ``reason`` is empty when it is well."""

    ok: bool
    phase: str
    reason: str = ""
    applied_offset: int
    lag_records: int | None = None
    lag_seconds: float | None = None
    seconds_since_commit: float


class Health(msgspec.Struct, kw_only=True):
    """A worker's health.

    Attributes:
        ok: what /health says.
        live: what /health/live says.
        ready: what /health/ready says.
        reasons: everything that is wrong, and why it is not ready.
        partitions: those that are ours, by number.
    """

    ok: bool
    live: bool
    ready: bool
    reasons: list[str]
    partitions: dict[str, Part]


def worker_health(
    watches: Sequence[LaneWatch],
    unread: UnreadWatch,
    topic: str,
    *,
    stall_s: float,
    loop_stuck_s: float,
    was_assigned: bool,
) -> Health:
    """The health now.

    Args:
        watches: lanes of the partitions that are ours.
        unread: watches the touchpoints topic.
        topic: its full name.
        stall_s: after this long without progress something is wrong.
        loop_stuck_s: for how long the event loop has owed a sign of life.
        was_assigned: the group has dealt us partitions (maybe none) at least once.
    """
    now = monotonic()
    wrong: list[str] = []
    silent = now - unread.answered_at
    broker_answers = silent <= stall_s
    if not broker_answers:
        why = f": {unread.trouble}" if unread.trouble else ""
        wrong.append(f"Kafka has not answered for {silent:.0f} s{why}")
    live = loop_stuck_s <= stall_s
    if not live:
        wrong.append(f"the event loop has not turned for {loop_stuck_s:.0f} s")
    parts: dict[str, Part] = {}
    for watch in watches:
        found = unread.unread.get((topic, watch.number))
        waiting_since = unread.waiting_since.get((topic, watch.number))
        reason = _trouble(watch, found, waiting_since, now, stall_s)
        parts[str(watch.number)] = _part(watch, found, reason, now)
        if reason:
            wrong.append(f"partition {watch.number}: {reason}")
            if watch.refused or (watch.phase != "fenced" and broker_answers):
                live = False
    waiting = [str(watch.number) for watch in watches if watch.phase != "running"]
    reasons = list(wrong)
    if not was_assigned:
        reasons.append("the group has not dealt partitions yet")
    elif waiting and not wrong:
        reasons.append(f"not running yet: partition {', '.join(waiting)}")
    return Health(ok=not wrong, live=live, ready=not reasons, reasons=reasons, partitions=parts)


def _trouble(watch: LaneWatch, found: Unread | None, waiting_since: float | None, now: float, stall_s: float) -> str:
    """Why a lane is not well; empty when it is."""
    because = f" ({watch.reason})" if watch.reason else ""
    if watch.refused:
        return f"refused: {watch.reason}"
    if watch.phase == "fenced":
        return watch.reason or "fenced"
    if watch.phase == "restoring":
        standing = now - watch.progress_at
        return f"no progress in restoring for {standing:.0f} s{because}" if standing > stall_s else ""
    if found is None or found.oldest_at is None or waiting_since is None or found.end <= watch.record.applied + 1:
        return ""
    standing = now - max(waiting_since, watch.committed_at, watch.phase_since)
    if standing <= stall_s:
        return ""
    return f"input waits and nothing was committed for {standing:.0f} s{because}"


def _part(watch: LaneWatch, found: Unread | None, reason: str, now: float) -> Part:
    part = Part(
        ok=not reason,
        phase=watch.phase,
        reason=reason,
        applied_offset=watch.record.applied,
        seconds_since_commit=round(now - watch.committed_at, 1),
    )
    if found is not None:
        part.lag_records = found.records
        part.lag_seconds = 0.0 if found.oldest_at is None else round(max(0.0, time() - found.oldest_at / 1000), 1)
    return part
