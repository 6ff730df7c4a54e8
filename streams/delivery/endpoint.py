"""An outreach system's endpoint, as deliver.yaml describes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streams.delivery.bucket import Capacity
from streams.delivery.schedule import STANDARD_RETRIES_MS
from streams.delivery.target import Network, Target

Kind = Literal["webhook", "smtp", "gateway"]

DEFAULT_TIMEOUT_MS = 15_000
DEFAULT_CONCURRENCY = 8
DEFAULT_FAILURES = 5
DEFAULT_OPEN_MS = 30_000


@dataclass(frozen=True, slots=True)
class Wording:
    """Where the words and the address of a message come from.

    Attributes:
        templates: folder with one ``<template>.txt`` each.
        address: name of the fact in the trigger's context that is the address; empty: none.
        lookup: ``package.module:function`` that finds the address of a trigger; empty: none.
    """

    templates: Path
    address: str = ""
    lookup: str = ""


@dataclass(frozen=True, slots=True)
class Mailing:
    """How e-mail goes out over SMTP; secrets by the name of their environment variable.

    Attributes:
        sender: the From header's address, maybe with a name.
        unsubscribe: put a link for it into every mail; false only where somebody behind the server does.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = ""
    unsubscribe: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint; what is not given has the defaults of docs/delivery.md.

    Attributes:
        secrets: environment variables with signing secrets, the present one first.
        channels, actions: of the triggers that it takes; empty: any.
        backlog: most deliveries that may wait for it; more are set aside as dead. None: reading waits instead.
        headers: of a gateway, values by environment variable.
        body: of a gateway, texts with ``$words``.
    """

    name: str
    kind: Kind
    target: Target | None = None
    secrets: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    sandbox: bool = False
    cancellations: bool = True
    capacity: Capacity | None = None
    backlog: int | None = None
    timeout_ms: int = DEFAULT_TIMEOUT_MS
    concurrency: int = DEFAULT_CONCURRENCY
    retries_ms: tuple[int, ...] = STANDARD_RETRIES_MS
    failures: int = DEFAULT_FAILURES
    open_ms: int = DEFAULT_OPEN_MS
    wording: Wording | None = None
    mailing: Mailing | None = None
    headers: Mapping[str, str] | None = None
    body: Mapping[str, str] | None = None

    def takes(self, action: str, channel: str, sandbox: bool) -> bool:
        """Whether a trigger is for it; rehearsals and real ones never share an endpoint."""
        return (
            self.sandbox == sandbox
            and (not self.channels or channel in self.channels)
            and (not self.actions or action in self.actions)
        )


@dataclass(frozen=True, slots=True)
class DeliverFile:
    """All endpoints, in the order in which they are asked, and the networks that may be called although private."""

    endpoints: tuple[Endpoint, ...]
    allowed: tuple[Network, ...] = ()

    def endpoint_for(self, action: str, channel: str, sandbox: bool) -> Endpoint | None:
        """The first that takes it."""
        return next((one for one in self.endpoints if one.takes(action, channel, sandbox)), None)
