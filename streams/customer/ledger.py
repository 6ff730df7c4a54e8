"""The partition record: how far the log is applied, and what became of every record."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from schemas import Activation
from streams.customer.errors import StateFormatError
from streams.outreach import Pause

FORMAT = 1
"""Format of the partition record and of definitions; the first byte of each."""

PARTITION_KEY = b"\0partition"
DEFINITION_PREFIX = b"\0definition\0"

IN, ACCEPTED, DUPLICATE, LATE, DEAD, DROPPED = "in", "accepted", "duplicate", "late", "dead", "dropped"


class PartitionRecord(msgspec.Struct, kw_only=True):
    """Written in every transaction, so it is exactly as new as the outputs.

    Attributes:
        applied: offset of the last applied record; -1 before the first.
        clock: ms UTC.
        mode: clock mode.
        until: event mode: the history's end.
        counters: ``in`` = ``accepted`` + ``duplicate`` + ``late`` + ``dead`` + ``dropped``, and
            counters that are no outcome (``out_of_order``, ``rule_errors``, ``forgotten``, …).
        definitions: version of each active rule and policy.
        tallies: moments by rule, decisions by status and reason, dead letters by reason; see ``Tallies``.
        matches: sequences that have begun and not ended, of all customers.
        pauses: the kill switches that are thrown, by id.
    """

    applied: int = -1
    clock: int = 0
    mode: str = "live"
    until: int | None = None
    counters: dict[str, int] = {}
    definitions: dict[str, int] = {}
    tallies: dict[str, int] = {}
    matches: int = 0
    pauses: dict[str, Pause] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PartitionRecord)
_definition_decoder = msgspec.msgpack.Decoder(dict[str, Any])
_Decoded = TypeVar("_Decoded")


def encode_partition(record: PartitionRecord) -> bytes:
    """The record's bytes: the format byte, then msgpack."""
    return bytes([FORMAT]) + _encoder.encode(record)


def decode_partition(data: bytes) -> PartitionRecord:
    """The record from its bytes; raises StateFormatError."""
    return _decoded(data, _decoder)


def definition_key(kind: str, definition_id: str) -> bytes:
    """The key under which an active definition is kept."""
    return DEFINITION_PREFIX + f"{kind}\0{definition_id}".encode()


def encode_definition(activation: Activation) -> bytes:
    """An active definition's bytes: the format byte, then msgpack."""
    return bytes([FORMAT]) + _encoder.encode(activation)


def decode_definition(data: bytes) -> Activation:
    """The definition from its bytes; raises StateFormatError."""
    found: Any = _decoded(data, _definition_decoder)
    found.setdefault("change", "activate")
    return cast(Activation, found)


def _decoded(data: bytes, decoder: msgspec.msgpack.Decoder[_Decoded]) -> _Decoded:
    if not data or data[0] != FORMAT:
        raise StateFormatError(data[0] if data else None, FORMAT)
    try:
        return decoder.decode(data[1:])
    except msgspec.DecodeError as error:
        raise StateFormatError(data[0], FORMAT, str(error)) from error
