"""The call log of "Anonymous Bank", a call a row, as touchpoints in the order of time.

The file is tab separated with a header, ordered by telephone line. Its clocks are local Israeli
time without a zone or a day of their own. One call becomes up to five touchpoints::

    ivr.entered (vru_entry), ivr.exited (vru_exit)
    queue.entered (q_start, unless it is 0:00:00)
    queue.abandoned (q_exit) | agent.connected (ser_start), agent.ended (ser_exit)
    ivr.abandoned (vru_exit) for who hung up without a queue

Odd rows stay as odd as they are; only what cannot be read, and virtual calls, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas import Properties, Touchpoint
from streams.importers.plain_or_gzip import lines_of
from streams.importers.refusal import FileProblem, Refusal, RowRefused

SOURCE = "bank-call-centre"
PHANTOM = "PHANTOM: a virtual call, which the log's documentation says to ignore"
"""Reason of the rows that are left out as they should be."""
ZONE = ZoneInfo("Asia/Jerusalem")
COLUMNS = (
    *("vru+line", "call_id", "customer_id", "priority", "type", "date"),
    *("vru_entry", "vru_exit", "vru_time", "q_start", "q_exit", "q_time"),
    *("outcome", "ser_start", "ser_exit", "ser_time", "server"),
)
_NOT_IDENTIFIED = "0"
_NO_QUEUE = "0:00:00"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)
_HALF_DAY = timedelta(hours=12)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BankLog:
    """Touchpoints in the order (occurred_at, correlation_id, step), and what was refused."""

    touchpoints: list[Touchpoint]
    refusals: list[Refusal]
    rows: int


def read_bank(path: Path, before_first: Callable[[], None] | None = None) -> BankLog:
    """Read a whole file, plain or gzip.

    Args:
        path: the file.
        before_first: called once, before the first call is kept, so that what would stop the publishing is
            told before a long file is read. What it raises ends the reading.

    Raises:
        FileProblem: no such file, damaged, or without the header of this log.
    """
    lines = lines_of(path)
    header = next(lines, "").split("\t")
    if tuple(header) != COLUMNS:
        raise FileProblem(
            f"{path}: the first line is not the header of a bank call log",
            f"expected {len(COLUMNS)} columns separated by tabs: {', '.join(COLUMNS)}",
        )
    steps: list[tuple[int, str, int, Touchpoint]] = []
    refusals = []
    number = 1
    for number, line in enumerate(lines, 2):
        try:
            call = list(_call(line))
        except RowRefused as refused:
            refusals.append(Refusal(number, str(refused)))
            continue
        if before_first is not None and not steps:
            before_first()
        steps.extend((tp["occurred_at"], tp["correlation_id"] or "", step, tp) for step, tp in call)
    steps.sort(key=lambda item: item[:3])
    return BankLog([touchpoint for *_, touchpoint in steps], refusals, rows=number - 1)


def _call(line: str) -> Iterator[tuple[int, Touchpoint]]:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise RowRefused(f"{len(fields)} columns, expected {len(COLUMNS)}")
    row = dict(zip(COLUMNS, fields, strict=True))
    if row["outcome"] == "PHANTOM":
        raise RowRefused(PHANTOM)
    if row["outcome"] not in ("AGENT", "HANG"):
        raise RowRefused(f"outcome {row['outcome']!r}, expected AGENT, HANG or PHANTOM")
    if not (row["vru+line"] and row["call_id"] and row["customer_id"]):
        raise RowRefused("vru+line, call_id or customer_id is empty")
    call = _Call(row)
    for step, kind, local, more in call.steps():
        yield step, call.touchpoint(step, kind, local, more)


class _Call:
    """One row, its clocks placed on days."""

    def __init__(self, row: dict[str, str]) -> None:
        self._row = row
        self._correlation_id = f"{row['date']}-{row['vru+line']}-{row['call_id']}"
        self._identified = row["customer_id"] != _NOT_IDENTIFIED
        self._customer_id = row["customer_id"] if self._identified else f"anon:{self._correlation_id}"
        self._about: Properties = {"priority": _number(row, "priority"), "skill": row["type"]}
        self._entry = _on_day(row, "vru_entry")

    def steps(self) -> Iterator[tuple[int, str, datetime, Properties]]:
        """Step number, type, local time and further properties of each touchpoint."""
        row = self._row
        exited = self._at("vru_exit")
        yield 1, "ivr.entered", self._entry, {}
        yield 2, "ivr.exited", exited, {}
        waited: Properties = {}
        if row["q_start"] != _NO_QUEUE:
            queued, left = self._at("q_start"), self._at("q_exit")
            waited = {"wait_seconds": round((left - queued).total_seconds())}
            yield 3, "queue.entered", queued, {}
            if row["outcome"] == "HANG":
                yield 4, "queue.abandoned", left, waited
        elif row["outcome"] == "HANG":
            yield 3, "ivr.abandoned", exited, {}
        if row["outcome"] == "AGENT":
            agent: Properties = {"agent": row["server"]}
            yield 4, "agent.connected", self._at("ser_start"), agent | waited
            yield 5, "agent.ended", self._at("ser_exit"), agent

    def touchpoint(self, step: int, kind: str, local: datetime, more: Properties) -> Touchpoint:
        """The touchpoint of one step."""
        return {
            "event_id": f"{self._correlation_id}-{step}",
            "source": SOURCE,
            "customer_id": self._customer_id,
            "identified": self._identified,
            "channel": "ivr" if kind.startswith("ivr.") else "voice",
            "type": kind,
            "occurred_at": round(local.timestamp() * 1000),
            "correlation_id": self._correlation_id,
            "session_id": None,
            "identities": {},
            "properties": dict(sorted((self._about | more).items())),
        }

    def _at(self, column: str) -> datetime:
        """The clock in ``column``; the file has one date a call, so a clock may be of the next day."""
        local = _on_day(self._row, column)
        return local + _DAY if self._entry - local > _HALF_DAY else local


def _on_day(row: dict[str, str], column: str) -> datetime:
    clock = _CLOCK.fullmatch(row[column])
    if clock is None:
        raise RowRefused(f"{column} {row[column]!r} is no time of a day, expected h:mm:ss")
    hours, minutes, seconds = map(int, clock.groups())
    return _midnight(row["date"]) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


@lru_cache(maxsize=1000)
def _midnight(date: str) -> datetime:
    try:
        if len(date) != len("yymmdd"):
            raise ValueError
        return datetime.strptime(date, "%y%m%d").replace(tzinfo=ZONE)
    except ValueError as error:
        raise RowRefused(f"date {date!r} is no day, expected yymmdd") from error


def _number(row: dict[str, str], column: str) -> int:
    try:
        return int(row[column])
    except ValueError as error:
        raise RowRefused(f"{column} {row[column]!r} is no whole number") from error
