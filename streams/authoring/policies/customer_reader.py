"""``customer`` of a policy's test case: who it is, as touchpoints from before its start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from schemas import Touchpoint, Value
from streams.detection.document import Mapping, Node
from streams.detection.reader import Reader, Section, described
from streams.detection.time_line import read_fields

CUSTOMER_KEYS = (
    "id",
    "consents",
    "denied",
    "withdrawn",
    "profile",
    "preferences",
    "persona",
    "segments",
    "suppressed",
)
BEFORE_MS = 3_600_000
"""How long before the start the customer said all that."""

_CONSENTS = {"consents": "consent.given", "denied": "consent.denied", "withdrawn": "consent.withdrawn"}
_FACTS = {"profile": "profile.set", "preferences": "preference.set"}


class Said(NamedTuple):
    """A touchpoint type and its properties."""

    type: str
    properties: dict[str, Value]


class Customer(NamedTuple):
    """A case's customer: the id, and by key of the file what was said of them."""

    id: str
    said: dict[str, tuple[Said, ...]]

    def touchpoints(self, start: int) -> list[Touchpoint]:
        """What was said, as touchpoints an hour before ``start``, ms UTC."""
        return [
            made_touchpoint(f"customer-{number}", self.id, said.type, start - BEFORE_MS, said.properties)
            for number, said in enumerate(one for key in CUSTOMER_KEYS for one in self.said.get(key, ()))
        ]


NOBODY_KNOWN = Customer("customer", {})
"""Of whom nothing was ever said."""


def made_touchpoint(
    event_id: str, customer_id: str, touchpoint_type: str, at: int, properties: dict[str, Value]
) -> Touchpoint:
    """A touchpoint of a case, on the web, with nothing but that."""
    return {
        "event_id": event_id,
        "source": "test",
        "customer_id": customer_id,
        "identified": True,
        "channel": "web",
        "type": touchpoint_type,
        "occurred_at": at,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(sorted(properties.items())),
    }


def read_customer(reader: Reader, node: Node | None, default: Customer) -> Customer:
    """The customer; what it does not say is the default's."""
    section = reader.section(node, "'customer'", CUSTOMER_KEYS) if node is not None else None
    if section is None:
        return default
    id_node = section.value("id")
    name = (reader.text(id_node, "'id'") if id_node is not None else None) or default.id
    said = {key: tuple(_said(section, key)) for key in CUSTOMER_KEYS if key != "id" and section.has(key)}
    return Customer(name, {**default.said, **said})


def _said(section: Section, key: str) -> Iterator[Said]:
    reader, node = section.reader, section.value(key)
    assert node is not None
    if key in _CONSENTS:
        if not isinstance(node, Mapping):
            reader.note(node, f"'{key}' is {described(node)}", "write {care: [sms, email]}")
            return
        for purpose, channels in node.entries:
            for channel in reader.listing(channels, f"'{purpose.text}'", reader.text) or ():
                yield Said(_CONSENTS[key], {"channel": channel, "purpose": purpose.text})
    elif key in _FACTS:
        yield Said(_FACTS[key], read_fields(reader, node, {}))
    elif key == "persona":
        persona = reader.text(node, "'persona'")
        yield Said("persona.set", {"persona": persona})
    else:
        kind, name = ("segment.set", "segment") if key == "segments" else ("suppression.added", "list")
        for one in reader.listing(node, f"'{key}'", reader.text) or ():
            yield Said(kind, {name: one})
