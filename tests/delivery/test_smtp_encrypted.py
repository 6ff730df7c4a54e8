"""E-mail over TLS and STARTTLS, to a real SMTP server: encrypted to the right server, or not sent at all.

Sabotage: a context without ``check_hostname``, or ``_start_tls`` that goes on where the server offers none.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from streams.delivery.answer import Verdict
from tests.delivery.certificate import Certificate, certificate
from tests.delivery.test_smtp import FACTS, MADE, NOW, Inbox, authenticate, carrier
from tests.delivery.triggers import delivery
from tests.sinks.service import free_port


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate whose authority is trusted here."""
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    return made


@pytest.fixture(autouse=True)
async def no_connection_outlives_its_test() -> AsyncIterator[None]:
    """Whatever is left after a failure."""
    yield
    while MADE:
        await MADE.pop().close()


@contextmanager
def served(inbox: Inbox, security: str, shown: Certificate, **more: Any) -> Iterator[int]:
    """The port of a server that encrypts at once (tls), when asked to (starttls), or never (none)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.server, shown.key)
    kinds: dict[str, dict[str, Any]] = {
        "tls": {"ssl_context": context},
        "starttls": {"tls_context": context, "require_starttls": True},
        "none": {},
    }
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **kinds[security], **more)
    # To see whether it is up the controller connects once, and trusts whoever it itself is.
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_mail_goes_encrypted_and_so_does_the_next_one(
    security: str, trusted: Certificate, tmp_path: Path
) -> None:
    inbox = Inbox()
    with served(inbox, security, trusted) as port:
        by = carrier(port, tmp_path, security=security)
        codes = [(await by.send(delivery(number, context=FACTS), NOW)).code for number in range(2)]
        await by.close()
    assert codes == ["SMTP_250", "SMTP_250"]
    assert (inbox.encrypted, len(set(inbox.peers))) == ([True, True], 1)


async def test_the_password_is_said_only_once_it_is_encrypted(trusted: Certificate, tmp_path: Path) -> None:
    inbox = Inbox()
    with served(inbox, "starttls", trusted, authenticator=authenticate, auth_required=True) as port:
        by = carrier(port, tmp_path, security="starttls", user="SMTP_USER", password="SMTP_PASSWORD")
        answer = await by.send(delivery(1, context=FACTS), NOW)
        await by.close()
    assert (answer.code, inbox.encrypted) == ("SMTP_250", [True])


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(security: str, tmp_path: Path) -> None:
    inbox = Inbox()
    with served(inbox, security, certificate(tmp_path)) as port:
        answer = await carrier(port, tmp_path, security=security).send(delivery(1, context=FACTS), NOW)
    assert (answer.verdict, answer.code, inbox.data_seen) == (Verdict.FAILED, "TLS", 0)


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_server_that_shows_another_ones_certificate_gets_nothing(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, inbox = certificate(tmp_path, "127.0.0.2"), Inbox()
    monkeypatch.setenv("SSL_CERT_FILE", str(other.authority))
    with served(inbox, security, other) as port:
        answer = await carrier(port, tmp_path, security=security).send(delivery(1, context=FACTS), NOW)
    assert (answer.verdict, answer.code, inbox.data_seen) == (Verdict.FAILED, "TLS", 0)


async def test_a_server_that_offers_no_starttls_gets_nothing(trusted: Certificate, tmp_path: Path) -> None:
    inbox = Inbox()
    with served(inbox, "none", trusted) as port:
        answer = await carrier(port, tmp_path, security="starttls").send(delivery(1, context=FACTS), NOW)
    assert (answer.verdict, answer.code, inbox.data_seen) == (Verdict.FAILED, "TLS", 0)
