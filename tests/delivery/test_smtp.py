"""E-mail, handed to a real SMTP server (aiosmtpd).

Sabotage: ``mail`` without its look at the address, ``_answer`` that makes no difference between 4xx and 5xx, or
``still_answers`` that believes that every kept connection does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from streams.delivery import smtp
from streams.delivery.answer import Verdict
from streams.delivery.endpoint import Mailing, Wording
from streams.delivery.errors import Unwritable
from streams.delivery.smtp import SmtpCarrier
from streams.delivery.texts import Addresses, Texts
from streams.preferences import UNSUBSCRIBE, Links, new_key, read_keys
from tests.delivery.texts_folder import HTML, TEXT, texts_folder
from tests.delivery.triggers import delivery
from tests.sinks.service import free_port

NOW = 1_700_000_000_000
LINKS = Links(read_keys(new_key("k1")), "https://care.example.com")
FACTS = {"email": "ada@example.com", "name": "Ada", "wait.seconds": 412}


class Inbox:
    """Keeps what it is handed; refuses as told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.peers: list[Any] = []
        self.encrypted: list[bool] = []
        self.refusal = ""
        self.data_refusal = ""
        self.data_seen = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.data_seen += 1
        self.peers.append(session.peer)
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        if self.data_refusal:
            return self.data_refusal
        self.recipients.append(list(envelope.rcpt_tos))
        self.mails.append(message_from_bytes(envelope.content, policy=policy.SMTP))  # type: ignore[arg-type]
        return "250 taken"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


MADE: list[SmtpCarrier] = []


@pytest.fixture(autouse=True)
async def no_connection_outlives_its_test(port: int) -> AsyncIterator[None]:
    """Ends before the server does."""
    yield
    while MADE:
        await MADE.pop().close()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def carrier(port: int, folder: Path, html: str | None = None, text: str = TEXT, **more: Any) -> SmtpCarrier:
    mailing = Mailing("127.0.0.1", port, more.pop("security", "none"), "Care Team <care@example.com>", **more)
    texts = Texts(texts_folder(folder, text, html))

    def unsubscribe(trigger: Any) -> str:
        return LINKS.unsubscribe(trigger["customer_id"], trigger["purpose"], trigger["channel"], trigger["created_at"])

    login = ("user", "pass") if mailing.user else ("", "")
    address = Addresses(Wording(folder, "email"))
    made = SmtpCarrier(mailing, login, unsubscribe, texts, address, 5000, [ip_network("127.0.0.0/8")])
    MADE.append(made)
    return made


async def test_a_mail_arrives_with_its_words_and_one_click_unsubscribing(
    inbox: Inbox, port: int, tmp_path: Path
) -> None:
    one = delivery(1, channel="email", context=FACTS)
    answer = await carrier(port, tmp_path, HTML).send(one, NOW)
    (mail,) = inbox.mails
    assert (answer.verdict, answer.reference) == (Verdict.TAKEN, f"{one.trigger_id}@example.com")
    assert inbox.recipients == [["ada@example.com"]]
    assert {name: mail[name] for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")} == {
        "From": "Care Team <care@example.com>",
        "To": "ada@example.com",
        "Subject": "We call you back, Ada",
        "Date": "Tue, 14 Nov 2023 22:13:20 +0000",
        "Message-ID": f"<{one.trigger_id}@example.com>",
        "Auto-Submitted": "auto-generated",
    }
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"]
    assert link.startswith("<https://care.example.com/unsubscribe/")
    grant = LINKS.read(link.strip("<>").rpartition("/")[2], UNSUBSCRIBE, NOW)
    assert (grant.customer_id, grant.purpose, grant.channel) == ("c1", "care", "email")
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n") == "Dear Ada,\nyou waited 412 seconds. It costs $0.\n"
    assert page.get_content().strip() == "<p>Dear Ada</p>"


