"""Records from their Avro bytes by functions made once from a schema, at half the cost of a reader for any schema.

Only for bytes of our own version in the form that writers give them. Whatever else they are, and
whatever is wrong with them, is for fastavro to read or to say: so there is one meaning, and this is
a short way to it. As in ``schemas.writing`` a function is a Python text that follows its schema.

A number is a zigzag varint: seven bits a byte, lowest first, the sign in bit 0. A text is its
length and its UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from struct import error as struct_error
from typing import Any

HEADER_BYTES = 5
"""Before the fields: a zero and the schema's id."""

Read = Callable[[bytes], dict[str, Any] | None]
"""The record of a whole value. None, or one of ``ODD``: it is not for the short way."""


class OddForm(Exception):
    """A number of more than nine bytes."""


ODD = (IndexError, KeyError, UnicodeDecodeError, struct_error, OddForm)
"""What a function raises of bytes that are not in the usual form."""

_LONGEST = 9
_whole = int.from_bytes
_REMEMBERED_BYTES = 24
_MOST_REMEMBERED = 4096
_MIXED = ["null", "boolean", "long", "double", "string"]
_RECURRING = frozenset({"source", "type", "rule", "rule_version", "action", "reason", "name"})
"""Fields whose texts come again and again: each is one object, which knows its hash."""


def reader_of(schema: Any) -> Read | None:
    """The function for a record's schema, as ``schemas.catalog.parsed`` gives it.

    None: it holds a type that is not known here.
    """
    text = _Text(schema.get("__named_schemas", {}))
    try:
        record = text.record(schema)
    except _UnknownType:
        return None
    made: dict[str, Any] = {**text.given, **_GIVEN}
    exec(text.whole(record), made)  # of our own schemas' names, quoted; what a record says is never part of it
    read: Read = made["read"]
    return read


def number_at(data: bytes, at: int) -> tuple[int, int]:
    """A number with its zigzag left in, and where the next field begins.

    Raises:
        IndexError: the bytes end in it.
        OddForm: it has more than nine bytes.
    """
    number = shift = 0
    while shift < 7 * _LONGEST:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
    raise OddForm


