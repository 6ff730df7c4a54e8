"""What a backtest reads of every touchpoint, and what it leaves unread until it is wanted.

A touchpoint that nobody listens to still has an effect: it moves the clock, and it is the newest
of its customer. For that the first fields of its Avro bytes are enough, which is some ten times
cheaper than reading all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from schemas import Codec, Control, DecodeError, Touchpoint
from schemas.reading import HEADER_BYTES, OddForm, number_at


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


class Elsewhere(NamedTuple):
    """A touchpoint of a customer about whom nobody asks: when it was, and nothing else; times in ms UTC."""

    occurred_at: int
    appended_at: int


Item = Glance | Elsewhere | Turn | Unreadable

_LOW = {bytes((low | 128, high | 128)): low >> 1 | high << 6 for low in range(0, 128, 2) for high in range(128)}
"""The lowest fourteen bits of a number that goes on, without its sign, by its first two bytes; not of negative ones."""
_MIDDLE = {bytes((low | 128, high | 128)): low << 13 | high << 20 for low in range(128) for high in range(128)}
"""The next fourteen bits of one that goes on."""
_HIGH = {bytes((low | 128, high)): low << 27 | high << 34 for low in range(128) for high in range(128)}
"""And those that end it, in six bytes: all times in ms from 1987 to 2109 are that long."""

_MOST_KNOWN = 50_000
_types: dict[bytes, str] = {}
"""Texts of types, by their bytes: there are few, and a text that is at hand knows its hash."""

_made: Callable[[type[Glance], tuple[str, bool, str, int, int, bytes]], Glance] = tuple.__new__
_passed: Callable[[type[Elsewhere], tuple[int, int]], Elsewhere] = tuple.__new__


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
        customers: about whom somebody asks; None: all.
    """

    def __init__(self, codec: Codec, customers: frozenset[str] | None = None) -> None:
        self._codec = codec
        self._customers = customers
        codec.prepare()
        # Only of our own version is it known where the fields lie; another one is read whole.
        self._known = _header_of_ours(codec)

    def __call__(self, value: bytes | None, appended_at: int) -> Item:
        """What the record is.

        Raises:
            RegistryUnavailable: a schema is not known here and the registry does not answer.
        """
        if value is not None and value[:HEADER_BYTES] == self._known:
            # What all touchpoints but a few are: lengths of one byte, a time that is known. It runs for every one.
            try:
                first = value[HEADER_BYTES]
                at = HEADER_BYTES + 1 + (first >> 1)  # the event's id
                second = value[at]
                at += 1 + (second >> 1)  # its source
                third = value[at]
                start = at + 1
                end = start + (third >> 1)
                fourth = value[end + 2]
                at = end + 3 + (fourth >> 1)
                # After the customer: identified, the channel, the type, and when.
                if first | second | third | fourth | value[end + 1] < 128:
                    kind = _types[value[end + 3 : at]]
                    occurred_at = (
                        _LOW[value[at : at + 2]] + _MIDDLE[value[at + 2 : at + 4]] + _HIGH[value[at + 4 : at + 6]]
                    )
                    customer_id = value[start:end].decode()
                    if self._customers is None or customer_id in self._customers:
                        return _made(Glance, (customer_id, value[end] == 1, kind, occurred_at, appended_at, value))
                    return _passed(Elsewhere, (occurred_at, appended_at))
            except (IndexError, KeyError, UnicodeDecodeError):
                pass  # it is not like that
            try:
                return self._wanted(_prefix(value, appended_at))
            except (IndexError, UnicodeDecodeError):
                return Unreadable("cut_short", appended_at)
            except OddForm:
                pass
        try:
            name, body = self._codec.decode(value, "Touchpoint", "Control")
        except DecodeError as error:
            return Unreadable(error.reason, appended_at)
        if name == "Control":
            return Turn(body, appended_at)  # type: ignore[arg-type]
        return self._wanted(glance_at(body, appended_at))  # type: ignore[arg-type]

    def _wanted(self, glance: Glance) -> Glance | Elsewhere:
        if self._customers is None or glance.customer_id in self._customers:
            return glance
        return Elsewhere(glance.occurred_at, glance.appended_at)


def _prefix(data: bytes, appended_at: int) -> Glance:
    """The fields up to occurred_at, whatever their lengths; makes their type known."""
    _, at = _text(data, HEADER_BYTES)  # event_id
    _, at = _text(data, at)  # source
    customer, at = _text(data, at)
    customer_id = customer.decode()
    identified = data[at] == 1
    _, at = number_at(data, at + 1)  # channel
    written, at = _text(data, at)
    kind = written.decode()
    zigzag, _ = number_at(data, at)
    if len(_types) >= _MOST_KNOWN:
        _types.clear()
    _types[written] = kind
    occurred_at = zigzag >> 1 if not zigzag & 1 else -1 - (zigzag >> 1)
    return Glance(customer_id, identified, kind, occurred_at, appended_at, data)


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    """A text's bytes, and where the next field begins."""
    size, at = number_at(data, at)
    end = at + (size >> 1)
    return data[at:end], end


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
    return codec.encode("Touchpoint", empty)[:HEADER_BYTES]
