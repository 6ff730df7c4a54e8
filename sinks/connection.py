"""The way to ClickHouse, a server or the embedded service: HTTP, one client per thread."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from sinks.errors import ClickHouseUnavailable, TablesMissing
from streams.settings import Settings

# They log each failed attempt and raise it too; whoever catches it says it once.
for _library in ("clickhouse_connect", "urllib3.connectionpool"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

ANSWER_SECONDS = 60
"""How long one answer may take: well below the time after which Kafka gives a silent consumer up."""


_MISSING = ("UNKNOWN_DATABASE", "UNKNOWN_TABLE")


def connect(settings: Settings) -> Client:
    """A client whose database is the settings' one (which need not exist yet).

    Raises:
        ClickHouseUnavailable: the URL cannot be used, nobody answers there, or we are not let in.
    """
    url = urlsplit(settings.clickhouse_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ClickHouseUnavailable(
            f"{settings.clickhouse_url!r} is no address of ClickHouse",
            "set MOMENTOUS_CLICKHOUSE_URL to http://host:8123 or https://host:8443",
        )
    try:
        client = clickhouse_connect.get_client(
            interface=url.scheme,
            host=url.hostname,
            port=url.port or (8443 if url.scheme == "https" else 8123),
            username=settings.clickhouse_user,
            password=settings.clickhouse_password,
            send_receive_timeout=ANSWER_SECONDS,
            # A session would lock out the resending of an insert whose answer got lost.
            autogenerate_session_id=False,
            query_retries=0,
        )
    except OperationalError as error:
        raise ClickHouseUnavailable(
            f"ClickHouse at {settings.clickhouse_url} does not answer ({_reason(error)})",
            "start it (embedded: `momentous clickhouse-embedded`) or check MOMENTOUS_CLICKHOUSE_URL",
        ) from error
    except ClickHouseError as error:
        raise ClickHouseUnavailable(
            f"ClickHouse at {settings.clickhouse_url} refused us ({first_line(error)})",
            "check MOMENTOUS_CLICKHOUSE_USER and MOMENTOUS_CLICKHOUSE_PASSWORD",
        ) from error
    client.database = settings.clickhouse_database
    return client


@contextmanager
def asking(client: Client) -> Iterator[None]:
    """Within it ClickHouse's refusals that a person can mend come with their remedy; the others as they are.

    Raises:
        TablesMissing: the loader has not made our tables, or the database is another one.
        ClickHouseUnavailable: ClickHouse does not answer any more.
    """
    try:
        yield
    except OperationalError as error:
        raise ClickHouseUnavailable(
            f"ClickHouse does not answer any more ({_reason(error)})",
            "start it (embedded: `momentous clickhouse-embedded`) or check MOMENTOUS_CLICKHOUSE_URL",
        ) from error
    except DatabaseError as error:
        if error.name in _MISSING:
            raise TablesMissing(client.database) from error
        raise


def _reason(error: Exception) -> str:
    """What the system said, which lies below what each library made of it."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            return below.strerror
        below = below.__cause__ or below.__context__
    return first_line(error)


def first_line(error: Exception) -> str:
    """What an error says, on one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
