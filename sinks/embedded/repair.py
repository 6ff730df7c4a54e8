"""Mends what a kill of ClickHouse leaves behind in its memory of tokens.

A MergeTree table writes a block's token into its deduplication log and then renames the part into
place. A kill between the two leaves a token whose rows are nowhere: the client, told nothing,
sends the block again, and ClickHouse drops it as known: rows lost in the table, or in one view of
it. Seen once in 250 kills in the middle of an insert, and each time when killed at that rename. A
server without replicas has the same gap. So before the engine opens its data, entries without a
part are taken out of the logs.

A line of a log is ``operation<TAB>part<TAB>block id``; operation 1 adds, 2 forgets. A part is
named ``partition_firstblock_lastblock_level``, and merging puts it inside a wider one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_ADD, _DROP = "1", "2"
_PART = re.compile(r"(?P<partition>.+?)_(?P<first>\d+)_(?P<last>\d+)_\d+(?:_\d+)?")
_TABLES = ("store/*/*/deduplication_logs", "data/*/*/deduplication_logs")


class _Span(NamedTuple):
    partition: str
    first: int
    last: int

    def holds(self, other: _Span) -> bool:
        return self.partition == other.partition and self.first <= other.first and other.last <= self.last


def forget_lost_parts(clickhouse: Path) -> int:
    """Take entries whose part is not on disk out of every deduplication log.

    Args:
        clickhouse: the engine's directory, not open in any process.

    Returns:
        How many entries went.
    """
    # data/ holds links into store/
    logs = {folder.resolve() for pattern in _TABLES for folder in clickhouse.glob(pattern)}
    return sum(_mend(log, _parts(folder.parent)) for folder in logs for log in sorted(folder.glob("*.txt")))


def _mend(log: Path, parts: list[_Span]) -> int:
    text = log.read_text()
    lines = text.splitlines()
    if text and not text.endswith("\n"):
        lines.pop()  # a torn line: its part cannot be there yet
    kept = list(_kept(lines, parts))
    if (mended := "".join(f"{line}\n" for line in kept)) != text:
        fresh = log.with_suffix(".mended")
        fresh.write_text(mended)
        fresh.replace(log)
    return text.count("\n") + (not text.endswith("\n") and bool(text)) - len(kept)


def _kept(lines: list[str], parts: list[_Span]) -> Iterator[str]:
    forgotten = {tuple(line.split("\t")[1:]) for line in lines if line.startswith(f"{_DROP}\t")}
    for line in lines:
        operation, name, block_id = line.split("\t")
        span = _span(name)
        lost = operation == _ADD and span is not None and not any(part.holds(span) for part in parts)
        if not lost or (name, block_id) in forgotten:
            yield line


def _parts(table: Path) -> list[_Span]:
    return [span for path in table.iterdir() if path.is_dir() and (span := _span(path.name))]


def _span(name: str) -> _Span | None:
    found = _PART.fullmatch(name)
    return _Span(found["partition"], int(found["first"]), int(found["last"])) if found else None