async def test_every_attempt_sends_the_same_message_id_and_link(inbox: Inbox, port: int, tmp_path: Path) -> None:
    one, by = delivery(1, channel="email", context=FACTS), carrier(port, tmp_path)
    for at in (NOW, NOW + 60_000):
        await by.send(one, at)
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["List-Unsubscribe"] == second["List-Unsubscribe"]


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\nX: y",
        "ada@example.com, eve@example.com",
        "ada@example.com>",
        "Ada <ada@example.com>",
        "ada@example.com\x00",
        "ada @example.com",
        "ada@exam ple.com",
        "ada@@example.com",
        "ada..b@example.com",
        '"a\r\nRCPT TO:<eve@example.com>"@example.com',
        "@example.com",
        "ada@",
        "a" * 65 + "@example.com",
        "ada@example.com\u2028Bcc: eve@example.com",
    ],
)
async def test_what_is_no_single_address_is_not_written_to(
    address: str, inbox: Inbox, port: int, tmp_path: Path
) -> None:
    with pytest.raises(Unwritable) as raised:
        await carrier(port, tmp_path).send(delivery(1, context={**FACTS, "email": address}), NOW)
    assert (raised.value.reason, inbox.mails) == ("bad_address", [])
    assert "ada" not in str(raised.value)


@pytest.mark.parametrize("name", ["Ada\r\nBcc: eve@example.com", "Ada\nX: y", "Ada\x0b", "Ada\u2028Bcc: eve"])
async def test_a_fact_cannot_write_headers_of_its_own(name: str, inbox: Inbox, port: int, tmp_path: Path) -> None:
    with pytest.raises(Unwritable) as raised:
        await carrier(port, tmp_path).send(delivery(1, context={**FACTS, "name": name}), NOW)
    assert (raised.value.reason, inbox.mails) == ("bad_subject", [])


async def test_a_fact_is_escaped_in_html(inbox: Inbox, port: int, tmp_path: Path) -> None:
    await carrier(port, tmp_path, HTML).send(delivery(1, context={**FACTS, "name": "<script>&"}), NOW)
    page = inbox.mails[0].get_body(("html",))
    assert page is not None
    assert page.get_content().strip() == "<p>Dear &lt;script&gt;&amp;</p>"


@pytest.mark.parametrize(
    ("where", "said", "verdict", "code", "counts"),
    [
        ("refusal", "550 no such user", Verdict.REFUSED, "SMTP_550", True),
        ("refusal", "452 mailbox full", Verdict.FAILED, "SMTP_452", False),
        ("data_refusal", "554 unwanted", Verdict.REFUSED, "SMTP_554", True),
        ("data_refusal", "451 later", Verdict.FAILED, "SMTP_451", False),
    ],
)
async def test_a_refusal_for_good_bounces_and_one_for_now_is_tried_again(
    where: str, said: str, verdict: Verdict, code: str, counts: bool, inbox: Inbox, port: int, tmp_path: Path
) -> None:
    setattr(inbox, where, said)
    answer = await carrier(port, tmp_path).send(delivery(1, context=FACTS), NOW)
    assert (answer.verdict, answer.code, answer.counts) == (verdict, code, counts)


async def test_a_server_that_is_away_is_a_failure(tmp_path: Path) -> None:
    answer = await carrier(1, tmp_path).send(delivery(1, context=FACTS), NOW)
    assert (answer.verdict, answer.code) == (Verdict.FAILED, "NO_CONNECTION")


async def test_an_internal_server_is_called_only_where_its_network_is_allowed(
    inbox: Inbox, port: int, tmp_path: Path
) -> None:
    mailing = Mailing("127.0.0.1", port, "none", "care@example.com")
    texts, address = Texts(texts_folder(tmp_path)), Addresses(Wording(tmp_path, "email"))
    by = SmtpCarrier(mailing, ("", ""), None, texts, address, 5000)
    assert (await by.send(delivery(1, context=FACTS), NOW)).code == "HOSTILE_TARGET"
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("context", "reason"), [({"name": "Ada"}, "no_address"), ({"email": "a@b.example"}, "fact_missing")]
)
async def test_without_an_address_or_a_fact_nothing_is_sent(
    context: dict[str, str], reason: str, inbox: Inbox, port: int, tmp_path: Path
) -> None:
    with pytest.raises(Unwritable) as raised:
        await carrier(port, tmp_path).send(delivery(1, context=context), NOW)
    assert (raised.value.reason, inbox.mails) == (reason, [])


