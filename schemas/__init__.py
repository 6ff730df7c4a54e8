"""The contract: records, their Avro schemas, wire format, registry and CloudEvents headers."""

from schemas.catalog import SchemaFile, newest_schemas, parsed, schema_files
from schemas.cloudevents import Headers, headers, rfc3339
from schemas.codec import Codec
from schemas.errors import (
    CutShort,
    DecodeError,
    Malformed,
    RegistryUnavailable,
    SchemaError,
    UnknownSchemaId,
    WrongMagicByte,
    WrongType,
)
from schemas.registry import EMBEDDED_URL, ConfluentRegistry, Registry
from schemas.sealing import Sealer
from schemas.types import (
    Activation,
    Cancellation,
    Check,
    Clock,
    Control,
    DeadLetter,
    Decision,
    Emotion,
    Evidence,
    Header,
    Moment,
    Properties,
    Touchpoint,
    Trigger,
    Value,
    Verdict,
)

__all__ = [
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
