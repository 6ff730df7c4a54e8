"""The partition record: how far the log is applied, and what became of every record."""

from __future__ import annotations

import msgspec

from streams.customer.errors import StateFormatError

FORMAT = 1
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
    """

    applied: int = -1
    clock: int = 0
    mode: str = "live"
    until: int | None = None
    counters: dict[str, int] = {}
    definitions: dict[str, int] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PartitionRecord)


def encode_partition(record: PartitionRecord) -> bytes:
    """The record's bytes: the format byte, then msgpack."""
    return bytes([FORMAT]) + _encoder.encode(record)


def decode_partition(data: bytes) -> PartitionRecord:
    """The record from its bytes; raises StateFormatError."""
    if not data or data[0] != FORMAT:
        raise StateFormatError(data[0] if data else None, FORMAT)
    try:
        return _decoder.decode(data[1:])
    except msgspec.DecodeError as error:
        raise StateFormatError(data[0], FORMAT, str(error)) from error
