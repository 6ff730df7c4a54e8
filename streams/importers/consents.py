"""Consents from a CSV file: what each customer has agreed to, as touchpoints.

Columns ``customer_id,status,purpose,channel,occurred_at``; lines that begin with ``#`` are
remarks. ``granted`` becomes ``consent.given``. ``withdrawn`` becomes ``consent.given`` and, at the
row's time, ``consent.withdrawn``: a list of statuses does not say when a withdrawn consent had
been given, so that is dated a week before. ``none`` becomes nothing.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemas import Touchpoint
from streams.importers.channels import CHANNELS
from streams.importers.plain_or_gzip import lines_of
from streams.importers.refusal import FileProblem, Refusal, RowRefused

COLUMNS = ("customer_id", "status", "purpose", "channel", "occurred_at")
GIVEN_BEFORE_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class ConsentLog:
    """Touchpoints in the order of time, customers by status, and what was refused."""

    touchpoints: list[Touchpoint]
    customers: Counter[str]
    refusals: list[Refusal]


def read_consents(path: Path) -> ConsentLog:
    """Read a whole file; the touchpoints' source is ``consents:`` and the file's name.

    Raises:
        FileProblem: no such file, or without the header above.
    """
    numbered = ((number, line) for number, line in enumerate(lines_of(path), 1) if line and not line.startswith("#"))
    if next(numbered, (0, ""))[1] != ",".join(COLUMNS):
        raise FileProblem(f"{path}: not a list of consents", f"the first line must be {','.join(COLUMNS)}")
    touchpoints: list[Touchpoint] = []
    customers: Counter[str] = Counter()
    refusals = []
    for number, line in numbered:
        try:
            status, rows = _row(line, f"consents:{path.name}")
        except RowRefused as refused:
            refusals.append(Refusal(number, str(refused)))
            continue
        customers[status] += 1
        touchpoints.extend(rows)
    touchpoints.sort(key=lambda touchpoint: (touchpoint["occurred_at"], touchpoint["event_id"]))
    return ConsentLog(touchpoints, customers, refusals)


def _row(line: str, source: str) -> tuple[str, list[Touchpoint]]:
    fields = next(csv.reader([line]))
    if len(fields) != len(COLUMNS):
        raise RowRefused(f"{len(fields)} columns, expected {len(COLUMNS)}")
    customer_id, status, purpose, channel, moment = fields
    if status not in ("granted", "withdrawn", "none"):
        raise RowRefused(f"status {status!r}, expected granted, withdrawn or none")
    if not customer_id:
        raise RowRefused("customer_id is empty")
    if status == "none":
        return status, []
    if not purpose or channel not in CHANNELS:
        raise RowRefused(f"purpose {purpose!r}, channel {channel!r}: expected a word, and one of {', '.join(CHANNELS)}")
    at = _milliseconds(moment)
    kinds = [("given", at)] if status == "granted" else [("given", at - GIVEN_BEFORE_MS), ("withdrawn", at)]
    return status, [
        {
            "event_id": f"{customer_id}-{purpose}-{channel}-{kind}",
            "source": source,
            "customer_id": customer_id,
            "identified": True,
            "channel": channel,
            "type": f"consent.{kind}",
            "occurred_at": time,
            "correlation_id": None,
            "session_id": None,
            "identities": {},
            "properties": {"channel": channel, "purpose": purpose},
        }
        for kind, time in kinds
    ]


def _milliseconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RowRefused(f"occurred_at {text!r} is no ISO 8601 time") from error
    if moment.tzinfo is None:
        raise RowRefused(f"occurred_at {text!r} has no zone; write 1998-12-01T09:00:00Z")
    return round(moment.timestamp() * 1000)
