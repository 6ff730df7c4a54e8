"""What the loader has promised to insert, kept where a kill cannot reach it: in Kafka's offset commits.

A batch goes through three steps, and a kill between any two of them leaves one of two states:

1. promise: commit the batch's first offset with ``first-last-digest`` as metadata;
2. insert it under a token made of the same three;
3. settle: commit last + 1 with empty metadata.

Whoever owns the partition next finds empty metadata (go on from there) or a promise: then it
reads exactly that range again, makes sure by the digest that these are the same records, and
inserts them under the same token, so that ClickHouse drops what it has already. The digest is
over what the rows are made of: each record's offset, timestamp, key and value.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from sinks.errors import IntentMismatch, IntentUnreadable, OffsetGone
from sinks.rows import Record

_DIGEST_BYTES = 16
_HEAD = struct.Struct("<qqii")
_METADATA = re.compile(r"(?P<first>\d+)-(?P<last>\d+)-(?P<digest>[0-9a-f]{32})")


class Partition(NamedTuple):
    """A partition of a topic (full name)."""

    topic: str
    number: int


class Commit(NamedTuple):
    """An offset commit: what is read next, and the promise, if one is open."""

    partition: Partition
    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """The promise to insert exactly the records from ``first`` to ``last``."""

    first: int
    last: int
    digest: str

    @property
    def metadata(self) -> str:
        """As it stands in the offset commit."""
        return f"{self.first}-{self.last}-{self.digest}"

    @classmethod
    def parse(cls, partition: Partition, offset: int, metadata: str) -> Self | None:
        """The promise in a commit's metadata, or None when there is none.

        Raises:
            IntentUnreadable: the metadata is not ours, or contradicts the offset.
        """
        if not metadata:
            return None
        found = _METADATA.fullmatch(metadata)
        if found is None or not offset == int(found["first"]) <= int(found["last"]):
            raise IntentUnreadable(
                f"{partition.topic}[{partition.number}]: offset {offset} is committed with metadata {metadata[:80]!r},"
                " which no loader wrote",
                "give the loader a group of its own, or reset that offset with kafka-consumer-groups",
            )
        return cls(int(found["first"]), int(found["last"]), found["digest"])


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one partition that go into one insert.

    Attributes:
        promised: its intent is committed already; this is the resending.
    """

    partition: Partition
    records: Sequence[Record]
    intent: Intent
    promised: bool

    @classmethod
    def of(cls, partition: Partition, records: Sequence[Record], *, promised: bool = False) -> Self:
        """The batch of these records, in offset order, at least one."""
        return cls(partition, records, Intent(records[0].offset, records[-1].offset, digest(records)), promised)

    def token(self, table: str) -> str:
        """The ``insert_deduplication_token`` of its insert into ``table``."""
        topic, number = self.partition
        return f"{table}|{topic}|{number}|{self.intent.first}-{self.intent.last}|{self.intent.digest}"

    @property
    def promise(self) -> Commit:
        """Step 1."""
        return Commit(self.partition, self.intent.first, self.intent.metadata)

    @property
    def settlement(self) -> Commit:
        """Step 3."""
        return Commit(self.partition, self.intent.last + 1)


class Ledger:
    """One partition's account, from its last commit on.

    Args:
        partition: whose.
        committed: the committed offset, None if there never was one.
        metadata: the commit's.
        low, high: the log's first offset and the one after its last.

    Raises:
        IntentUnreadable: see ``Intent.parse``.
        OffsetGone: the log does not hold what comes next: retention ran over it, or the topic
            was made anew.
    """

    def __init__(self, partition: Partition, committed: int | None, metadata: str, low: int, high: int) -> None:
        self.partition = partition
        self._records: list[Record] = []
        self._open = None if committed is None else Intent.parse(partition, committed, metadata)
        self.next_offset = low if committed is None else committed
        needed = self._open.last + 1 if self._open else self.next_offset
        if self.next_offset < low or needed > high:
            promise = f" with a promise up to {self._open.last}" if self._open else ""
            raise OffsetGone(
                f"{partition.topic}[{partition.number}]: the loader stands at {self.next_offset}{promise},"
                f" the log holds offsets {low} to {high - 1}",
                "rows in between cannot be loaded any more; to go on without them reset the group's offset with"
                " `kafka-consumer-groups --reset-offsets --to-earliest`",
            )

    def take(self, record: Record) -> bool:
        """Note a record that was read; False when it lies below what was asked for and is dropped."""
        if record.offset < self.next_offset:
            return False
        self.next_offset = record.offset + 1
        self._records.append(record)
        return True

    def batch(self) -> Batch | None:
        """What can be inserted now: an open promise first and alone, then all that was read.

        Raises:
            IntentMismatch: the range of the promise does not hold the records promised.
        """
        if self._open is None:
            return Batch.of(self.partition, list(self._records)) if self._records else None
        if self.next_offset <= self._open.last:
            return None
        inside = [record for record in self._records if record.offset <= self._open.last]
        batch = Batch.of(self.partition, inside, promised=True) if inside else None
        if batch is None or batch.intent != self._open:
            raise IntentMismatch(self._mismatch(batch), self._mismatch_remedy())
        return batch

    def settled(self, batch: Batch) -> None:
        """Its insert is in ClickHouse and its settlement is committed."""
        self._open = None
        self._records = [record for record in self._records if record.offset > batch.intent.last]

    @property
    def waiting(self) -> int:
        """Records read and not settled."""
        return len(self._records)

    @property
    def position(self) -> int:
        """The first offset that is not settled, as far as it is read."""
        return self._records[0].offset if self._records else self.next_offset

    @property
    def resending(self) -> bool:
        """A promise is open from before."""
        return self._open is not None

    def _mismatch(self, batch: Batch | None) -> str:
        assert self._open is not None
        found = f"{batch.intent.metadata} in {len(batch.records)} records" if batch else "no record"
        where = f"{self.partition.topic}[{self.partition.number}]"
        return f"{where}: promised was {self._open.metadata}, the log now holds {found}"

    def _mismatch_remedy(self) -> str:
        assert self._open is not None
        return (
            "the topic was changed under the loader; look whether the raw table holds rows of this partition with"
            f" offset {self._open.first} to {self._open.last}, then reset the group's offset with"
            f" kafka-consumer-groups: to {self._open.last + 1} if it does, to {self._open.first} if it does not"
        )


def digest(records: Iterable[Record]) -> str:
    """Hex digest, 128 bits, over offset, timestamp, key and value of each record, lengths included."""
    parts: list[bytes] = []
    for offset, timestamp, key, value in records:
        parts.append(
            _HEAD.pack(offset, timestamp, -1 if key is None else len(key), -1 if value is None else len(value))
        )
        if key:
            parts.append(key)
        if value:
            parts.append(value)
    return hashlib.blake2b(b"".join(parts), digest_size=_DIGEST_BYTES).hexdigest()
