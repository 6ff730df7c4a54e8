"""The partition record: how far the log is applied, and what became of every record."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from streams.customer.errors import StateFormatError
from streams.customer.standing import Kept, Quarantined, Standing
from streams.outreach import Pause

FORMAT = 1
"""Format of the partition record and of definitions; the first byte of each."""

PARTITION_KEY = b"\0partition"
DEFINITION_PREFIX = b"\0definition\0"
VERSION_PREFIX = b"\0version\0"

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
        definitions: version of each definition that runs, by ``kind id``.
        tallies: moments by rule, decisions by status and reason, dead letters by reason; see ``Tallies``.
        matches: sequences that have begun and not ended, of all customers.
        pauses: the kill switches that are thrown, by id.
        modes: of rules that run and are not live.
        draining: earlier versions of rules that end what they have begun.
        quarantined: definitions that could not be taken, so that what ran before runs on.
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
    modes: dict[str, str] = {}
    draining: dict[str, list[int]] = {}
    quarantined: dict[str, Quarantined] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PartitionRecord)
_definition_decoder = msgspec.msgpack.Decoder(Standing)
_kept_decoder = msgspec.msgpack.Decoder(Kept)
_Decoded = TypeVar("_Decoded")


def encode_partition(record: PartitionRecord) -> bytes:
    """The record's bytes: the format byte, then msgpack."""
    return bytes([FORMAT]) + _encoder.encode(record)


def decode_partition(data: bytes) -> PartitionRecord:
    """The record from its bytes; raises StateFormatError."""
    return _decoded(data, _decoder)


def definition_key(kind: str, definition_id: str) -> bytes:
    """The key under which is kept how a definition stands."""
    return DEFINITION_PREFIX + f"{kind}\0{definition_id}".encode()


def version_key(kind: str, definition_id: str, version: int) -> bytes:
    """The key under which a version of a definition is kept."""
    return VERSION_PREFIX + f"{kind}\0{definition_id}\0{version}".encode()


def names_of(key: bytes, prefix: bytes) -> list[str]:
    """What such a key names: kind, id, and of a version its number."""
    return key.removeprefix(prefix).decode().split("\0")


def encode_definition(standing: Standing) -> bytes:
    """A definition's bytes: the format byte, then msgpack."""
    return bytes([FORMAT]) + _encoder.encode(standing)


def decode_definition(data: bytes) -> Standing:
    """The definition from its bytes; raises StateFormatError."""
    return _decoded(data, _definition_decoder)


def encode_kept(kept: Kept) -> bytes:
    """A version's bytes: the format byte, then msgpack."""
    return bytes([FORMAT]) + _encoder.encode(kept)


def decode_kept(data: bytes) -> Kept:
    """The version from its bytes; raises StateFormatError."""
    return _decoded(data, _kept_decoder)


def _decoded(data: bytes, decoder: msgspec.msgpack.Decoder[_Decoded]) -> _Decoded:
    if not data or data[0] != FORMAT:
        raise StateFormatError(data[0] if data else None, FORMAT)
    try:
        return decoder.decode(data[1:])
    except msgspec.DecodeError as error:
        raise StateFormatError(data[0], FORMAT, str(error)) from error
