"""A deliverer's pages, and whether it makes progress.

/health/live   503 when only a restart could help: its loop stands still.
/health/ready  503 until it owns partitions, and while anything is wrong.
/health        503 while anything is wrong: its loop stands still, or an endpoint is off or left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from time import monotonic

import msgspec

from streams.delivery.outlet import Outlet
from streams.delivery.service import Deliverer
from streams.settings import Settings
from streams.telemetry import CONTENT_TYPE, OperationsServer, Reply, health_reply


class EndpointHealth(msgspec.Struct, kw_only=True):
    """One endpoint as it stands."""

    circuit: str
    waiting: int
    disabled: str


class DeliveryHealth(msgspec.Struct, kw_only=True):
    """A deliverer's health; the first three are what the three pages say."""

    ok: bool
    live: bool
    ready: bool
    reasons: list[str]
    endpoints: dict[str, EndpointHealth]


def delivery_health(deliverer: Deliverer, stall_s: float) -> DeliveryHealth:
    """The health now; ``stall_s`` without a turn of the loop is too long."""
    standing = monotonic() - deliverer.turned_at
    live = standing <= stall_s
    wrong = [] if live else [f"the deliverer has been in one step for {standing:.0f} s"]
    wrong += [reason for outlet in deliverer.outlets.values() if (reason := _trouble(outlet))]
    reasons = list(wrong)
    if not deliverer.intake.was_dealt:
        reasons.append("the group has not dealt partitions yet")
    return DeliveryHealth(
        ok=not wrong,
        live=live,
        ready=not reasons,
        reasons=reasons,
        endpoints={
            name: EndpointHealth(circuit=outlet.circuit, waiting=outlet.waiting, disabled=outlet.disabled)
            for name, outlet in deliverer.outlets.items()
        },
    )


class DeliveryPages:
    """Serves the pages until stopped, in threads of its own.

    Raises:
        PortTaken: ``deliver_web_port`` cannot be listened on.
    """

    def __init__(self, settings: Settings, deliverer: Deliverer) -> None:
        self._deliverer, self._stall_s = deliverer, settings.health_stall_ms / 1000
        pages: dict[str, Callable[[], Reply]] = {
            "/metrics": self._metrics,
            "/health": lambda: self._reply(lambda health: health.ok),
            "/health/live": lambda: self._reply(lambda health: health.live),
            "/health/ready": lambda: self._reply(lambda health: health.ready),
        }
        self._server = OperationsServer(settings.web_bind, settings.deliver_web_port, pages, "deliver_web_port")

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """End."""
        self._server.stop()

    def _metrics(self) -> Reply:
        of = self._deliverer
        text = of.metrics.text(list(of.outlets.values()), len(of.intake.positions), of.intake.unread)
        return Reply(HTTPStatus.OK, CONTENT_TYPE, text)

    def _reply(self, verdict: Callable[[DeliveryHealth], bool]) -> Reply:
        health = delivery_health(self._deliverer, self._stall_s)
        return health_reply(verdict(health), health)


def _trouble(outlet: Outlet) -> str:
    name = outlet.endpoint.name
    if outlet.disabled:
        return f"endpoint {name} is off: {outlet.disabled}"
    return f"endpoint {name} fails and is left alone for a while" if outlet.circuit != "closed" else ""
