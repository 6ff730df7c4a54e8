"""Which records of a partition are finished, so that no commit passes one that is not. Pure.

Deliveries end in any order: one may wait hours for its endpoint while a thousand behind it are
done. The committed offset is that of the oldest unfinished record. What is finished beyond it is
told in the commit's metadata, a compressed bitmap, so that whoever takes over after a kill does not
send those again. The metadata has room for a few thousand characters; so the span from the oldest
unfinished record to the newest read is bounded, and with it the memory.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections import OrderedDict
from collections.abc import Sequence

SPAN = 16_384
"""Most offsets from the oldest unfinished record to the newest read one: 2 kB as a bitmap, well under the
4,096 characters of metadata that a broker takes by default, also when nothing in it can be compressed."""

MOST_UNFINISHED = 4_000
"""Most records of a partition that wait or are being sent."""

_MARK = "d1:"


class Ledger:
    """The records of one partition between the committed offset and the newest read one.

    Args:
        committed: where reading begins.
        metadata: what was committed with it.

    Attributes:
        next_offset: the one after the newest read.
    """

    def __init__(self, committed: int, metadata: str = "") -> None:
        # Ordered, since the first entry of a plain dict is found slowly once many before it were deleted.
        self._open: OrderedDict[int, None] = OrderedDict()
        self._passed: set[int] = set()
        self._done = {committed + one for one in _finished(metadata)}
        self.next_offset = committed
        self._told: tuple[int, str] | None = (committed, metadata)

    @property
    def unfinished(self) -> int:
        """Records read and not finished."""
        return len(self._open)

    @property
    def waiting(self) -> int:
        """Records read, not finished, and not passed over."""
        return len(self._open) - len(self._passed)

    @property
    def finished_ahead(self) -> int:
        """Records that are finished although an older one is not."""
        return sum(offset >= self.position for offset in self._done)

    @property
    def position(self) -> int:
        """What to commit: the oldest unfinished record, or the one after all that was read."""
        return next(iter(self._open), self.next_offset)

    @property
    def is_full(self) -> bool:
        """Whether no more should be read."""
        return self.next_offset - self.position >= SPAN or self.waiting >= MOST_UNFINISHED

    @property
    def has_room(self) -> bool:
        """Whether reading, once stopped, should go on."""
        return self.next_offset - self.position < SPAN // 2 and self.waiting < MOST_UNFINISHED // 2

    def take(self, offset: int) -> bool:
        """A record was read; False when it is finished already and only comes again."""
        self.next_offset = max(self.next_offset, offset + 1)
        if offset in self._done:
            return False
        self._open[offset] = None
        return True

    def finish(self, offset: int) -> None:
        """The record needs nothing more; finishing one twice is finishing it once."""
        if offset in self._open:
            del self._open[offset]
            self._done.add(offset)

    def pass_over(self, offset: int) -> None:
        """The record is left for another time: it stays unfinished, and nothing waits for it."""
        if offset in self._open:
            self._passed.add(offset)

    def due(self) -> tuple[int, str] | None:
        """Offset and metadata to commit; None when what was last told still holds."""
        position = self.position
        self._done = {offset for offset in self._done if offset > position}
        now = (position, _bitmap([offset - position for offset in self._done]))
        return None if now == self._told else now

    def committed(self, told: tuple[int, str]) -> None:
        """A commit arrived."""
        self._told = told


def _bitmap(beyond: Sequence[int]) -> str:
    if not beyond:
        return ""
    bits = bytearray(max(beyond) // 8 + 1)
    for one in beyond:
        bits[one // 8] |= 1 << one % 8
    return _MARK + base64.b85encode(zlib.compress(bytes(bits), 9)).decode()


def _finished(metadata: str) -> list[int]:
    """Distances from the committed offset; metadata that is not ours says nothing."""
    if not metadata.startswith(_MARK):
        return []
    try:
        inflate = zlib.decompressobj()
        raw = inflate.decompress(base64.b85decode(metadata.removeprefix(_MARK)), SPAN)
    except (ValueError, zlib.error, binascii.Error):
        return []
    return [8 * place + bit for place, byte in enumerate(raw) if byte for bit in range(8) if byte >> bit & 1]
