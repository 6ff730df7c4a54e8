"""Confluent wire format: byte 0, schema id in four bytes, Avro body."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

from fastavro import schemaless_reader, schemaless_writer

from schemas.catalog import newest_schemas, parsed, personal_fields
from schemas.errors import CutShort, Malformed, WrongMagicByte, WrongType
from schemas.reading import HEADER_BYTES, ODD, Read, reader_of
from schemas.registry import ConfluentRegistry, Registry
from schemas.sealing import Sealer, sealed
from schemas.writing import Write, writer_of


class Codec:
    """Reads and writes the records of the contract.

    Reading resolves the writer's version to our newest one. Both ways pass personal fields
    through ``sealer`` when there is one.
    """

    def __init__(self, registry: Registry | None = None, sealer: Sealer | None = None) -> None:
        self._registry = registry or ConfluentRegistry()
        self._sealer = sealer
        self._newest = {name: parsed(schema.text) for name, schema in newest_schemas().items()}
        self._names = {schema.name for schema in newest_schemas().values()}
        self._personal = {name: personal_fields(schema.text) for name, schema in newest_schemas().items()}
        self._readers: dict[bytes, tuple[str, Any, Any, Read | None]] = {}
        self._writers: dict[str, tuple[bytes, Any, tuple[str, ...], Write | None]] = {}

    def decode(self, data: bytes | None, *expected: str) -> tuple[str, dict[str, Any]]:
        """The record's short name and the record.

        Args:
            data: a Kafka value.
            expected: short names that may stand here; none means any.

        Raises:
            DecodeError: cut_short, wrong_magic_byte, unknown_schema_id, wrong_type, malformed.
            RegistryUnavailable: the schema is not known here and the registry does not answer.
        """
        if data is None or len(data) < HEADER_BYTES:
            if data and data[0] != 0:
                raise WrongMagicByte(f"first byte is {data[0]:#04x}, expected 0x00")
            raise CutShort(f"{len(data or b'')} bytes; a record has at least {HEADER_BYTES}")
        prefix = data[:HEADER_BYTES]
        reader = self._readers.get(prefix)
        if reader is None:
            reader = self._reader(prefix)
        name, writer_schema, reader_schema, read = reader
        if expected and name not in expected:
            raise WrongType(f"a {name} lies where {' or '.join(expected)} belongs")
        record: Any = None
        if read is not None:
            try:
                record = read(data)
            except ODD:
                record = None
        if record is None:
            record = _read_by_fastavro(data, name, writer_schema, reader_schema)
        if self._sealer is not None:
            record = sealed(record, self._personal[name], self._sealer.open)
        return name, record

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """The record's bytes in our newest version of ``name``.

        Raises:
            ValueError, TypeError: the record does not fit its schema.
            RegistryUnavailable: its id is not known here and the registry does not answer.
        """
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writer(name)
        prefix, schema, mixed, write = writer
        if self._sealer is not None:
            record = sealed(record, self._personal[name], self._sealer.seal)
        if write is not None:
            pieces = [prefix]
            try:
                write(record, pieces.append)
                return b"".join(pieces)
            except Exception:
                pass  # it does not fit; fastavro, below, says in which way
        if mixed:
            record = {**record, **{field: _tagged(record[field]) for field in mixed if field in record}}
        body = BytesIO()
        body.write(prefix)
        try:
            schemaless_writer(body, schema, record)
        except OverflowError as error:
            raise ValueError(f"a number of the {name} has more than 64 bits") from error
        return body.getvalue()

    def prepare(self) -> None:
        """Learn every id to write under, so that :meth:`encode` never has to ask in the middle of something.

        Raises:
            RegistryUnavailable: the registry does not answer.
        """
        for name in self._newest:
            if name not in self._writers:
                self._writer(name)

    def _reader(self, prefix: bytes) -> tuple[str, Any, Any, Read | None]:
        if prefix[0] != 0:
            raise WrongMagicByte(f"first byte is {prefix[0]:#04x}, expected 0x00")
        written = self._written(int.from_bytes(prefix[1:], "big"))
        name = str(written["name"]).rpartition(".")[2]
        newest = self._newest[name]
        is_ours = written == newest
        reader = (name, written, None if is_ours else newest, reader_of(newest) if is_ours else None)
        self._readers[prefix] = reader
        return reader

    def _written(self, schema_id: int) -> Any:
        """The writer's schema; whatever else a shared registry holds is no record of ours."""
        text = self._registry.text_of(schema_id)
        with suppress(Exception):  # JSON Schema, Protobuf, or Avro that fastavro cannot parse
            schema = parsed(text)
            if isinstance(schema, dict) and schema["type"] == "record" and schema["name"] in self._names:
                return schema
        raise WrongType(f"schema id {schema_id} is no record of this contract")

    def _writer(self, name: str) -> tuple[bytes, Any, tuple[str, ...], Write | None]:
        prefix = b"\0" + self._registry.id_of(name).to_bytes(4, "big")
        schema = self._newest[name]
        mixed = tuple(field["name"] for field in schema["fields"] if _holds_mixed(field["type"]))
        writer = (prefix, schema, mixed, writer_of(schema))
        self._writers[name] = writer
        return writer


def _read_by_fastavro(data: bytes, name: str, writer_schema: Any, reader_schema: Any) -> Any:
    body = BytesIO(data)
    body.seek(HEADER_BYTES)
    try:
        record = schemaless_reader(body, writer_schema, reader_schema)
    except Exception as error:
        # An IndexError is the end of the bytes, or an enum or union index that does not exist.
        if isinstance(error, EOFError) or (isinstance(error, IndexError) and body.tell() == len(data)):
            raise CutShort(f"{len(data)} bytes end inside a {name}") from error
        raise Malformed(f"not a {name}: {type(error).__name__}") from error
    if body.tell() != len(data):
        raise Malformed(f"{len(data) - body.tell()} bytes follow the {name}")
    return record


_TAGS = {type(None): "null", bool: "boolean", int: "long", float: "double", str: "string"}


def _holds_mixed(kind: Any) -> bool:
    return isinstance(kind, dict) and kind["type"] == "map" and isinstance(kind["values"], list)


def _tagged(values: Any) -> Any:
    """Values with the name of their branch of the union, which fastavro else finds by trying each."""
    if type(values) is not dict:
        return values
    tags = _TAGS
    return {
        key: (tags[type(value)], value) if type(value) in tags else _checked(value) for key, value in values.items()
    }


def _checked(value: Any) -> Any:
    if isinstance(value, tuple):
        raise TypeError("a tuple is no value of a property")
    return value
