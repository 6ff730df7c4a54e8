"""The rows of a CSV or JSON lines file, each as its columns' values or as a refusal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.types import Value
from streams.detection import Mistake
from streams.detection.reader import did_you_mean
from streams.importers.mapping.errors import MappingFileError
from streams.importers.mapping.mapping import CsvForm, Mapping
from streams.importers.mapping.numbers import LONG_MAX, LONG_MIN
from streams.importers.mapping.template import FILE, ROW
from streams.importers.plain_or_gzip import opened
from streams.importers.refusal import FileProblem, Refusal, RowRefused

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_BOM = "\ufeff"


class Row(NamedTuple):
    """One row: its line in the file, from 1, the values of the columns that the mapping names, and all of it."""

    number: int
    values: dict[str, Value]
    content: Any


def read_rows(mapping: Mapping, path: Path) -> Iterator[Row | Refusal]:
    """The rows of a file, plain or gzip; empty lines are passed over.

    Raises:
        FileProblem: it is missing, damaged, or not in the encoding that the mapping names.
        MappingFileError: the mapping names columns that the file's header does not have.
    """
    with opened(path) as file:
        yield from (_csv_rows if mapping.format == "csv" else _json_rows)(mapping, path, file)


def _csv_rows(mapping: Mapping, path: Path, file: IO[bytes]) -> Iterator[Row | Refusal]:
    with closing(_records(mapping.csv, path, file)) as records:
        header = _names(records)
        joined = read_join(mapping, path) if mapping.join is not None else None
        wanted = _places(mapping, [*header, *(joined.header if joined is not None else ())], path)
        clean, named_row = _cleaner(mapping), ROW in mapping.columns or FILE in mapping.columns
        for number, fields in records:
            if (reason := _unfit(fields, len(header), mapping.csv)) is not None or isinstance(fields, str):
                yield Refusal(number, reason or "")
                continue
            if joined is not None:
                fields += joined.fields_for(fields[header.index(joined.on)])
            values: dict[str, Value] = {name: clean(fields[place]) for name, place in wanted}
            if named_row:
                values[ROW], values[FILE] = number, path.name
            yield Row(number, values, fields)


def _unfit(fields: list[str] | str, columns: int, form: CsvForm) -> str | None:
    """Why a record cannot be used as it stands."""
    if isinstance(fields, str):
        return fields
    if len(fields) != columns:
        return f"{len(fields)} columns, expected {columns}"
    if not "".join(fields).isascii() and not all(map(_is_text, fields)):
        return f"bytes that are not {form.encoding}"
    return None


def _names(records: Iterator[tuple[int, list[str] | str]]) -> list[str]:
    """The header, which comes first."""
    header = next(records)[1]
    assert isinstance(header, list)
    return header


def _records(form: CsvForm, path: Path, file: IO[bytes]) -> Generator[tuple[int, list[str] | str], None, None]:
    """The header, then each record with its first line's number, or why it is none."""
    text = io.TextIOWrapper(file, form.encoding, errors="surrogateescape", newline="")
    try:
        before = sum(1 for _ in islice(text, form.skip_lines))
        reader = csv_reader(form, text)
        yield before + 1, list(form.columns) if form.columns is not None else _header(reader, path, before)
        while True:
            number = before + reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                yield number, f"not CSV: {error}"
                continue
            if fields is None:
                return
            if fields:
                yield number, fields
    except UnicodeError as error:
        raise FileProblem(f"{path}: not {form.encoding} ({error})", "name its encoding under csv") from None
    finally:
        text.detach()  # who opened the file closes it


def csv_reader(form: CsvForm, lines: Iterator[str]) -> CsvReader:
    """The standard library's reader of such a file; what is not well quoted is an error."""
    if form.quote is None:
        return csv.reader(lines, delimiter=form.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)


def _header(reader: Iterator[list[str]], path: Path, before: int) -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise FileProblem(f"{path}:{before + 1}: no CSV header ({error})", "check csv in the mapping") from None
    if not header:
        raise FileProblem(
            f"{path}: has no header, its first line is empty",
            "look at the file; in a mapping of your own its columns can be named under csv, with header: false",
        )
    header[0] = header[0].removeprefix(_BOM)
    return [name.strip() for name in header]


class Joined:
    """The second file of a join, in memory."""

    def __init__(self, on: str, header: list[str], rows: dict[str, list[str]]) -> None:
        self.on = on
        self.header = header
        self._rows = rows
        self._nothing = [""] * len(header)

    def fields_for(self, key: str) -> list[str]:
        """The fields that go with a row; empty ones where the second file does not have its key."""
        return self._rows.get(key, self._nothing)


