"""SMS and voice gateways over real HTTP, as deliver.yaml describes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from streams.delivery.answer import Verdict
from streams.delivery.carriers import carrier_for
from streams.delivery.endpoint_reader import parse_deliver_file
from streams.delivery.errors import Unwritable
from streams.settings import Settings
from tests.delivery.texts_folder import texts_folder
from tests.delivery.triggers import delivery

ALLOWED = [ip_network("127.0.0.0/8")]
FACTS = {"phone": "+4930123456", "name": "Ada", "wait.seconds": 412}


class Gateway:
    """Takes one JSON object a request and answers with a name for it."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], Any]] = []
        self.status, self.answer = 201, b'{"sid": "SM17", "status": "queued"}'
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                gateway.asked.append(({key.lower(): value for key, value in self.headers.items()}, json.loads(body)))
                self.send_response(gateway.status)
                self.end_headers()
                self.wfile.write(gateway.answer)

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


def file_text(port: int) -> str:
    return f"""
allow_networks: [127.0.0.0/8]
endpoints:
  - name: sms
    kind: gateway
    url: http://127.0.0.1:{port}/messages
    plain_http: true
    templates: texts
    address: phone
    headers: {{Authorization: SMS_TOKEN}}
    body:
      to: $address
      text: $text
      reference: $message_id
"""


async def send(gateway: Gateway, folder: Path, **more: Any) -> Any:
    if not (folder / "texts").exists():
        texts_folder(folder)
    found = parse_deliver_file(file_text(gateway.server.server_port), "deliver.yaml", folder)
    by = carrier_for(found.endpoints[0], found.allowed, {"SMS_TOKEN": "Bearer t0k"}, Settings())
    try:
        return await by.send(delivery(1, **{"context": FACTS, **more}), 0)
    finally:
        await by.close()


async def test_a_gateway_gets_number_words_and_reference_under_its_own_names(gateway: Gateway, tmp_path: Path) -> None:
    answer = await send(gateway, tmp_path)
    ((headers, body),) = gateway.asked
    name = delivery(1).message_id
    assert body == {
        "to": "+4930123456",
        "text": "Dear Ada,\nyou waited 412 seconds. It costs $0.",
        "reference": name,
    }
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer t0k", name)
    assert (answer.verdict, answer.reference) == (Verdict.TAKEN, "SM17")


@pytest.mark.parametrize(
    "number", ["030123456", "+49 30 123456", "+0123456", "+4930123456\r\nX: y", "", "+" + "1" * 16]
)
async def test_what_is_no_telephone_number_is_not_sent(number: str, gateway: Gateway, tmp_path: Path) -> None:
    with pytest.raises(Unwritable):
        await send(gateway, tmp_path, context={**FACTS, "phone": number})
    assert gateway.asked == []


async def test_words_of_a_customer_stay_words(gateway: Gateway, tmp_path: Path) -> None:
    await send(gateway, tmp_path, context={**FACTS, "name": '","to":"+1999999999", $address'})
    assert gateway.asked[0][1]["to"] == "+4930123456"
    assert gateway.asked[0][1]["text"].startswith('Dear ","to":"+1999999999", $address,')


async def test_a_gateway_that_fails_is_asked_again(gateway: Gateway, tmp_path: Path) -> None:
    gateway.status, gateway.answer = 502, b"<html>"
    answer = await send(gateway, tmp_path)
    assert (answer.verdict, answer.code, answer.reference) == (Verdict.FAILED, "HTTP_502", None)
