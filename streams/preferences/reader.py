"""What a customer has said so far, from ClickHouse: the accepted consents and preferences.

The newest by ``occurred_at`` holds and of a tie the later one, as the worker has it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.connection import connect, first_line
from sinks.errors import ClickHouseUnavailable
from streams.outreach import CONSENT_TYPES
from streams.preferences.errors import NoClickHouse
from streams.preferences.known import WISHES, Known, Word
from streams.settings import Settings

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_ACCEPTED = """
FROM touchpoints
WHERE customer_id = {customer_id:String}
    AND (partition, offset) NOT IN (
        SELECT touchpoint_partition, touchpoint_offset FROM verdicts
        WHERE (touchpoint_partition, touchpoint_offset) IN (
            SELECT partition, offset FROM touchpoints WHERE customer_id = {customer_id:String}
        )
    )
"""

CONSENTS = f"""
SELECT
    properties['purpose'] AS purpose,
    properties['channel'] AS consent_channel,
    argMax(type, (occurred_at, partition, offset)),
    max(toUnixTimestamp64Milli(occurred_at))
{_ACCEPTED}
    AND startsWith(type, 'consent.') AND purpose != '' AND consent_channel != ''
GROUP BY purpose, consent_channel
"""

PREFERENCES = f"""
SELECT
    pair.1 AS name,
    argMax(pair.2, (occurred_at, partition, offset)),
    max(toUnixTimestamp64Milli(occurred_at))
{_ACCEPTED.replace("WHERE", "ARRAY JOIN properties::Array(Tuple(String, String)) AS pair WHERE", 1)}
    AND type = 'preference.set' AND name IN {{names:Array(String)}}
GROUP BY name
"""

_SETTINGS = {"readonly": 2, "max_execution_time": 5}


class Reader:
    """Reads from one database; each thread has a connection of its own."""

    def __init__(self, settings: Settings, connected: Callable[[Settings], Client] = connect) -> None:
        self._settings = settings
        self._connected = connected
        self._of_thread = threading.local()

    def known(self, customer_id: str) -> Known:
        """What the customer has said so far.

        Raises:
            NoClickHouse: it cannot be read now.
        """
        try:
            client = self._client()
            whose = {"customer_id": customer_id}
            consents = client.query(CONSENTS, parameters=whose, settings=_SETTINGS).result_rows
            named = {**whose, "names": list(WISHES)}
            wishes = client.query(PREFERENCES, parameters=named, settings=_SETTINGS).result_rows
        except (ClickHouseError, ClickHouseUnavailable) as error:
            self._of_thread.client = None
            problem = f"what customers chose so far cannot be read ({first_line(error)})"
            raise NoClickHouse(problem, "look at ClickHouse and at MOMENTOUS_CLICKHOUSE_URL") from error
        return Known(
            {(purpose, channel): Word(CONSENT_TYPES[kind], at) for purpose, channel, kind, at in consents},
            {name: Word(value, at) for name, value, at in wishes},
        )

    def _client(self) -> Client:
        client: Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = self._connected(self._settings)
        return client
