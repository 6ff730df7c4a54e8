"""Copies chosen rows of a file as they stand, so that they can be mended and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from streams.importers.mapping.mapping import CsvForm, Mapping
from streams.importers.mapping.rows import csv_reader
from streams.importers.plain_or_gzip import opened


def copy_rows(mapping: Mapping, path: Path, numbers: Collection[int], to: IO[bytes]) -> int:
    """Write the rows that begin in the lines ``numbers`` (from 1), behind the header if there is one.

    Returns:
        The number of rows written.

    Raises:
        FileProblem: the file cannot be read any more.
    """
    wanted = frozenset(numbers)
    with opened(path) as file:
        if mapping.format == "json_lines":
            return sum(_written(line, to) for number, line in enumerate(file, 1) if number in wanted)
        text = io.TextIOWrapper(file, mapping.csv.encoding, errors="surrogateescape", newline="")
        try:
            return _copy_records(mapping.csv, text, wanted, to)
        finally:
            text.detach()  # who opened the file closes it


def _copy_records(form: CsvForm, text: Iterator[str], wanted: Collection[int], to: IO[bytes]) -> int:
    lines = _Remembered(text)
    for _ in range(form.skip_lines):
        next(lines, "")
    reader = csv_reader(form, lines)
    written, heading = 0, form.columns is None
    while True:
        number = form.skip_lines + reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            row = []
        if row is None:
            return written
        raw = lines.taken().encode(form.encoding, "surrogateescape")
        if heading:
            to.write(raw)
            heading = False
        elif number in wanted:
            written += _written(raw, to)


class _Remembered:
    """Lines, and the text of those that have been read since it was last taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._read: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._read.append(next(self._lines))
        return self._read[-1]

    def taken(self) -> str:
        text = "".join(self._read)
        self._read.clear()
        return text


def _written(line: bytes, to: IO[bytes]) -> int:
    to.write(line if line.endswith((b"\n", b"\r")) else line + b"\n")
    return 1
