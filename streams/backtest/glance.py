"""What a backtest reads of every touchpoint, and what it leaves unread until it is wanted.

A touchpoint that nobody listens to still has an effect: it moves the clock, and it is the newest
of its customer. For that the first fields of its Avro bytes are enough, which is some ten times
cheaper than reading all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from schemas import Codec, Control, DecodeError, Touchpoint

_HEADER = 5


class Glance(NamedTuple):
    """A touchpoint, read or not.

    Attributes:
        appended_at: ms UTC, by the broker; 0 where the history has none.
        whole: the touchpoint, or its bytes.
    """

    customer_id: str
    identified: bool
    type: str
    occurred_at: int
    appended_at: int
    whole: Touchpoint | bytes


class Turn(NamedTuple):
    """A control of the log: it says what its clock is, or carries it on. ``appended_at`` in ms UTC."""

    control: Control
    appended_at: int


class Unreadable(NamedTuple):
    """A record that is no touchpoint; ``appended_at`` in ms UTC."""

    reason: str
    appended_at: int


Item = Glance | Turn | Unreadable

_LOW = {bytes((low | 128, high | 128)): low | high << 7 for low in range(128) for high in range(128)}
"""The lowest fourteen bits of a varint that goes on, by its first two bytes."""

_MOST_KNOWN = 50_000
_high: dict[bytes, int] = {}
"""Of times in six bytes those above, by the last four bytes: a new one every eight seconds of history, at most."""

_made: Callable[[type[Glance], tuple[str, bool, str, int, int, bytes]], Glance] = tuple.__new__


def glance_at(touchpoint: Touchpoint, appended_at: int = 0) -> Glance:
    """A touchpoint that has been read already."""
    return Glance(
        touchpoint["customer_id"],
        touchpoint["identified"],
        touchpoint["type"],
        touchpoint["occurred_at"],
        appended_at,
        touchpoint,
    )


class Glancer:
    """Glances at records of the touchpoints topic.

    Args:
        codec: reads what a glance does not do for.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        codec.prepare()
        # Only of our own version is it known where the fields lie; another one is read whole.
        self._known = _header_of_ours(codec)

    def __call__(self, value: bytes | None, appended_at: int) -> Item:
        """What the record is.

        Raises:
            RegistryUnavailable: a schema is not known here and the registry does not answer.
        """
        if value is not None and value[:_HEADER] == self._known:
            try:
                return _prefix(value, appended_at)
            except (IndexError, UnicodeDecodeError):
                return Unreadable("cut_short", appended_at)
        try:
            name, body = self._codec.decode(value, "Touchpoint", "Control")
        except DecodeError as error:
            return Unreadable(error.reason, appended_at)
        if name == "Control":
            return Turn(body, appended_at)  # type: ignore[arg-type]
        return glance_at(body, appended_at)  # type: ignore[arg-type]


def _prefix(data: bytes, appended_at: int) -> Glance:
    """The fields up to occurred_at: two texts passed over, one read, a byte each, a text, a number.

    Avro writes a number as a zigzag varint: seven bits a byte, lowest first, the sign in bit 0. Text
    is its length and its UTF-8.
    """
    at = _HEADER
    for _ in (0, 1):  # event_id, source
        size = data[at]
        at += 1
        if size > 127:
            size, at = _number(data, at - 1)
        at += size >> 1
    size = data[at]
    at += 1
    if size > 127:
        size, at = _number(data, at - 1)
    end = at + (size >> 1)
    customer_id = data[at:end].decode()
    identified = data[end] == 1
    at = end + 2 if data[end + 1] < 128 else _number(data, end + 1)[1]  # channel
    size = data[at]
    at += 1
    if size > 127:
        size, at = _number(data, at - 1)
    end = at + (size >> 1)
    kind = data[at:end].decode()
    # Six bytes, as all times from 1987 to 2109 have: known from the last ones, since this runs for every touchpoint.
    middle = end + 2
    low, high = _LOW.get(data[end:middle]), _high.get(data[middle : end + 6])
    if low is not None and high is not None:
        zigzag = low + high
    else:
        zigzag, after = _number(data, end)
        if after == end + 6:
            if len(_high) >= _MOST_KNOWN:
                _high.clear()
            _high[data[middle:after]] = zigzag >> 14 << 14
    occurred_at = zigzag >> 1 if not zigzag & 1 else -1 - (zigzag >> 1)
    return _made(Glance, (customer_id, identified, kind, occurred_at, appended_at, data))


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A varint, its zigzag left in, and where the next field begins."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _header_of_ours(codec: Codec) -> bytes:
    empty: Touchpoint = {
        "event_id": "-",
        "source": "-",
        "customer_id": "-",
        "identified": False,
        "channel": "web",
        "type": "-",
        "occurred_at": 0,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": {},
    }
    return codec.encode("Touchpoint", empty)[:_HEADER]
