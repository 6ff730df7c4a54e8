"""The page as a web service: links in, touchpoints out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas import Touchpoint
from streams.errors import DeliveryFailed, Unreachable
from streams.preferences.bucket import Buckets
from streams.preferences.changes import Choices, chosen_touchpoints, said, withdrawal
from streams.preferences.errors import BadLink, NoClickHouse
from streams.preferences.form import NoForm, read_form
from streams.preferences.headers import SECURITY_HEADERS, STRICT_TRANSPORT
from streams.preferences.known import WISHES, Known
from streams.preferences.link import PREFERENCES, UNSUBSCRIBE, Grant, Links
from streams.preferences.offer import Offer
from streams.preferences.page import message_page, preferences_page, unsubscribe_page
from streams.preferences.recent import Recent
from streams.preferences.wording import STALE, TAKES_EFFECT, channel_words, purpose_words, saved_words

LARGEST_FORM_BYTES = 16_384
FORM_SECONDS = 10.0
"""A form that takes longer to arrive is let go: a slow sender must not hold a place."""

_log = structlog.get_logger("preferences")


class Reads(Protocol):
    """Knows what a customer has said so far; raises NoClickHouse when it cannot tell."""

    def known(self, customer_id: str) -> Known: ...


Publishes = Callable[[list[Touchpoint]], None]
"""Publishes and returns once all are acknowledged; raises DeliveryFailed or Unreachable."""


class Refused(Exception):
    """A request ends here, with this page."""

    def __init__(self, status: int, title: str, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.response = HTMLResponse(message_page(title, sentence), status, headers)


class PreferencesService:
    """Serves the page and the one-click endpoint.

    Args:
        links: reads tokens.
        offer: the consents to ask about now.
        reader: knows what was said so far.
        publish: puts touchpoints on the log.
        now: ms UTC.

    Attributes:
        app: the ASGI application.
    """

    def __init__(
        self,
        links: Links,
        offer: Callable[[], Offer],
        reader: Reads,
        publish: Publishes,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._links, self._offer, self._reader, self._publish, self._now = links, offer, reader, publish, now
        self._recent = Recent()
        self._of_link = Buckets(burst=20, per_second=0.5)
        self._of_stranger = Buckets(burst=20, per_second=0.2)
        headers = SECURITY_HEADERS | (STRICT_TRANSPORT if links.url.startswith("https:") else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self.app = Starlette(
            routes=[
                Route("/preferences/{token}", self._show, methods=["GET"]),
                Route("/preferences/{token}", self._save, methods=["POST"]),
                Route("/unsubscribe/{token}", self._ask, methods=["GET"]),
                Route("/unsubscribe/{token}", self._unsubscribe, methods=["POST"]),
                Route("/health", _health, methods=["GET"]),
            ],
            exception_handlers={Refused: _refused, Exception: self._failed},
        )
        self.app.add_middleware(_Headers, headers=self._headers)

    # -- the page ---------------------------------------------------------------------------------

    async def _show(self, request: Request) -> Response:
        token, grant = self._grant(request, PREFERENCES)
        known = await self._known(grant.customer_id)
        count = request.query_params.get("saved", "")
        note = saved_words(int(count)) if count.isdecimal() and len(count) < 4 else ""
        return self._page(token, known, _standing(known), note=note)

    async def _save(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "Not saved", "This form was sent from another site.")
        token, grant = self._grant(request, PREFERENCES)
        body = await _body(request)
        known = await self._known(grant.customer_id)
        try:
            form = read_form(body, self._offer().including(known.granted()), known)
        except NoForm as error:
            raise Refused(400, "Not saved", "This cannot be read. Please open your link again.") from error
        if not self._links.is_form_seal(form.seal, token, form.seen):
            raise Refused(403, "Not saved", "This form is not from your page. Please open your link again.")
        if form.mistakes:
            return self._page(token, known, form.choices, status=422, mistakes=form.mistakes)
        touchpoints = chosen_touchpoints(grant.customer_id, known, form.choices, self._now())
        if touchpoints and form.seen != known.version() and not form.stop:
            return self._page(token, known, _standing(known), status=409, trouble=STALE)
        await self._published(grant.customer_id, touchpoints)
        changes = sum(len(one["properties"]) if one["type"] == "preference.set" else 1 for one in touchpoints)
        return RedirectResponse(f"{self._links.path}/preferences/{token}?saved={changes}", 303)

    def _page(
        self,
        token: str,
        known: Known,
        choices: Choices,
        status: int = 200,
        note: str = "",
        trouble: str = "",
        mistakes: Mapping[str, str] | None = None,
    ) -> Response:
        seen, offer = known.version(), self._offer().including(known.granted())
        seal = self._links.form_seal(token, seen)
        return HTMLResponse(preferences_page(offer, choices, seen, seal, note, trouble, mistakes), status)

    # -- one click --------------------------------------------------------------------------------

    async def _ask(self, request: Request) -> Response:
        _, grant = self._grant(request, UNSUBSCRIBE)
        return HTMLResponse(unsubscribe_page(grant.purpose, grant.channel))

    async def _unsubscribe(self, request: Request) -> Response:
        _, grant = self._grant(request, UNSUBSCRIBE)
        body = await _body(request)
        # RFC 8058, section 3.2: the body is a form of either encoding with this one pair.
        if b"List-Unsubscribe" not in body or b"One-Click" not in body:
            raise Refused(400, "Nothing was changed", "This is no request to unsubscribe. Please open the link again.")
        try:
            known = await self._known(grant.customer_id)
        except Refused:
            known = None  # a no counts also while nothing can be read
        place = grant.purpose, grant.channel
        await self._published(
            grant.customer_id, withdrawal(grant.customer_id, known, place, grant.trigger_id, self._now())
        )
        stopped = f"Stopped: {purpose_words(grant.purpose)[0]}, by {channel_words(grant.channel)}."
        return HTMLResponse(message_page("Unsubscribed", stopped, TAKES_EFFECT))

    # -- shared -----------------------------------------------------------------------------------

    def _grant(self, request: Request, kind: str) -> tuple[str, Grant]:
        """The token and what it grants; strangers who guess are slowed down, and so is each link."""
        token, now = request.path_params["token"], self._now()
        try:
            grant = self._links.read(token, kind, now)
        except BadLink as error:
            wait = self._of_stranger.take(request.client.host if request.client else "", now)
            _slow_down(wait)
            if error.expired:
                raise Refused(410, "This link has run out", "Please use the link in our newest message.") from error
            raise Refused(404, "Nothing here", "This link is not complete. Please copy the whole of it.") from error
        _slow_down(self._of_link.take(f"{kind} {grant.customer_id}", now))
        return token, grant

    async def _known(self, customer_id: str) -> Known:
        try:
            known = await to_thread.run_sync(self._reader.known, customer_id)
        except NoClickHouse as error:
            _log.warning("preferences cannot be shown: what customers chose so far is out of reach")
            sentence = "Your preferences cannot be shown now. Nothing was changed. Please try again in a few minutes."
            raise Refused(503, "Please try again", sentence, {"Retry-After": "60"}) from error
        return self._recent.over(customer_id, known, self._now())

    async def _published(self, customer_id: str, touchpoints: list[Touchpoint]) -> None:
        if not touchpoints:
            return
        try:
            await to_thread.run_sync(self._publish, touchpoints)
        except (DeliveryFailed, Unreachable) as error:
            _log.error("a customer's choice was not saved: Kafka does not take it")
            sentence = "Your choice could not be saved now. Please send it again in a few minutes."
            raise Refused(503, "Not saved", sentence, {"Retry-After": "60"}) from error
        self._recent.note(customer_id, said(touchpoints), self._now())

    async def _failed(self, request: Request, error: Exception) -> Response:
        # The path holds the key to a customer's page: it is not logged.
        _log.error("a request failed", kind=type(error).__name__)
        return HTMLResponse(
            message_page("Something went wrong", "Please try again in a few minutes."), 500, dict(SECURITY_HEADERS)
        )


class _Headers:
    """Puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, headers: list[tuple[bytes, bytes]]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        await self._app(scope, receive, with_headers)


def _standing(known: Known) -> Choices:
    return Choices(known.granted(), {name: known.wish(name) for name in WISHES})


def _slow_down(wait: int) -> None:
    if wait:
        sentence = f"That was often. Please try again in {wait} seconds."
        raise Refused(429, "A moment, please", sentence, {"Retry-After": str(wait)})


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_FORM_BYTES:
                    raise Refused(413, "Not saved", "This form is too large.")
    except TimeoutError as error:
        raise Refused(408, "Not saved", "This form did not arrive in time. Please send it again.") from error
    return body


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return error.response


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok\n")
