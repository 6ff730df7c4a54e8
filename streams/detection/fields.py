"""Fields of a touchpoint as rules name them, and the tokens by which their values are told apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Getter = Callable[[Mapping[str, Any]], Any]
Key = tuple[str | None, ...]
"""Values of a rule's ``by`` fields as tokens; None where the touchpoint has no value."""

TOUCHPOINT_FIELDS = (
    "event_id",
    "source",
    "customer_id",
    "identified",
    "channel",
    "type",
    "occurred_at",
    "correlation_id",
    "session_id",
)
_PROPERTY = "properties."
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_EXACT_FLOAT = 2**53
_MAX_TOKEN = 256


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or several of which the first that is present counts (``agent or department``)."""

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Field:
        """The field written as ``text``.

        A name is a touchpoint field where there is one of that name, else a property;
        ``properties.NAME`` is always the property.

        Raises:
            ValueError: not a field name.
        """
        names = tuple(part.strip() for part in text.split(" or "))
        for name in names:
            if _NAME.fullmatch(name) is None:
                raise ValueError(f"'{text}' is not a field name")
        return cls(names)

    @property
    def text(self) -> str:
        """As written in a rule."""
        return " or ".join(self.names)

    @property
    def key(self) -> str:
        """The name under which a value of it is kept: the last word of the first alternative."""
        return self.names[0].removeprefix(_PROPERTY)

    @property
    def property_name(self) -> str | None:
        """The property it is, if it is a single property."""
        name = self.names[0]
        return None if len(self.names) > 1 or name in TOUCHPOINT_FIELDS else name.removeprefix(_PROPERTY)

    def getter(self) -> Getter:
        """A function from touchpoint to value; None where it is missing."""
        if len(self.names) == 1:
            return _getter(self.names[0])
        getters = tuple(_getter(name) for name in self.names)

        def first_present(touchpoint: Mapping[str, Any]) -> Any:
            for get in getters:
                value = get(touchpoint)
                if value is not None:
                    return value
            return None

        return first_present


def _getter(name: str) -> Getter:
    if name in TOUCHPOINT_FIELDS:
        return lambda touchpoint: touchpoint.get(name)
    name = name.removeprefix(_PROPERTY)
    return lambda touchpoint: touchpoint["properties"].get(name)


def token(value: Any) -> str:
    """A text that is equal for equal values only: 5 and 5.0 agree, 5, "5" and true do not.

    It is short: a long text is stood for by its SHA-256.
    """
    if type(value) is str:
        if len(value) > _MAX_TOKEN:
            return "\0#" + hashlib.sha256(value.encode()).hexdigest()
        if value[:1] != "\0":
            return value
    if type(value) is float and value.is_integer() and abs(value) < _EXACT_FLOAT:
        value = int(value)
    return "\0" + msgspec.json.encode(value).decode()


def keyer(fields: tuple[Field, ...]) -> Callable[[Mapping[str, Any]], Key]:
    """A function from touchpoint to the tokens of ``fields``."""
    if not fields:
        return lambda touchpoint: ()
    if len(fields) == 1:
        return _single_keyer(fields[0])
    getters = tuple(field.getter() for field in fields)

    def several(touchpoint: Mapping[str, Any]) -> Key:
        return tuple([None if (value := get(touchpoint)) is None else token(value) for get in getters])

    return several


def _single_keyer(field: Field) -> Callable[[Mapping[str, Any]], Key]:
    """As ``keyer``, with the commonest kinds of field spelled out: this runs for every touchpoint."""
    get, name = field.getter(), field.names[0]

    def key_of(value: Any) -> Key:
        if type(value) is str and value[:1] != "\0" and len(value) <= _MAX_TOKEN:
            return (value,)
        return (None,) if value is None else (token(value),)

    if field.property_name is not None:
        property_name = field.property_name
        return lambda touchpoint: key_of(touchpoint["properties"].get(property_name))
    if len(field.names) == 1:
        return lambda touchpoint: key_of(touchpoint.get(name))
    return lambda touchpoint: key_of(get(touchpoint))


def key_text(key: Key) -> str:
    """A key as one text, for use as a mapping's key."""
    if len(key) == 1 and key[0] is not None:
        return key[0]
    return msgspec.json.encode(key).decode() if key else ""
