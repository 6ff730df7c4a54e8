"""Schema ids to schemas and back, through a Confluent-compatible registry."""

from __future__ import annotations

from time import monotonic
from typing import Any, Protocol

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.catalog import newest_schemas, schema_files
from schemas.errors import RegistryUnavailable, UnknownSchemaId

EMBEDDED_URL = "mock://"

UNKNOWN_FOR_S = 10.0
"""An id that the registry does not have is not asked for again within this time."""

_PATIENCE = {"timeout": 2, "max.retries": 1, "retries.wait.ms": 50, "retries.max.wait.ms": 100}
"""The client's own waits without end for an answer; our callers try again themselves."""
_UNKNOWN_IDS = 10_000


class Registry(Protocol):
    """What the codec asks of a registry."""

    def text_of(self, schema_id: int) -> str:
        """The schema of that id; raises UnknownSchemaId or RegistryUnavailable."""

    def id_of(self, name: str) -> int:
        """The id under which our newest schema of that record is written."""


class ConfluentRegistry:
    """A registry reached by ``confluent_kafka``; ``mock://`` is a private one in memory.

    The mock is per client, so each process fills its own in the fixed order of
    ``schemas/ids.json``: the same ids everywhere without a server. A real registry gives its own
    ids; subjects are the record names (RecordNameStrategy).
    """

    def __init__(self, url: str = EMBEDDED_URL, settings: dict[str, Any] | None = None) -> None:
        self._url = url
        self._client = SchemaRegistryClient.new_client({"url": url, **_PATIENCE, **(settings or {})})
        self._ids: dict[str, int] = {}
        self._unknown: dict[int, float] = {}
        if url.startswith(EMBEDDED_URL):
            for schema in schema_files():
                self._register(schema.name, schema.text)

    def text_of(self, schema_id: int) -> str:
        """The schema text of ``schema_id``.

        Raises:
            UnknownSchemaId: the registry says it has none.
            RegistryUnavailable: it did not say anything; ask again later.
        """
        if self._unknown.get(schema_id, 0.0) > monotonic():
            raise UnknownSchemaId(f"schema id {schema_id} is not in the registry")
        try:
            text = self._client.get_schema(schema_id).schema_str
        except SchemaRegistryError as error:
            # Only a registry's own word counts: a proxy or a wrong path answers 404 too.
            if error.http_status_code == 404 and error.error_code // 100 == 404:
                self._note_unknown(schema_id)
                raise UnknownSchemaId(f"schema id {schema_id} is not in the registry") from error
            raise RegistryUnavailable(self._url, error) from error
        except Exception as error:  # the client lets its HTTP library's errors through
            raise RegistryUnavailable(self._url, error) from error
        if text is None:
            raise RegistryUnavailable(self._url, ValueError(f"no text for schema id {schema_id}"))
        return text

    def id_of(self, name: str) -> int:
        """The id of our newest schema of record ``name`` (short name), registering it if needed.

        Raises:
            RegistryUnavailable: the registry did not answer or refused the schema.
        """
        if name not in self._ids:
            schema = newest_schemas()[name]
            self._ids[name] = self._register(schema.name, schema.text)
        return self._ids[name]

    def require_full_transitive(self) -> None:
        """Set FULL_TRANSITIVE compatibility on each of our subjects (a real registry only)."""
        if self._url.startswith(EMBEDDED_URL):
            return
        for schema in newest_schemas().values():
            try:
                self._client.set_compatibility(subject_name=schema.name, level="FULL_TRANSITIVE")
            except Exception as error:
                raise RegistryUnavailable(self._url, error) from error

    def _note_unknown(self, schema_id: int) -> None:
        if len(self._unknown) >= _UNKNOWN_IDS:
            self._unknown.clear()
        self._unknown[schema_id] = monotonic() + UNKNOWN_FOR_S

    def _register(self, subject: str, text: str) -> int:
        try:
            return int(self._client.register_schema(subject, Schema(text, "AVRO")))
        except Exception as error:
            raise RegistryUnavailable(self._url, error) from error
