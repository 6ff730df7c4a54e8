"""The package's one public door."""

from __future__ import annotations

import schemas


def test_the_door_of_the_contract_is_exactly_this() -> None:
    assert schemas.__all__ == [
        "EMBEDDED_URL",
        "Activation",
        "Cancellation",
        "Check",
        "Clock",
        "Codec",
        "ConfluentRegistry",
        "Control",
        "CutShort",
        "DeadLetter",
        "Decision",
        "DecodeError",
        "Emotion",
        "Evidence",
        "Header",
        "Headers",
        "Malformed",
        "Moment",
        "Properties",
        "Registry",
        "RegistryUnavailable",
        "SchemaError",
        "SchemaFile",
        "Sealer",
        "Touchpoint",
        "Trigger",
        "UnknownSchemaId",
        "Value",
        "Verdict",
        "WrongMagicByte",
        "WrongType",
        "headers",
        "newest_schemas",
        "parsed",
        "rfc3339",
        "schema_files",
    ]


def test_every_name_at_the_door_is_there() -> None:
    assert [name for name in schemas.__all__ if not hasattr(schemas, name)] == []
