"""What mapped files come to: touchpoints in the order of time, and the rows that made none."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from schemas import Touchpoint
from schemas.types import Value
from streams.importers.mapping.mapping import Mapping, Reference
from streams.importers.mapping.refused_rows import copy_rows
from streams.importers.mapping.rows import Row, read_rows
from streams.importers.mapping.template import FILE, ROW
from streams.importers.refusal import FileProblem, Refusal, RowRefused
from streams.importers.sorted_spool import RUN_ITEMS, SortedSpool
from streams.vocabulary import shipped_vocabulary

MAX_NAMED = 1_000
"""So many refusals are kept with their reasons; of the others only the line numbers."""

MAX_BYTES = 900_000
"""Largest touchpoint as JSON; a record may have 1,000,000 bytes with its headers."""
_LOOK_CLOSER = 100_000


class RefusedRow(NamedTuple):
    """A row that was not used: its file, its line there (from 1), and why."""

    file: Path
    row: int
    reason: str


class EventLog:
    """Collects the touchpoints of one or more files; a context manager that drops its temporary files.

    Memory is bounded whatever the size of the files: rows that belong together are brought together
    by an external sort, a second one puts the touchpoints in the order of time, and a third finds
    event ids that are there twice.

    Args:
        run_items: so many rows are held in memory.
        before_first: called once, before the first row that can make a touchpoint is kept: what would stop
            the publishing is then told before a long file is read. What it raises ends the reading.

    Attributes:
        rows: rows read, the header and empty lines apart.
        types: number of touchpoints by type.
        skipped: number of rows that were left out on purpose, by reason.
        refused: the first ``MAX_NAMED`` refused rows.
        refused_rows: the line numbers of all refused rows by file.
        violations: what does not fit the vocabulary, and of how many touchpoints; they are none the less good.
        unseen: columns of JSON lines that the mapping names and no row has.
    """

    def __init__(self, run_items: int = RUN_ITEMS, before_first: Callable[[], None] | None = None) -> None:
        self._before_first = before_first
        self._run_items = run_items
        self._spool: SortedSpool[Touchpoint] = SortedSpool(run_items)
        self._ids: SortedSpool[tuple[str, str]] = SortedSpool(run_items)
        self._files = 0
        self._mappings: dict[Path, Mapping] = {}
        self._first_at: int | None = None
        self._last_at: int | None = None
        self.rows = 0
        self.types: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.refused: list[RefusedRow] = []
        self.refused_rows: dict[Path, array[int]] = {}
        self.violations: Counter[str] = Counter()
        self.unseen: list[Reference] = []
        self._vocabulary = shipped_vocabulary()

    def read(self, mapping: Mapping, path: Path) -> None:
        """Take a file, plain or gzip.

        Raises:
            FileProblem: it cannot be read.
            MappingFileError: the mapping names columns that it does not have.
        """
        try:
            self._take(mapping, path)
        except BaseException:
            self.close()
            raise

    @property
    def touchpoints(self) -> SortedSpool[Touchpoint]:
        """In the order of occurred_at, then of the files and of their lines."""
        return self._spool

    @property
    def span(self) -> tuple[int, int]:
        """First and last occurred_at, ms UTC.

        Raises:
            ValueError: there are no touchpoints.
        """
        if self._first_at is None or self._last_at is None:
            raise ValueError("no touchpoints, no span")
        return self._first_at, self._last_at

    @property
    def refused_count(self) -> int:
        """All refused rows."""
        return sum(map(len, self.refused_rows.values()))

    def repeated(self) -> tuple[int, str]:
        """How many touchpoints repeat the event id of another of their source, and the first such id."""
        count, first, last = 0, "", ("", "")
        for source, event_id in self._ids:
            if (source, event_id) == last:
                count, first = count + 1, first or event_id
            last = source, event_id
        return count, first

    def write_refused(self, to: Path) -> int:
        """Write all refused rows to a file as they stood, by reading their files again; how many.

        Raises:
            OSError: the file cannot be written.
            FileProblem: it is a file of the log, or one of these cannot be read any more.
        """
        if any(to.exists() and to.samefile(path) for path in self._mappings):
            raise FileProblem(f"{to}: is the data itself", "write the refused rows to a file of their own")
        with to.open("wb") as written:
            return sum(
                copy_rows(self._mappings[path], path, numbers, written) for path, numbers in self.refused_rows.items()
            )

    def close(self) -> None:
        """Drop the touchpoints."""
        self._spool.close()
        self._ids.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, mapping: Mapping, path: Path) -> None:
        self._files += 1
        self._mappings[path] = mapping
        used = self._used(mapping, path, read_rows(mapping, path))
        if mapping.group_by is None:
            for row in used:
                self._add(mapping, path, [row.number], [row.values], row.content)
        else:
            self._take_groups(mapping, path, used)

    def _used(self, mapping: Mapping, path: Path, rows: Iterable[Row | Refusal]) -> Iterator[Row]:
        unseen = {reference.name for reference in mapping.references} if mapping.format == "json_lines" else set()
        for row in rows:
            self.rows += 1
            if isinstance(row, Refusal):
                self._refuse(path, row.row, row.reason)
                continue
            if unseen:
                unseen = {name for name in unseen if row.values.get(name) is None}
            if (reason := mapping.reason_to_skip(row.values)) is not None:
                self.skipped[reason] += 1
            else:
                yield row
        self.unseen += [reference for reference in mapping.references if reference.name in unseen - {ROW, FILE}]

    def _take_groups(self, mapping: Mapping, path: Path, rows: Iterable[Row]) -> None:
        assert mapping.group_by is not None
        with SortedSpool[tuple[str, int, dict[str, Value]]](self._run_items) as together:
            for row in rows:
                group = mapping.group_by.render(row.values)
                if group is None:
                    self._refuse(path, row.number, "group_by is empty")
                else:
                    self._begin()
                    together.add((group, row.number), (group, row.number, row.values))
            for numbers, values in _groups(together):
                self._add(mapping, path, numbers, values, None)

    def _add(
        self, mapping: Mapping, path: Path, numbers: list[int], rows: list[dict[str, Value]], content: Any
    ) -> None:
        try:
            touchpoint = mapping.touchpoint(rows, content)
            _must_fit(touchpoint)
        except RowRefused as refused:
            together = f" (rows {', '.join(map(str, numbers[:3]))}{' …' if len(numbers) > 3 else ''} are one)"
            for number in numbers:
                self._refuse(path, number, f"{refused}{together if len(numbers) > 1 else ''}")
            return
        self._begin()
        at = touchpoint["occurred_at"]
        self._first_at = at if self._first_at is None else min(self._first_at, at)
        self._last_at = at if self._last_at is None else max(self._last_at, at)
        self.types[touchpoint["type"]] += 1
        if self._vocabulary.kinds(touchpoint):
            self.violations.update({violation.detail for violation in self._vocabulary.violations(touchpoint)})
        self._spool.add((at, self._files, numbers[0]), touchpoint)
        source, event_id = touchpoint["source"], touchpoint["event_id"]
        self._ids.add((source, event_id, self._files, numbers[0]), (source, event_id))

    def _begin(self) -> None:
        if self._before_first is not None:
            before_first, self._before_first = self._before_first, None
            before_first()

    def _refuse(self, path: Path, number: int, reason: str) -> None:
        self.refused_rows.setdefault(path, array("Q")).append(number)
        if len(self.refused) < MAX_NAMED:
            self.refused.append(RefusedRow(path, number, reason))


def _must_fit(touchpoint: Touchpoint) -> None:
    """Refuse what no broker would take; JSON is never shorter than the record will be."""
    if sum(len(value) for value in touchpoint["properties"].values() if isinstance(value, str)) > _LOOK_CLOSER:
        size = len(msgspec.json.encode(touchpoint))
        if size > MAX_BYTES:
            raise RowRefused(f"{size} bytes, more than a record may have")


def _groups(
    rows: Iterable[tuple[str, int, dict[str, Value]]],
) -> Iterator[tuple[list[int], list[dict[str, Value]]]]:
    """Line numbers and values of rows with the same group, which follow each other."""
    current: str | None = None
    numbers: list[int] = []
    values: list[dict[str, Value]] = []
    for group, number, row in rows:
        if numbers and group != current:
            yield numbers, values
            numbers, values = [], []
        current = group
        numbers.append(number)
        values.append(row)
    if numbers:
        yield numbers, values
