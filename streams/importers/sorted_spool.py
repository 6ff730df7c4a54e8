"""Sorts more than memory should hold: sorted runs on disk, merged while they are read."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar

import msgspec

T = TypeVar("T")

RUN_ITEMS = 100_000
_BLOCK_ITEMS = 1_000
_LENGTH_BYTES = 4


class SortedSpool(Generic[T]):
    """Takes items in any order and gives them back by key; a context manager that drops its files.

    Up to ``run_items`` items stay in memory; beyond that each such number is sorted and written to
    a nameless temporary file, and reading merges those runs, a block of each in memory.

    Args:
        run_items: how many items are held in memory at most.
    """

    def __init__(self, run_items: int = RUN_ITEMS) -> None:
        self._run_items = run_items
        self._held: list[tuple[Any, T]] = []
        self._runs: list[IO[bytes]] = []
        self._added = 0

    def add(self, key: Any, item: T) -> None:
        """Take an item of plain data.

        Args:
            key: a list or tuple of texts and numbers that compare with those of other items; different for each.
            item: anything that msgpack carries; a tuple may come back as a list.
        """
        self._held.append((key, item))
        self._added += 1
        if len(self._held) >= self._run_items:
            self._spill()

    def __len__(self) -> int:
        return self._added

    def __iter__(self) -> Iterator[T]:
        """The items by key; may be read again and again."""
        self._held.sort(key=itemgetter(0))
        runs = [_read(run) for run in self._runs]
        if not runs:
            yield from (item for _, item in self._held)
            return
        held = ((list(key), item) for key, item in self._held)
        yield from (item for _, item in heapq.merge(*runs, held, key=itemgetter(0)))

    def close(self) -> None:
        """Drop everything."""
        self._held.clear()
        while self._runs:
            self._runs.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _spill(self) -> None:
        self._held.sort(key=itemgetter(0))
        run = tempfile.TemporaryFile(prefix="momentous-sort-")  # noqa: SIM115 - lives as long as the spool
        items = iter(self._held)
        while block := list(islice(items, _BLOCK_ITEMS)):
            encoded = msgspec.msgpack.encode(block)
            run.write(len(encoded).to_bytes(_LENGTH_BYTES, "big"))
            run.write(encoded)
        self._runs.append(run)
        self._held = []


def _read(run: IO[bytes]) -> Iterator[tuple[list[Any], Any]]:
    position = 0
    while True:
        run.seek(position)
        length = run.read(_LENGTH_BYTES)
        if not length:
            return
        encoded = run.read(int.from_bytes(length, "big"))
        position = run.tell()
        yield from msgspec.msgpack.decode(encoded)
