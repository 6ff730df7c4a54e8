"""History in files: published logs, files that a mapping describes, JSON lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from schemas import Touchpoint
from streams.backtest.glance import Item, glance_at
from streams.backtest.source import EVENT, Wanted
from streams.importers import (
    PHANTOM,
    EventLog,
    FileProblem,
    Refusal,
    parse_mapping,
    read_bank,
    read_completejourney,
    read_consents,
    read_json_lines,
    read_online_retail,
    read_otto,
)
from streams.importers.bank import COLUMNS
from streams.importers.plain_or_gzip import opened

FORMATS = ("auto", "jsonl", "bank", "otto", "completejourney", "online_retail")


class JsonLines:
    """What ``momentous publish`` reads and ``simulate --out`` writes, in the order of its lines."""

    clock = EVENT

    def __init__(self, path: Path) -> None:
        self.title = str(path)
        self.total: int | None = None
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.customers: int | None = None
        self._path = path

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        """One, the whole file."""
        self.refused = Counter()
        yield self._items()

    def _items(self) -> Iterator[Item]:
        number = 0
        with opened(self._path) as lines:
            for _, read in read_json_lines(lines):
                number += 1
                if isinstance(read, Refusal):
                    self.refused[f"line {read.row}: {read.reason}" if len(self.refused) < 3 else "further lines"] += 1
                else:
                    yield glance_at(read)
        self.total = number


class InOrderOfTime:
    """Touchpoints that a reader has put in the order of time.

    Args:
        touchpoints: may be iterated again and again.
        refused: rows that were left out, by reason.
    """

    clock = EVENT

    def __init__(self, title: str, touchpoints: Iterable[Touchpoint], total: int, refused: Counter[str]) -> None:
        self.title = title
        self.total: int | None = total
        self.refused = refused
        self.left_out = 0
        self.customers: int | None = None
        self._touchpoints = touchpoints

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        """One."""
        yield map(glance_at, self._touchpoints)


def file_source(
    path: Path, file_format: str = "auto", mapping: Path | None = None, consents: Path | None = None
) -> JsonLines | InOrderOfTime:
    """The history in a file.

    Args:
        path: plain or gzip; completejourney's is a folder.
        file_format: of :data:`FORMATS`; ``auto`` knows the bank's log by its header and else reads JSON lines.
        mapping: how to read any other file.
        consents: a list of consents to go with it; not with JSON lines, which carry their own.

    Raises:
        FileProblem, MappingFileError, OSError: a file cannot be used.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FileProblem(f"{path}: is no file or folder, and a history is read twice", "write it to a file")
    if mapping is None and file_format == "auto":
        file_format = _recognized(path)
    if mapping is None and file_format == "jsonl":
        if consents is not None:
            raise FileProblem(f"{path}: JSON lines carry their own consents", "leave --consents out")
        return JsonLines(path)
    touchpoints: Sequence[Touchpoint] | EventLog
    if mapping is None and file_format == "bank":
        calls = read_bank(path)
        touchpoints = calls.touchpoints
        refused = Counter(one.reason for one in calls.refusals if one.reason != PHANTOM)
    else:
        log = _mapped(path, file_format, mapping)
        refused = Counter(f"row {one.row}: {one.reason}" for one in log.refused[:3])
        if log.refused_count > len(refused):
            refused["further rows"] = log.refused_count - len(refused)
        if consents is None:
            return InOrderOfTime(str(path), log.touchpoints, len(log.touchpoints), refused)
        touchpoints = list(log.touchpoints)
    if consents is not None:
        agreed = read_consents(consents)
        refused.update(one.reason for one in agreed.refusals)
        touchpoints = sorted([*agreed.touchpoints, *touchpoints], key=lambda touchpoint: touchpoint["occurred_at"])
    title = f"{path}" if consents is None else f"{path} with {consents}"
    return InOrderOfTime(title, touchpoints, len(touchpoints), refused)


def _recognized(path: Path) -> str:
    if path.is_dir():
        return "completejourney"
    with opened(path) as file:
        first = file.readline().decode("utf-8", errors="replace").rstrip("\r\n")
    if tuple(first.split("\t")) == COLUMNS:
        return "bank"
    if first and not first.lstrip().startswith("{"):
        raise FileProblem(
            f"{path}: neither JSON lines nor the bank's log", "name its --format, or describe it with --mapping"
        )
    return "jsonl"


def _mapped(path: Path, file_format: str, mapping: Path | None) -> EventLog:
    if mapping is None:
        read = {"otto": read_otto, "completejourney": read_completejourney, "online_retail": read_online_retail}
        return read[file_format](path)  # type: ignore[operator, no-any-return]
    log = EventLog()
    log.read(parse_mapping(mapping.read_text(encoding="utf-8", errors="replace"), str(mapping)), path)
    return log