def read_join(mapping: Mapping, path: Path) -> Joined:
    """The file that is joined to the one at ``path``.

    Raises:
        FileProblem: it cannot be used: missing, damaged, or a key that is not there or there twice.
    """
    assert mapping.join is not None
    on, second = mapping.join.on, _beside(path, mapping.join.file)
    rows: dict[str, list[str]] = {}
    with opened(second) as file, closing(_records(mapping.csv, second, file)) as records:
        header = _names(records)
        if header.count(on) != 1:
            raise FileProblem(f"{second}: has {header.count(on)} columns '{on}' to be joined on", "it needs one")
        key_at = header.index(on)
        for number, fields in records:
            if (reason := _unfit(fields, len(header), mapping.csv)) is not None:
                raise FileProblem(f"{second}:{number}: {reason}", "mend that row")
            if fields[key_at] in rows:
                raise FileProblem(f"{second}:{number}: {on} '{fields[key_at]}' is there twice", "keep one of them")
            rows[fields[key_at]] = [*fields[:key_at], *fields[key_at + 1 :]]
    return Joined(on, [name for name in header if name != on], rows)


def _beside(path: Path, name: str) -> Path:
    """A file in the same folder, with or without ``.gz``, whichever is there."""
    other = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}.gz"
    return next((found for found in (path.parent / name, path.parent / other) if found.exists()), path.parent / name)


def _places(mapping: Mapping, header: list[str], path: Path) -> list[tuple[str, int]]:
    """Where each column that the mapping names stands."""
    missing = [
        Mistake(named.line, named.column, f"{path.name} has no column '{named.name}'", _nearest(named.name, header))
        for named in mapping.references
        if named.name not in header and named.name not in (ROW, FILE)
    ]
    if missing:
        raise MappingFileError(mapping.filename, missing)
    for name in mapping.columns:
        if header.count(name) > 1:
            raise FileProblem(f"{path}: {header.count(name)} columns are called '{name}'", "rename all but one")
    return [(name, header.index(name)) for name in mapping.columns if name not in (ROW, FILE)]


def _nearest(name: str, header: Iterable[str]) -> str:
    shown = [column for column in header if _is_text(column)]
    return did_you_mean(name, shown) if shown else "its header is empty"


def _cleaner(mapping: Mapping) -> Callable[[str], str | None]:
    """From a field to its value: blanks cut off, None where it means nothing."""
    empty = mapping.empty | {""}
    if mapping.csv.trim:
        return lambda text: None if (trimmed := text.strip()) in empty else trimmed
    return lambda text: None if text in empty else text


def _is_text(text: str) -> bool:
    """Whether it is free of the stand-ins for bytes that could not be decoded."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _json_rows(mapping: Mapping, path: Path, file: IO[bytes]) -> Iterator[Row | Refusal]:
    paths = [(name, name.split(".")) for name in mapping.columns if name not in (ROW, FILE)]
    decode = msgspec.json.Decoder().decode
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            content = decode(line.removeprefix(_BOM.encode()) if number == 1 else line)
            if not isinstance(content, dict):
                raise RowRefused("the line is no JSON object")
            values: dict[str, Value] = {name: _at(content, name, steps, mapping.empty) for name, steps in paths}
        except (ValueError, RecursionError, msgspec.MsgspecError) as error:
            yield Refusal(number, str(error) if isinstance(error, RowRefused) else f"not JSON: {error}")
            continue
        values[ROW], values[FILE] = number, path.name
        yield Row(number, values, content)


def _at(content: dict[str, Any], name: str, steps: list[str], empty: frozenset[str]) -> Value:
    """The value at a path; a key with the whole path as its name goes first."""
    found: Any = content
    if name in content:
        found = content[name]
    else:
        for step in steps:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isascii() and step.isdigit():
                found = found[int(step)] if int(step) < len(found) else None
            else:
                return None
    if isinstance(found, dict | list):
        kind = "an object" if isinstance(found, dict) else "a list"
        raise RowRefused(f"'{name}' is {kind}; name what is wanted in it, like {name}.{_inside(found)}")
    if isinstance(found, int) and not LONG_MIN <= found <= LONG_MAX:
        raise RowRefused(f"'{name}' is a whole number beyond 64 bits; write it as a text")
    return None if isinstance(found, str) and (not found or found in empty) else found


def _inside(found: dict[str, Any] | list[Any]) -> str:
    return next(iter(found), "name") if isinstance(found, dict) else "0"