def _long_at(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where the next field begins."""
    six = _whole(data[at : at + 6], "little")
    if six & 0x808080808080 == 0x8080808080:  # six bytes long are all times in ms from 1987 to 2109
        zigzag = (
            six & 127
            | six >> 1 & 0x3F80
            | six >> 2 & 0x1FC000
            | six >> 3 & 0xFE00000
            | six >> 4 & 0x7F0000000
            | six >> 5 & 0x3F800000000
        )
        at += 6
    else:
        zigzag, at = number_at(data, at)
    return zigzag >> 1 ^ -(zigzag & 1), at


class _Texts(dict[bytes, str]):
    """Texts by their UTF-8; short ones are remembered."""

    def __missing__(self, encoded: bytes) -> str:
        text = encoded.decode()
        if len(encoded) <= _REMEMBERED_BYTES:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[encoded] = text
        return text


_TEXTS = _Texts()
_GIVEN = {
    "number_at": number_at,
    "long_at": _long_at,
    "double": Struct("<d").unpack_from,
    "flags": (False, True),
    "texts": _TEXTS,
}


class _UnknownType(Exception):
    """Left to fastavro."""


class _Text:
    """The text of a function, line by line, and the enums that it looks up.

    In it ``at`` is where the next field begins. Every length is added to it unseen, so that what was
    cut off shows in the place at the end; ``signs`` gathers the sign bits of all that cannot be negative.
    """

    def __init__(self, named: Mapping[str, Any]) -> None:
        self.given: dict[str, dict[int, str]] = {}
        self._named = named
        self._lines: list[str] = []
        self._depth = 1
        self._names = 0

    def whole(self, record: str) -> str:
        """The function, which returns that record."""
        begin = ["def read(data):", f" at, signs = {HEADER_BYTES}, 0"]
        end = [" if signs & 1 or at != len(data): return None", f" return {record}"]
        return "\n".join([*begin, *self._lines, *end]) + "\n"

    def record(self, schema: Any) -> str:
        """Lines for each field in the schema's order; the dict that they make, as an expression."""
        values = [(field["name"], self._value(field["type"], field["name"])) for field in schema["fields"]]
        return "{" + ", ".join(f"{name!r}: {value}" for name, value in values) + "}"

    def _value(self, schema: Any, field: str = "") -> str:
        """Lines that read a value into a name of its own, which is returned."""
        schema = self._named.get(schema, schema) if isinstance(schema, str) else schema
        kind = schema["type"] if isinstance(schema, dict) else schema
        value = self._name()
        if isinstance(schema, list):
            self._optional(schema, value, field)
        elif kind == "record":
            self._line(f"{value} = {self.record(schema)}")
        elif kind == "enum":
            enum = f"symbols{len(self.given)}"
            self.given[enum] = {place << 1: symbol for place, symbol in enumerate(schema["symbols"])}
            self._line(f"{value} = {enum}[data[at]]; at += 1")
        elif kind == "array":
            self._line(f"{value} = []")
            self._block(lambda: self._line(f"{value}.append({self._value(schema['items'])})"))
        elif kind == "map" and schema["values"] in ("string", _MIXED):
            self._line(f"{value} = {{}}")
            self._block(lambda: self._entry(value, schema["values"]))
        elif kind in ("string", "bytes"):
            self._text(value, kind if field not in _RECURRING else "recurring")
        elif kind in ("int", "long"):
            self._long(value)
        elif kind == "boolean":
            self._line(f"{value} = flags[data[at]]; at += 1")
        elif kind == "double":
            self._line(f"{value} = double(data, at)[0]; at += 8")
        else:
            raise _UnknownType
        return value

    def _optional(self, branches: list[Any], value: str, field: str) -> None:
        if len(branches) != 2 or branches[0] != "null":
            raise _UnknownType
        self._line("branch = data[at]; at += 1")
        self._line(f"if branch == 0: {value} = None")
        self._line("elif branch == 2:")
        self._within(lambda: self._line(f"{value} = {self._value(branches[1], field)}"))
        self._line("else: return None")

    def _entry(self, values: str, kind: Any) -> None:
        name, value = self._name(), self._name()
        self._text(name, "recurring")
        if kind == "string":
            self._text(value, kind)
        else:
            self._line("branch = data[at]; at += 1")
            self._line("if branch == 8:")
            self._within(lambda: self._text(value, "string"))
            self._line("elif branch == 4:")
            self._within(lambda: self._long(value))
            self._line(f"elif branch == 2: {value} = flags[data[at]]; at += 1")
            self._line(f"elif branch == 6: {value} = double(data, at)[0]; at += 8")
            self._line(f"elif branch == 0: {value} = None")
            self._line("else: return None")
        self._line(f"{values}[{name}] = {value}")

    def _block(self, body: Callable[[], None]) -> None:
        """One block of items, and the empty one that ends it."""
        self._line("count = data[at]; at += 1")
        self._line("if count:")

        def items() -> None:
            self._line("if count > 127: count, at = number_at(data, at - 1)")
            self._line("signs |= count")
            self._line("for _ in range(count >> 1):")
            self._within(body)
            self._line("if data[at]: return None")
            self._line("at += 1")

        self._within(items)

    def _text(self, value: str, kind: str) -> None:
        self._line("size = data[at]; at += 1")
        self._line("if size > 127: size, at = number_at(data, at - 1)")
        self._line("signs |= size; end = at + (size >> 1)")
        taken = {"string": "data[at:end].decode()", "recurring": "texts[data[at:end]]", "bytes": "data[at:end]"}[kind]
        self._line(f"{value} = {taken}; at = end")

    def _long(self, value: str) -> None:
        self._line("first = data[at]")
        self._line(f"if first < 128: {value} = first >> 1 ^ -(first & 1); at += 1")
        self._line(f"else: {value}, at = long_at(data, at)")

    def _name(self) -> str:
        self._names += 1
        return f"value{self._names}"

    def _line(self, text: str) -> None:
        self._lines.append(" " * self._depth + text)

    def _within(self, body: Callable[[], None]) -> None:
        self._depth += 1
        body()
        self._depth -= 1
