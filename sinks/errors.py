"""Errors of the way into ClickHouse.

MomentousError
└── SinkError
    ├── EmbeddedError            the embedded service cannot start
    ├── LoaderError              the loader stops rather than lose or double a row
    │   ├── OffsetGone           the log no longer holds what comes next
    │   ├── IntentUnreadable     the group's offset metadata is not the loader's
    │   └── IntentMismatch       the promised range reads differently now
    ├── ClickHouseUnavailable    ClickHouse did not answer, or refused us
    └── QueryError               a question cannot be asked so
        └── TablesMissing        there is no table of ours to ask
"""

from __future__ import annotations

from streams.errors import MomentousError


class SinkError(MomentousError):
    """Anything this package raises."""


class EmbeddedError(SinkError):
    """The embedded ClickHouse service cannot start."""


class LoaderError(SinkError):
    """The loader must not go on: going on would lose or double rows."""


class OffsetGone(LoaderError):
    """The committed offset lies outside the log."""


class IntentUnreadable(LoaderError):
    """Somebody else wrote the offset metadata of the loader's group."""


class IntentMismatch(LoaderError):
    """The records of a promised range are not the ones that were promised."""


class ClickHouseUnavailable(SinkError):
    """ClickHouse did not answer, or does not let us in."""


class QueryError(SinkError):
    """No such named query, or a parameter that is missing, unknown or unusable."""


class TablesMissing(QueryError):
    """The database, or a table of ours in it, is not there."""

    def __init__(self, database: str | None) -> None:
        problem = f"database {database} has no tables of ours yet"
        super().__init__(
            problem, "start `momentous loader`, which makes them, or look at MOMENTOUS_CLICKHOUSE_DATABASE"
        )
