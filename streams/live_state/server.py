"""The live-state API of a worker, put together: keys, owners, forwarding, decisions, HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from streams.live_state.api import LiveStateApi, Owned
from streams.live_state.decisions import Decisions
from streams.live_state.document import openapi_bytes
from streams.live_state.forward import Forwarding
from streams.live_state.http import HttpServer
from streams.live_state.keys import Keyring
from streams.live_state.live_state_metrics import LiveStateMetrics
from streams.live_state.owners import Owners, own_address
from streams.settings import Settings

log = structlog.get_logger("live_state")


class LiveStateServer:
    """Serves ``GET /customers/{id}`` inside the loop in which the lanes live.

    Args:
        settings: of the process; ``state_keys`` is set.
        owned: the lanes.

    Attributes:
        metrics: of what it answers.

    Raises:
        BadKeys: the file of keys cannot be used.
        PortTaken: the port cannot be listened on.
    """

    def __init__(self, settings: Settings, owned: Owned) -> None:
        keyring = Keyring(Path(settings.state_keys))
        self.metrics = LiveStateMetrics()
        self._owners = Owners(settings)
        self._forwarding = Forwarding(self._owners, own_address(settings), self.metrics)
        self._decisions = Decisions(settings)
        api = LiveStateApi(
            keyring,
            owned,
            settings.partitions,
            self._forwarding.ask,
            self._decisions.told,
            openapi_bytes(),
        )
        self._starting: asyncio.Task[None] | None = None
        self._server = HttpServer(
            settings.web_bind, settings.state_port, api.answer, "state_port", self.metrics.answered
        )

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer as soon as the loop runs."""
        self._starting = loop.create_task(self._start())

    async def _start(self) -> None:
        await self._server.start()
        log.info("live state is served", port=self._server.port)

    async def stop(self) -> None:
        """Answer no more."""
        self._server.stop()
        self._forwarding.close()
        self._decisions.close()
        self._owners.close()