@pytest.mark.parametrize("template", ["missing", "../call_back_offer", "/etc/passwd", "..", "call_back_offer\x00"])
async def test_a_template_is_looked_for_in_its_folder_only(template: str, port: int, tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="no_template"):
        await carrier(port, tmp_path).send(delivery(1, context=FACTS, template=template), NOW)


def lookup(trigger: Any) -> str | None:
    """What ``lookup:`` names in the test below."""
    return {"c1": "found@example.com"}.get(trigger["customer_id"])


def test_a_lookup_finds_what_the_context_does_not_have() -> None:
    addresses = Addresses(Wording(Path(), "email", "tests.delivery.test_smtp:lookup"))
    assert addresses.of({"customer_id": "c1", "context": {}}) == "found@example.com"
    assert addresses.of({"customer_id": "c1", "context": {"email": "own@example.com"}}) == "own@example.com"
    with pytest.raises(Unwritable, match="no_address"):
        addresses.of({"customer_id": "c2", "context": {}})


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Only the user that the test below names."""
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"user", b"pass"))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_it_logs_in_where_a_user_is_named(inbox: Inbox, tmp_path: Path) -> None:
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        answer = await carrier(controller.port, tmp_path, user="SMTP_USER", password="SMTP_PASSWORD").send(
            delivery(1, context=FACTS), time.time_ns() // 1_000_000
        )
    finally:
        controller.stop()
    assert (answer.code, len(inbox.mails)) == ("SMTP_250", 1)


async def test_mails_go_one_after_the_other_over_one_connection(inbox: Inbox, port: int, tmp_path: Path) -> None:
    by = carrier(port, tmp_path)
    for number in range(3):
        assert (await by.send(delivery(number, context=FACTS), NOW)).code == "SMTP_250"
    assert (len(inbox.mails), len(set(inbox.peers))) == (3, 1)


async def test_after_a_number_of_mails_a_new_connection_is_made(
    inbox: Inbox, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "MAILS_EACH", 2)
    by = carrier(port, tmp_path)
    for number in range(4):
        await by.send(delivery(number, context=FACTS), NOW)
    assert [inbox.peers.count(peer) for peer in dict.fromkeys(inbox.peers)] == [2, 2]


async def test_a_connection_that_the_server_ended_meanwhile_costs_no_mail_and_repeats_none(
    inbox: Inbox, tmp_path: Path
) -> None:
    first = Controller(inbox, hostname="127.0.0.1", port=free_port())
    first.start()
    by = carrier(first.port, tmp_path)
    await by.send(delivery(1, context=FACTS), NOW)
    first.stop()
    second = Controller(inbox, hostname="127.0.0.1", port=first.port)
    second.start()
    try:
        assert (await by.send(delivery(2, context=FACTS), NOW)).code == "SMTP_250"
        await by.close()
    finally:
        second.stop()
    assert len(inbox.mails) == 2


async def test_a_mail_that_is_refused_over_a_kept_connection_is_not_tried_over_another(
    inbox: Inbox, port: int, tmp_path: Path
) -> None:
    by = carrier(port, tmp_path)
    await by.send(delivery(1, context=FACTS), NOW)
    inbox.data_refusal = "451 later"
    assert (await by.send(delivery(2, context=FACTS), NOW)).code == "SMTP_451"
    assert inbox.data_seen == 2


async def test_a_connection_that_nobody_needs_is_ended(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "IDLE_S", 0.05)
    by = carrier(port, tmp_path)
    await by.send(delivery(1, context=FACTS), NOW)
    assert by.kept == 1
    await asyncio.sleep(0.4)
    assert by.kept == 0
