"""E-mail over SMTP, with one-click unsubscribing (RFC 8058)."""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from streams.delivery.answer import Answer, Verdict
from streams.delivery.endpoint import Mailing
from streams.delivery.errors import HostileTarget, Unwritable
from streams.delivery.message import Delivery
from streams.delivery.target import Network, Resolve, checked_addresses, system_resolve
from streams.delivery.texts import Addresses, Texts, Words

ONE_CLICK = "List-Unsubscribe=One-Click"

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])")
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
    """Hands e-mails to one SMTP server, each over a connection of its own.

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
            addresses = await checked_addresses(self._mailing.host, self._mailing.port, self._resolve, self._allowed)
            return await asyncio.to_thread(self._hand_over, message, to, addresses[0])
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

    async def close(self) -> None:
        """Nothing is kept open."""

    def _hand_over(self, message: EmailMessage, to: str, address: str) -> Answer:
        kind = self._mailing.security
        tls = ssl.create_default_context() if kind != "none" else None
        host, port = self._mailing.host, self._mailing.port
        with _PinnedSmtp(host, port, address, self._timeout_s, tls, kind == "tls") as server:
            if kind == "starttls":
                server.starttls(context=tls)
            if self._login[0]:
                server.login(*self._login)
            server.send_message(message, to_addrs=[to])
        return Answer(Verdict.TAKEN, "SMTP_250", reference=str(message["Message-ID"]).strip("<>"))


class _PinnedSmtp(smtplib.SMTP):
    """Connects to an address that was judged, under the server's name (for TLS)."""

    def __init__(
        self, host: str, port: int, address: str, timeout_s: float, tls: ssl.SSLContext | None, at_once: bool
    ) -> None:
        self._address, self._tls, self._at_once = address, tls, at_once
        super().__init__(host, port, timeout=timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((self._address, port), timeout)
        if self._at_once and self._tls is not None:
            return self._tls.wrap_socket(connection, server_hostname=host)
        return connection


def _answer(status: int, *, of_the_message: bool) -> Answer:
    code = f"SMTP_{status}"
    if of_the_message and status >= 500:
        return Answer(Verdict.REFUSED, code)
    # 4xx of one mailbox (full, greylisted) says nothing about the server.
    return Answer(Verdict.FAILED, code, counts=not of_the_message)
