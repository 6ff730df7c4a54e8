"""What is answered to whom: keys, scopes, routing to the partition's owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from math import ceil
from time import monotonic, time
from typing import NamedTuple, Protocol
from urllib.parse import unquote

import msgspec

from streams.customer import Customer, partition_of
from streams.customer.definitions import Definitions
from streams.live_state.http import Answer, Request
from streams.live_state.keys import DECISIONS, PROFILE, STATE, Key, Keyring
from streams.live_state.problem import problem
from streams.live_state.view import AsOf, Unknown, live_state

FORWARDED = "momentous-forwarded"
"""Header of a request that another worker passed on: it is answered here or not at all."""

LONGEST_ID = 256
RETRY_S = 1
_CUSTOMERS = "/customers/"
_DECISIONS = "/decisions"
_encode = msgspec.json.Encoder().encode


class Serving(Protocol):
    """A partition that is ours and caught up with its state."""

    @property
    def definitions(self) -> Definitions:
        """Active rules and policy."""

    def look(self, customer_id: str) -> Customer | None:
        """The customer's record, to be read only."""


class Served(NamedTuple):
    """Where a partition's state is to be had: here (``partition`` and ``as_of``), or why not."""

    partition: Serving | None
    as_of: AsOf | None


NOT_HERE = Served(None, None)


class Owned(Protocol):
    """The partitions of this worker."""

    def served(self, number: int, wall_ms: int) -> Served:
        """The partition if it can be answered for now."""


Forward = Callable[[int, Request], Awaitable[Answer]]
"""Ask the owner of a partition the same; 503 when it is not known or does not answer."""

Told = Callable[[str, str | None], Awaitable[Answer]]
"""The decisions on a customer, or those on one moment."""


class LiveStateApi:
    """Answers requests; see ``docs/live-state.md``."""

    def __init__(
        self, keyring: Keyring, owned: Owned, partitions: int, forward: Forward, decisions: Told, document: bytes
    ) -> None:
        self._keyring = keyring
        self._owned = owned
        self._partitions = partitions
        self._forward = forward
        self._decisions = decisions
        self._document = document

    def answer(self, request: Request) -> Answer | Awaitable[Answer]:
        """The answer, or what will be it."""
        if request.path == "/openapi.json":
            return Answer(HTTPStatus.OK, self._document)
        # 1. who asks
        now = monotonic()
        found = self._keyring.key_of(request.headers.get("authorization"), now)
        if found is None:
            return problem(
                HTTPStatus.UNAUTHORIZED,
                "no key, or one that is not known",
                "send the header Authorization: Bearer KEY",
                ("WWW-Authenticate", "Bearer"),
            )
        name, key = found
        if wait := self._keyring.wait_s(name, key, now):
            return problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"this key may ask {key.per_second} times a second",
                "ask again after Retry-After seconds",
                ("Retry-After", str(ceil(wait))),
            )
        # 2. what is asked
        customer_id, decisions = _customer_of(request.path)
        if customer_id is None:
            return problem(
                HTTPStatus.NOT_FOUND,
                "nothing is here",
                "ask for /customers/ID or /customers/ID/decisions, the id percent-encoded",
            )
        scope = DECISIONS if decisions else STATE
        if scope not in key.scopes:
            return problem(
                HTTPStatus.FORBIDDEN, f"this key has no scope {scope}", "ask whoever keeps the keys for that scope"
            )
        if decisions:
            return self._decisions(customer_id, request.query.get("moment"))
        # 3. from whom
        number = partition_of(customer_id.encode(), self._partitions)
        here = self._owned.served(number, int(time() * 1000))
        if here.partition is None or here.as_of is None:
            if FORWARDED in request.headers:
                return moving()
            return self._forward(number, request)
        return self._state(here.partition, here.as_of, customer_id, key)

    def _state(self, partition: Serving, as_of: AsOf, customer_id: str, key: Key) -> Answer:
        customer = partition.look(customer_id)
        if customer is None:
            return Answer(
                HTTPStatus.NOT_FOUND,
                _encode(
                    Unknown(
                        error="no such customer, or none of whom anything is still remembered",
                        remedy="ids are written exactly as they were published",
                        as_of=as_of,
                    )
                ),
            )
        view = live_state(
            customer, customer_id, partition.definitions, as_of, key.channels, with_profile=PROFILE in key.scopes
        )
        return Answer(HTTPStatus.OK, _encode(view))


def moving() -> Answer:
    """The partition is nobody's for the moment, or its owner is not known here yet."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the customer's partition is moving between workers or being restored",
        "ask again after Retry-After seconds",
        ("Retry-After", str(RETRY_S)),
    )


def _customer_of(path: str) -> tuple[str | None, bool]:
    """The customer id of a path, and whether its decisions are asked for."""
    if not path.startswith(_CUSTOMERS):
        return None, False
    rest = path[len(_CUSTOMERS) :]
    decisions = rest.endswith(_DECISIONS)
    encoded = rest.removesuffix(_DECISIONS)
    try:
        customer_id = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        return None, False
    if "/" in encoded or not customer_id or len(customer_id) > LONGEST_ID or customer_id[0] == "\0":
        return None, False
    return customer_id, decisions
