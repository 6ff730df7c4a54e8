"""Errors of the contract.

SchemaError
├── DecodeError          the bytes are not a record of ours: reason, detail
│   ├── CutShort
│   ├── WrongMagicByte
│   ├── UnknownSchemaId
│   ├── WrongType
│   └── Malformed
└── RegistryUnavailable  try again later: no record is judged while it lasts
"""

from __future__ import annotations

from typing import ClassVar


class SchemaError(Exception):
    """Anything this package raises."""


class DecodeError(SchemaError):
    """Bytes that cannot be read; ``reason`` is the fixed word that a dead letter carries."""

    reason: ClassVar[str] = "malformed"

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.reason}: {detail}")
        self.detail = detail


class CutShort(DecodeError):
    """The bytes end before the record does."""

    reason = "cut_short"


class WrongMagicByte(DecodeError):
    """The first byte is not 0, so this is not the Confluent wire format."""

    reason = "wrong_magic_byte"


class UnknownSchemaId(DecodeError):
    """The registry answers that it has no schema of this id."""

    reason = "unknown_schema_id"


class WrongType(DecodeError):
    """A readable record, of a type that does not belong here."""

    reason = "wrong_type"


class Malformed(DecodeError):
    """The bytes contradict their schema."""

    reason = "malformed"


class RegistryUnavailable(SchemaError):
    """The schema registry cannot be asked; ``remedy`` says what to look at."""

    def __init__(self, url: str, cause: Exception) -> None:
        self.remedy = "check MOMENTOUS_SCHEMA_REGISTRY_URL and that the registry answers"
        super().__init__(f"schema registry {url} did not answer ({cause}); {self.remedy}")
