"""Avro bytes by functions made once from a schema: what is written takes no second look at its schema.

The bytes are those that fastavro writes, which knows every type of Avro; here only those of our
records are known. A record's function is a Python text that follows its schema field by field, as
dataclasses make theirs: a call for each field would cost as much as it saves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Any

Write = Callable[[Mapping[str, Any], Callable[[bytes], object]], None]
"""Hands the bytes of a record on, piece by piece; raises whatever comes when the record does not fit."""

_REMEMBERED = 24
"""Texts of at most so many characters are remembered: names, reasons and small facts come again and again."""

_MOST_REMEMBERED = 4096
_SMALL_NUMBERS = 1024


def writer_of(schema: Any) -> Write | None:
    """The function for a record's schema, as ``schemas.catalog.parsed`` gives it.

    None: it holds a type that is not known here.
    """
    text = _Text(schema.get("__named_schemas", {}))
    try:
        text.record(schema, "record")
    except _UnknownType:
        return None
    made: dict[str, Any] = {**text.given, **_GIVEN}
    exec(text.whole(), made)  # of our own schemas' field names, quoted; what a record says is never part of it
    write: Write = made["write"]
    return write


def whole_number(number: int) -> bytes:
    """A long: zigzag, seven bits to a byte, the lowest first.

    Raises:
        OverflowError: it has more than 64 bits.
    """
    if not -(2**63) <= number < 2**63:
        raise OverflowError(f"{number} has more than 64 bits")
    left = (number << 1) ^ (number >> 63)
    if 1 << 35 <= left < 1 << 42:  # times of our years, in ms
        return bytes(
            (
                left & 127 | 128,
                left >> 7 & 127 | 128,
                left >> 14 & 127 | 128,
                left >> 21 & 127 | 128,
                left >> 28 & 127 | 128,
                left >> 35,
            )
        )
    found = bytearray()
    while left > 127:
        found.append(left & 127 | 128)
        left >>= 7
    found.append(left)
    return bytes(found)


class _Numbers(dict[int, bytes]):
    """Small numbers are there; larger ones are worked out, and remembered for the next few records."""

    def __missing__(self, number: int) -> bytes:
        written = whole_number(number)
        if len(self) >= _SMALL_NUMBERS + _MOST_REMEMBERED:
            self.clear()
            self.update(_SMALL)
        self[number] = written
        return written


class _Texts(dict[str, bytes]):
    """Texts with their length before them; short ones are remembered."""

    def __missing__(self, text: str) -> bytes:
        encoded = text.encode()
        written = _NUMBERS[len(encoded)] + encoded
        if len(text) <= _REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = written
        return written


_SMALL = {number: whole_number(number) for number in range(_SMALL_NUMBERS)}
_NUMBERS = _Numbers(_SMALL)
_TEXTS = _Texts()


def _mixed(values: Mapping[str, Any]) -> bytes:
    """A map whose values are null, boolean, long, double or text, in the order of that union's branches."""
    found = [_NUMBERS[len(values)]]
    for name, value in values.items():
        kind = type(value)
        if kind is str:
            written = b"\x08" + _TEXTS[value]
        elif kind is int:
            written = b"\x04" + _NUMBERS[value]
        elif kind is float:
            written = b"\x06" + _DOUBLE(value)
        elif kind is bool:
            written = b"\x02\x01" if value else b"\x02\x00"
        elif value is None:
            written = b"\x00"
        else:
            raise TypeError(f"a {kind.__name__} is no value of a property")
        found += (_TEXTS[name], written)
    return b"".join(found)


_MIXED = ["null", "boolean", "long", "double", "string"]
_DOUBLE = Struct("<d").pack
_GIVEN = {"numbers": _NUMBERS, "texts": _TEXTS, "double": _DOUBLE, "mixed": _mixed}

_PLAIN = {
    "string": "put(texts[{0}])",
    "int": "put(numbers[{0}])",
    "long": "put(numbers[{0}])",
    "boolean": r"put(b'\1' if {0} else b'\0')",
    "double": "put(double({0}))",
}

_ID = "{0} = {0}.encode(); put(numbers[len({0})]); put({0})"
"""An id does not come again: it is neither looked for nor remembered."""


class _UnknownType(Exception):
    """Left to fastavro."""


class _Text:
    """The text of a function, line by line, and the enums that it looks up."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self.given: dict[str, dict[str, bytes]] = {}
        self._named = named
        self._lines: list[str] = []
        self._depth = 1
        self._names = 0

    def whole(self) -> str:
        """The function."""
        return "\n".join(["def write(record, put):", *self._lines]) + "\n"

    def record(self, schema: Any, name: str) -> None:
        """Each field in the schema's order."""
        for field in schema["fields"]:
            value = self._name()
            self._line(f"{value} = {name}[{field['name']!r}]")
            self._value(field["type"], value, is_id=field["name"].endswith("_id"))

    def _value(self, schema: Any, value: str, is_id: bool = False) -> None:
        schema = self._named.get(schema, schema) if isinstance(schema, str) else schema
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(schema, list):
            self._optional(schema, value, is_id)
        elif kind == "record":
            self.record(schema, value)
        elif kind == "enum":
            enum = f"symbols{len(self.given)}"
            self.given[enum] = {symbol: whole_number(place) for place, symbol in enumerate(schema["symbols"])}
            self._line(f"put({enum}[{value}])")
        elif kind == "array":
            item = self._name()
            self._many(value, f"for {item} in {value}:", lambda: self._value(schema["items"], item))
        elif kind == "map" and schema["values"] == "string":
            key, text = self._name(), self._name()
            pair = f"put(texts[{key}]); put(texts[{text}])"
            self._many(value, f"for {key}, {text} in {value}.items():", lambda: self._line(pair))
        elif kind == "map" and schema["values"] == _MIXED:
            self._line(f"if {value}: put(mixed({value}))")
            self._line(r"put(b'\0')")
        elif kind in _PLAIN:
            if kind in ("int", "long"):
                # 1.0 would be found under 1.
                self._line(f"if {value}.__class__ is not int: raise TypeError")
            self._line((_ID if is_id and kind == "string" else _PLAIN[kind]).format(value))
        else:
            raise _UnknownType

    def _optional(self, branches: list[Any], value: str, is_id: bool) -> None:
        if len(branches) != 2 or branches[0] != "null":
            raise _UnknownType
        self._line(rf"if {value} is None: put(b'\0')")
        self._line("else:")
        self._depth += 1
        self._line(r"put(b'\2')")
        self._value(branches[1], value, is_id)
        self._depth -= 1

    def _many(self, value: str, loop: str, body: Callable[[], None]) -> None:
        """A block of items with its length, then the empty block that ends it."""
        self._line(f"if {value}:")
        self._depth += 1
        self._line(f"put(numbers[len({value})])")
        self._line(loop)
        self._depth += 1
        body()
        self._depth -= 2
        self._line(r"put(b'\0')")

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def _name(self) -> str:
        self._names += 1
        return f"value{self._names}"
