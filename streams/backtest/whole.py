"""A whole touchpoint from its bytes, at half the cost of a reader for any schema.

Only for bytes of our own version in the form that writers give them; whatever else they are, and whatever
is wrong with them, is for the codec to read or to say. So there is one meaning, and this is a short cut to it.
"""

from __future__ import annotations

import json
from struct import Struct, error
from typing import cast

from schemas import Codec, Touchpoint, Value
from schemas.catalog import newest_schemas

HEADER = 5
"""Bytes before the fields: a zero and the schema's id."""

_LONGEST_VARINT = 9
"""Bytes; a tenth could say more than 64 bits hold."""

_MOST_NAMES = 10_000

_double = Struct("<d").unpack_from
_FLAGS = (False, True)


def number_at(data: bytes, at: int) -> tuple[int, int]:
    """A varint, its zigzag left in, and where the next field begins.

    Avro writes a number as a zigzag varint: seven bits a byte, lowest first, the sign in bit 0. Text
    is its length and its UTF-8.
    """
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


class TouchpointReader:
    """Reads touchpoints as ``codec`` does.

    Args:
        codec: reads what the short cut does not do for.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._channels: dict[int, str] = {}
        for field in json.loads(newest_schemas()["Touchpoint"].text)["fields"]:
            if field["name"] == "channel":
                self._channels = {place << 1: symbol for place, symbol in enumerate(field["type"]["symbols"])}
        self._names: dict[bytes, str] = {}
        written = codec.encode("Touchpoint", _SAMPLE)
        # Not with another schema than this was made for, nor with fields that are sealed.
        self._known = written[:HEADER] if self._own(written) == _SAMPLE else None

    def __call__(self, data: bytes) -> Touchpoint:
        """The touchpoint.

        Raises:
            DecodeError: the bytes are none.
        """
        if data[:HEADER] == self._known:
            try:
                touchpoint = self._own(data)
            except (IndexError, KeyError, UnicodeDecodeError, error):
                touchpoint = None
            if touchpoint is not None:
                return touchpoint
        return cast(Touchpoint, self._codec.decode(data, "Touchpoint")[1])

    def _own(self, data: bytes) -> Touchpoint | None:
        """None, or an error: it is not for this short cut.

        Every length is added to the place where the next field begins, so that what was cut off shows in
        the place at the end; ``signs`` gathers the sign bits of all that cannot be negative.
        """
        texts, at, signs = [], HEADER, 0
        for _ in (0, 1, 2):  # event_id, source, customer_id
            size = data[at]
            at += 1
            if size > 127:
                size, at = number_at(data, at - 1)
            signs |= size
            end = at + (size >> 1)
            texts.append(data[at:end].decode())
            at = end
        identified, channel = _FLAGS[data[at]], self._channels[data[at + 1]]
        size = data[at + 2]
        at += 3
        if size > 127:
            size, at = number_at(data, at - 1)
        signs |= size
        end = at + (size >> 1)
        touchpoint_type = data[at:end].decode()
        zigzag, at = number_at(data, end)
        if at - end > _LONGEST_VARINT:
            return None
        about: list[str | None] = []
        for _ in (0, 1):  # correlation_id, session_id
            branch = data[at]
            if branch == 0:
                about.append(None)
                at += 1
            elif branch == 2:
                size = data[at + 1]
                at += 2
                if size > 127:
                    size, at = number_at(data, at - 1)
                signs |= size
                end = at + (size >> 1)
                about.append(data[at:end].decode())
                at = end
            else:
                return None
        identities: dict[str, str] = {}
        count = data[at]
        at += 1
        if count:
            if count > 127:
                return None
            signs |= count
            for _ in range(count >> 1):
                name, at, sign = _text(data, at)
                identities[name], at, more = _text(data, at)
                signs |= sign | more
            if data[at]:
                return None
            at += 1
        properties: dict[str, Value] = {}
        count = data[at]
        at += 1
        if count:
            if count > 127:
                return None
            signs |= count
            names = self._names
            value: Value
            for _ in range(count >> 1):
                size = data[at]
                at += 1
                if size > 127:
                    size, at = number_at(data, at - 1)
                signs |= size
                end = at + (size >> 1)
                written = data[at:end]
                known = names.get(written)
                if known is None:
                    if len(names) >= _MOST_NAMES:
                        names.clear()
                    known = names[written] = written.decode()
                branch = data[end]
                at = end + 1
                if branch == 8:
                    size = data[at]
                    at += 1
                    if size > 127:
                        size, at = number_at(data, at - 1)
                    signs |= size
                    end = at + (size >> 1)
                    value = data[at:end].decode()
                    at = end
                elif branch == 4:
                    end = at
                    whole = data[at]
                    at += 1
                    if whole > 127:
                        whole, at = number_at(data, end)
                        if at - end > _LONGEST_VARINT:
                            return None
                    value = whole >> 1 ^ -(whole & 1)
                elif branch == 2:
                    value = _FLAGS[data[at]]
                    at += 1
                elif branch == 6:
                    value = _double(data, at)[0]
                    at += 8
                elif branch == 0:
                    value = None
                else:
                    return None
                properties[known] = value
            if data[at]:
                return None
            at += 1
        if signs & 1 or at != len(data):
            return None
        event_id, source, customer_id = texts
        correlation_id, session_id = about
        return {
            "event_id": event_id,
            "source": source,
            "customer_id": customer_id,
            "identified": identified,
            "channel": channel,
            "type": touchpoint_type,
            "occurred_at": zigzag >> 1 ^ -(zigzag & 1),
            "correlation_id": correlation_id,
            "session_id": session_id,
            "identities": identities,
            "properties": properties,
        }


def _text(data: bytes, at: int) -> tuple[str, int, int]:
    """A text, where the next field begins, and its length with the sign."""
    size, at = number_at(data, at)
    end = at + (size >> 1)
    return data[at:end].decode(), end, size


_SAMPLE: Touchpoint = {
    "event_id": "an id",
    "source": "a source",
    "customer_id": "someone",
    "identified": True,
    "channel": "web",
    "type": "a type",
    "occurred_at": -1,
    "correlation_id": "a text",
    "session_id": None,
    "identities": {"name": "some text"},
    "properties": {"text": "some text", "whole": -1, "number": 0.5, "flag": True, "nothing": None},
}
"""Of every field and kind of value one."""
