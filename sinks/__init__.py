"""Kafka to ClickHouse: the loader, the tables, named queries, and ClickHouse without a server."""

from sinks.connection import connect
from sinks.embedded import serve_embedded
from sinks.errors import (
    ClickHouseUnavailable,
    EmbeddedError,
    IntentMismatch,
    IntentUnreadable,
    LoaderError,
    OffsetGone,
    QueryError,
    SinkError,
    TablesMissing,
)
from sinks.loader import Loader, run_loader
from sinks.progress import Progress
from sinks.queries import Answer, NamedQuery, Parameter, named_queries, run_query
from sinks.tables import apply_ddl

__all__ = [
    "Answer",
    "ClickHouseUnavailable",
    "EmbeddedError",
    "IntentMismatch",
    "IntentUnreadable",
    "Loader",
    "LoaderError",
    "NamedQuery",
    "OffsetGone",
    "Parameter",
    "Progress",
    "QueryError",
    "SinkError",
    "TablesMissing",
    "apply_ddl",
    "connect",
    "named_queries",
    "run_loader",
    "run_query",
    "serve_embedded",
]
