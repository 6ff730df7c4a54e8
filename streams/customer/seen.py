"""Which events of a customer were taken in already: the duplicate check."""

from __future__ import annotations

from hashlib import blake2b

REMEMBERED_MS = 7 * 86_400_000
"""An event is remembered this long by the partition's clock."""

CAPACITY = 65_536
"""Most events remembered per customer; beyond it the oldest are forgotten early and counted."""

_DIGEST = 8
_ENTRY = _DIGEST + 6
_INDEX_FROM = 64 * _ENTRY


def event_digest(source: str, event_id: str) -> bytes:
    """64 bits that stand for one event; the source's length keeps the two texts apart."""
    return blake2b(f"{len(source)}:{source}{event_id}".encode(), digest_size=8).digest()


class SeenEvents:
    """Digests of events with the clock at which each came, oldest first.

    One flat byte string: 14 bytes an event in memory, in the state record and in the search, which
    is a substring search for a customer with few events and a set for one with many.
    """

    __slots__ = ("_index", "entries", "forgotten")

    def __init__(self, entries: bytes | bytearray = b"") -> None:
        self.entries = bytearray(entries)
        self.forgotten = 0
        self._index: set[bytes] | None = None

    def __len__(self) -> int:
        return len(self.entries) // _ENTRY

    def add(self, digest: bytes, clock: int) -> bool:
        """Remember an event, unless it is remembered already.

        Args:
            digest: from :func:`event_digest`.
            clock: ms UTC, never less than at the call before.

        Returns:
            False for a duplicate.
        """
        entries = self.entries
        if entries:
            # A duplicate changes nothing, not even by forgetting others: it is no change to store.
            found = entries.find(digest) >= 0 if len(entries) < _INDEX_FROM else digest in self
            if found and self.remembers(digest, clock):
                return False
            if int.from_bytes(entries[_DIGEST:_ENTRY], "big") <= clock - REMEMBERED_MS:
                self.forget(clock)
            if len(entries) >= CAPACITY * _ENTRY:
                self._drop(_ENTRY)
                self.forgotten += 1
        entries += digest
        entries += clock.to_bytes(6, "big") if clock > 0 else b"\0\0\0\0\0\0"
        if self._index is not None:
            self._index.add(digest)
        return True

    def __contains__(self, digest: bytes) -> bool:
        entries = self.entries
        if len(entries) >= _INDEX_FROM:
            if self._index is None:
                self._index = {bytes(entries[at : at + _DIGEST]) for at in range(0, len(entries), _ENTRY)}
            return digest in self._index
        return self._place(digest) >= 0

    def remembers(self, digest: bytes, clock: int) -> bool:
        """Whether the event came less than ``REMEMBERED_MS`` before ``clock``."""
        at = self._place(digest)
        return at >= 0 and int.from_bytes(self.entries[at + _DIGEST : at + _ENTRY], "big") > clock - REMEMBERED_MS

    @property
    def newest_at(self) -> int | None:
        """The clock at which the newest remembered event came, ms UTC; None when none is remembered."""
        return int.from_bytes(self.entries[-_ENTRY + _DIGEST :], "big") if self.entries else None

    def forget(self, clock: int) -> None:
        """Forget what came ``REMEMBERED_MS`` ago or earlier."""
        entries, keep_after = self.entries, clock - REMEMBERED_MS
        end = 0
        while end < len(entries) and int.from_bytes(entries[end + _DIGEST : end + _ENTRY], "big") <= keep_after:
            end += _ENTRY
        self._drop(end)

    def _place(self, digest: bytes) -> int:
        entries = self.entries
        at = entries.find(digest)
        while at > 0 and at % _ENTRY:
            at = entries.find(digest, at + 1)
        return at

    def _drop(self, end: int) -> None:
        if end:
            if self._index is not None:
                self._index.difference_update(bytes(self.entries[at : at + _DIGEST]) for at in range(0, end, _ENTRY))
            del self.entries[:end]
