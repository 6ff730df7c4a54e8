"""A registry of a test's own schemas."""

from __future__ import annotations

from collections.abc import Mapping

from schemas import UnknownSchemaId, schema_files


class RegistryDouble:
    """Ours under their ids, and ``texts`` beside or instead of them."""

    def __init__(self, texts: Mapping[int, str]) -> None:
        self._texts = {schema.id: schema.text for schema in schema_files()} | dict(texts)
        self._ids = {schema.short_name: schema.id for schema in schema_files()}

    def text_of(self, schema_id: int) -> str:
        """The schema of that id."""
        if schema_id not in self._texts:
            raise UnknownSchemaId(f"schema id {schema_id} is not in the registry")
        return self._texts[schema_id]

    def id_of(self, name: str) -> int:
        """The id of our newest schema of that record."""
        return self._ids[name]
