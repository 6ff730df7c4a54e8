"""The process ``momentous preferences serve``."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import partial

import structlog
import uvicorn

from schemas import Touchpoint
from streams.codec import make_codec
from streams.errors import DeliveryFailed
from streams.outreach import Policy
from streams.preferences.active_offer import active_offer
from streams.preferences.errors import PageUnavailable
from streams.preferences.keys import read_keys
from streams.preferences.link import Links
from streams.preferences.offer import offer_of
from streams.preferences.reader import Reader
from streams.preferences.service import PreferencesService
from streams.publishing import Publisher
from streams.serving import listening_socket, serve_until_signalled
from streams.settings import Settings

ACKNOWLEDGED_SECONDS = 10.0
"""A customer waits no longer than this to hear whether it was saved."""

_log = structlog.get_logger("preferences")


class Desk:
    """Publishes choices one after the other, each acknowledged before the customer hears of it."""

    def __init__(self, settings: Settings, publisher: Callable[[], Publisher] | None = None) -> None:
        """
        Raises:
            Unreachable: no broker answers, or the topic is missing.
        """
        codec = make_codec(settings)
        self._make = publisher or (lambda: Publisher(settings, codec))
        self._lock = threading.Lock()
        self._publisher: Publisher | None = self._make()

    def publish(self, touchpoints: list[Touchpoint]) -> None:
        """Publish and wait.

        Raises:
            DeliveryFailed, Unreachable: they may not be on the log; sent again they count once.
        """
        with self._lock:
            publisher = self._publisher = self._publisher or self._make()
            try:
                for touchpoint in touchpoints:
                    publisher.publish(touchpoint)
                publisher.flush(ACKNOWLEDGED_SECONDS)
            except DeliveryFailed:
                self._publisher = None  # it would repeat this failure at every later call
                raise


def links_of(settings: Settings) -> Links:
    """The links that the settings' keys sign.

    Raises:
        BadKeys: the keys cannot be used.
    """
    return Links(read_keys(settings.preferences_keys), settings.preferences_url.rstrip("/"))


def serve(settings: Settings, shipped: Policy, chosen: Policy | None, told: Callable[[str], None]) -> None:
    """Serve the page until SIGTERM or SIGINT.

    Args:
        settings: keys, address, Kafka, ClickHouse.
        shipped: asked about while no policy was ever activated.
        chosen: asked about whatever is active; None: the active one, as it changes.
        told: gets the address once it is served.

    Raises:
        BadKeys: the keys cannot be used.
        Unreachable: no broker answers, or the topic is missing.
        ChangeRefused: the log was written by another version of the software.
        PageUnavailable: the port is taken.
    """
    links = links_of(settings)
    desk = Desk(settings)
    active = active_offer(settings, shipped) if chosen is None else None
    offer = active or partial(offer_of, chosen or shipped)
    service = PreferencesService(links, offer, Reader(settings), desk.publish)
    config = uvicorn.Config(
        service.app,
        log_config=None,
        access_log=False,  # paths are keys to customers' pages
        server_header=False,
        lifespan="off",
        limit_concurrency=200,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )
    with _listening(settings.preferences_bind, settings.preferences_port) as listening:
        address, port = listening.getsockname()[:2]
        told(f"http://{address}:{port}")
        _log.info("the preferences page is served", address=f"{address}:{port}")
        if active is not None:
            active.follow()
        serve_until_signalled(config, listening)
        if active is not None:
            active.end()


def _listening(host: str, port: int) -> socket.socket:
    try:
        listening = listening_socket(host, port)
        listening.listen()  # who reads the address in the log may come at once
        return listening
    except OSError as error:
        raise PageUnavailable(
            f"cannot listen on {host}:{port} ({error.strerror})",
            "set MOMENTOUS_PREFERENCES_PORT to a free port, MOMENTOUS_PREFERENCES_BIND to an address of this machine",
        ) from error
