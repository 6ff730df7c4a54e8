"""A record of the log as the core sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Record(Protocol):
    """A Kafka record as any consumer delivers it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """ms UTC; the append time where the topic says LogAppendTime."""

    @property
    def key(self) -> bytes | None:
        """Key bytes."""

    @property
    def value(self) -> bytes | None:
        """Value bytes."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Headers in order."""


def bytes_beside(record: Record) -> int:
    """How many bytes of key and headers come with its value."""
    named = sum(len(name.encode()) + len(content or b"") for name, content in record.headers or ())
    return len(record.key or b"") + named
