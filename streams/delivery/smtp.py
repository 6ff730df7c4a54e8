"""E-mail over SMTP, with one-click unsubscribing (RFC 8058)."""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from time import monotonic
from typing import Any

from streams.delivery.answer import Answer, Verdict
from streams.delivery.endpoint import Mailing
from streams.delivery.errors import HostileTarget, Unwritable
from streams.delivery.message import Delivery
from streams.delivery.target import Network, Resolve, checked_addresses, system_resolve
from streams.delivery.texts import Addresses, Texts, Words

ONE_CLICK = "List-Unsubscribe=One-Click"

IDLE_S = 20.0
"""A connection that carried a mail is kept for the next one for so long."""

MAILS_EACH = 100
"""A connection carries at most so many mails: servers end those that never end."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])")
_COMPLETED = 250
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


UnsubscribeUrl = Callable[[Mapping[str, Any]], str]
"""A trigger to the address that takes its consent back with one POST."""


def mail(sender: str, message_id: str, to: str, words: Words, unsubscribe_url: str | None, now_ms: int) -> EmailMessage:
    """An e-mail.

    Args:
        sender: address, maybe with a name.
        message_id: the same at every attempt, so that a mail that went out twice is seen to be one.
        to: the customer's address, and nothing but an address.
        unsubscribe_url: one POST to it must be enough.
        now_ms: UTC.

    Raises:
        Unwritable: the address is none, or a text would write headers of its own.
    """
    if _ADDRESS.fullmatch(to) is None or len(to) > 254 or ".." in to:
        raise Unwritable("bad_address", "it is no single e-mail address")
    if not words.subject or _CONTROL.search(words.subject):
        raise Unwritable("bad_subject", "the subject is empty or has a control character in it")
    name, address = parseaddr(sender)
    local, _, domain = address.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Mailbox(name, local, domain)
    message["To"] = Mailbox("", *to.rsplit("@", 1))
    message["Subject"] = words.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now_ms / 1000, UTC))
    message["Message-ID"] = f"<{message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = ONE_CLICK
    message.set_content(words.text)
    if words.html is not None:
        message.add_alternative(words.html, subtype="html")
    return message


class SmtpCarrier:
    """Hands e-mails to one SMTP server, one after the other over a connection that is kept a while.

    A mail goes over a kept connection only after the server has answered there once more, so one that
    the server has ended meanwhile is noticed before anything of the mail is sent.

    Args:
        mailing: how.
        login: user and password; empty: none.
        unsubscribe: makes the links; None where no mail has one.
        texts, addresses: what to say, and to whom.
        allowed: networks that the server may be in although private.
    """

    def __init__(
        self,
        mailing: Mailing,
        login: tuple[str, str],
        unsubscribe: UnsubscribeUrl | None,
        texts: Texts,
        addresses: Addresses,
        timeout_ms: int,
        allowed: Sequence[Network] = (),
        resolve: Resolve = system_resolve,
    ) -> None:
        self._mailing, self._login, self._unsubscribe = mailing, login, unsubscribe
        self._texts, self._addresses = texts, addresses
        self._timeout_s, self._allowed, self._resolve = timeout_ms / 1000, tuple(allowed), resolve
        self._idle: list[_PinnedSmtp] = []
        self._lock = threading.Lock()

    async def send(self, delivery: Delivery, now_ms: int) -> Answer:
        """Hand it over once.

        Raises:
            Unwritable: no address, no template, or a text that cannot be sent.
        """
        trigger = delivery.record
        to = await asyncio.to_thread(self._addresses.of, trigger)
        words = self._texts.words(trigger)
        link = self._unsubscribe(trigger) if self._unsubscribe is not None else None
        message = mail(self._mailing.sender, delivery.message_id, to, words, link, now_ms)
        try:
            if (answer := await asyncio.to_thread(self._over_a_kept_one, message, to)) is not None:
                return answer
            addresses = await checked_addresses(self._mailing.host, self._mailing.port, self._resolve, self._allowed)
            return await asyncio.to_thread(self._over_a_new_one, message, to, addresses[0])
        except HostileTarget:
            return Answer(Verdict.FAILED, "HOSTILE_TARGET")
        except smtplib.SMTPRecipientsRefused as refused:
            (status, _), *_ = refused.recipients.values()
            return _answer(status, of_the_message=True)
        except smtplib.SMTPDataError as error:
            return _answer(error.smtp_code, of_the_message=True)
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code, of_the_message=False)
        except ssl.SSLError:
            return Answer(Verdict.FAILED, "TLS")
        except TimeoutError:
            return Answer(Verdict.FAILED, "TIMEOUT")
        except (smtplib.SMTPException, OSError):
            return Answer(Verdict.FAILED, "NO_CONNECTION")
        finally:
            asyncio.get_running_loop().call_later(IDLE_S + 0.1, self._end_those_idle, IDLE_S)

    @property
    def kept(self) -> int:
        """Connections that wait for the next mail."""
        return len(self._idle)

    async def close(self) -> None:
        """End the connections that are kept."""
        self._end_those_idle(0.0)

    # -- connections: each is used by one thread at a time ------------------------------------------

    def _over_a_kept_one(self, message: EmailMessage, to: str) -> Answer | None:
        """None where none is kept that still works; then nothing of the mail has been sent."""
        while (server := self._kept()) is not None:
            if server.still_answers():
                return self._hand_over(server, message, to)
            server.close()
        return None

    def _over_a_new_one(self, message: EmailMessage, to: str, address: str) -> Answer:
        kind = self._mailing.security
        tls = ssl.create_default_context() if kind != "none" else None
        server = _PinnedSmtp(self._mailing.host, self._mailing.port, address, self._timeout_s, tls, kind == "tls")
        try:
            if kind == "starttls":
                _start_tls(server, tls)
            if self._login[0]:
                server.login(*self._login)
        except BaseException:
            server.close()
            raise
        return self._hand_over(server, message, to)

    def _hand_over(self, server: _PinnedSmtp, message: EmailMessage, to: str) -> Answer:
        try:
            server.send_message(message, to_addrs=[to])
        except BaseException:
            server.close()
            raise
        server.carried += 1
        server.idle_since = monotonic()
        with self._lock:
            self._idle.append(server)
        return Answer(Verdict.TAKEN, "SMTP_250", reference=str(message["Message-ID"]).strip("<>"))

    def _kept(self) -> _PinnedSmtp | None:
        self._end_those_idle(IDLE_S)
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _end_those_idle(self, seconds: float) -> None:
        now = monotonic()
        with self._lock:
            ended = [one for one in self._idle if now - one.idle_since >= seconds or one.carried >= MAILS_EACH]
            self._idle = [one for one in self._idle if one not in ended]
        for one in ended:
            one.leave()


class _PinnedSmtp(smtplib.SMTP):
    """Connects to an address that was judged, under the server's name (for TLS)."""

    def __init__(
        self, host: str, port: int, address: str, timeout_s: float, tls: ssl.SSLContext | None, at_once: bool
    ) -> None:
        self._address, self._tls, self._at_once = address, tls, at_once
        self.carried, self.idle_since = 0, 0.0
        super().__init__(host, port, timeout=timeout_s)

    def still_answers(self) -> bool:
        """Whether the server is still at the other end, and ready for a mail."""
        try:
            return self.noop()[0] == _COMPLETED
        except (smtplib.SMTPException, OSError):
            return False

    def leave(self) -> None:
        """Say goodbye, not waiting for the answer."""
        with suppress(smtplib.SMTPException, OSError):
            self.putcmd("quit")
        self.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((self._address, port), timeout)
        if self._at_once and self._tls is not None:
            return self._tls.wrap_socket(connection, server_hostname=host)
        return connection


def _start_tls(server: smtplib.SMTP, tls: ssl.SSLContext | None) -> None:
    """Or end: nothing is sent in the open to a server that ought to encrypt."""
    try:
        server.starttls(context=tls)
    except smtplib.SMTPNotSupportedError as error:
        raise ssl.SSLError("the server offers no STARTTLS") from error


def _answer(status: int, *, of_the_message: bool) -> Answer:
    code = f"SMTP_{status}"
    if of_the_message and status >= 500:
        return Answer(Verdict.REFUSED, code)
    # 4xx of one mailbox (full, greylisted) says nothing about the server.
    return Answer(Verdict.FAILED, code, counts=not of_the_message)
