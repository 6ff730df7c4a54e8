"""The status for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from streams.status.endpoints import Endpoint
from streams.status.report import HELD, OUTCOMES, PauseStatus, QuarantineStatus, Status

if TYPE_CHECKING:
    from rich.console import RenderableType

_SHOWN = 12
"""Most lines of a list; the rest is in --json."""


def page(status: Status, endpoints: Iterable[Endpoint]) -> Iterator[RenderableType]:
    """What to print, piece by piece."""
    from rich.table import Table

    yield f"{status.app_id} on {status.kafka}, {_time(status.at)}"
    yield f"outreach: {status.outreach}"
    yield from map(pause_line, status.pauses)
    table = Table("partition", "applied", "lag records", "lag seconds", "clock", "delay s", "mode", "sequences")
    for one in status.partitions:
        table.add_row(
            str(one.partition),
            "nothing yet" if one.applied < 0 else str(one.applied),
            str(one.lag_records),
            f"{one.lag_seconds:.1f}",
            _time(one.clock) if one.clock else "",
            "" if one.clock_delay_seconds is None else f"{one.clock_delay_seconds:.1f}",
            one.mode,
            str(one.partial_matches),
        )
    yield table
    yield equation(status)
    for title, counts in (
        ("moments", status.moments),
        ("decisions", status.decisions),
        ("dead letters", status.dead_letters),
    ):
        yield f"{title}: {_counts(counts)}"
    yield f"active: {_definitions(status)}"
    if status.definitions_differ:
        yield f"not the same in every partition yet: {', '.join(status.definitions_differ)}"
    yield from map(quarantine_line, status.quarantined)
    loader = Table("topic", "table", "lag records", "lag seconds", "open promises")
    for behind in status.loader:
        loader.add_row(
            behind.topic,
            behind.table,
            str(behind.lag_records),
            f"{behind.lag_seconds:.1f}",
            str(behind.promises),
        )
    yield loader
    for endpoint in endpoints:
        yield endpoint_line(endpoint)


def equation(status: Status) -> str:
    """What came in, and where it ended."""
    counters = status.counters
    parts = [f"{counters[outcome]:,} {outcome}" for outcome in OUTCOMES]
    if counters.get(HELD):
        parts.append(f"{counters[HELD]:,} {HELD}")
    verdict = "adds up" if status.adds_up else "DOES NOT ADD UP"
    return f"records: {counters['in']:,} in = {' + '.join(parts)}: {verdict}"


def pause_line(pause: PauseStatus) -> str:
    """One switch that is thrown."""
    what = "all outreach" if pause.action == "*" else f"action {pause.action}"
    why = f": {pause.reason}" if pause.reason else ""
    where = f"in {len(pause.partitions)} partition{'s' if len(pause.partitions) != 1 else ''}"
    return f"  {what} paused since {_time(pause.at)} by {pause.by or 'somebody'}{why} ({where})"


def quarantine_line(refused: QuarantineStatus) -> str:
    """A definition that could not be taken."""
    count = len(refused.partitions)
    where = f"in {count} partition{'s' if count != 1 else ''}"
    return (
        f"QUARANTINED {where} since {_time(refused.since)}: {refused.definition} v{refused.version}: {refused.reason}"
    )


def endpoint_line(endpoint: Endpoint) -> str:
    """What one process says of itself."""
    if endpoint.ok is None:
        verdict = "did not answer"
    elif endpoint.ok:
        verdict = "well" if endpoint.ready else "well, not ready"
    else:
        verdict = "ILL"
    return f"{endpoint.url}: {verdict}{': ' if endpoint.reasons else ''}{'; '.join(endpoint.reasons)}"


def _counts(counts: dict[str, int]) -> str:
    shown = [f"{count:,} {name.replace(':', ' ')}" for name, count in list(counts.items())[:_SHOWN]]
    if len(counts) > _SHOWN:
        shown.append(f"{len(counts) - _SHOWN} more kinds")
    return ", ".join(shown) or "none"


def _definitions(status: Status) -> str:
    rules = [name.removeprefix("rule ") for name in status.definitions if name.startswith("rule ")]
    others = [
        f"{name} v{version}" for name, version in status.definitions.items() if not name.startswith(("rule ", "pause "))
    ]
    versions = ", ".join(f"{name} v{status.definitions[f'rule {name}']}{_aside(status, name)}" for name in rules)
    count = f"{len(rules)} rule{'' if len(rules) == 1 else 's'}"
    return f"{', '.join(others) or 'no policy'}; {count}{': ' if rules else ''}{versions}"


def _aside(status: Status, rule: str) -> str:
    """Its mode unless it is live, and which earlier versions still end what they have begun."""
    mode, draining = status.modes.get(f"rule {rule}"), status.draining.get(f"rule {rule}")
    parts = [mode or "", "draining " + ", ".join(f"v{version}" for version in draining) if draining else ""]
    words = "; ".join(part for part in parts if part)
    return f" ({words})" if words else ""


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
