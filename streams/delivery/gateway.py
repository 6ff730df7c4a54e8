"""SMS and voice gateways that take JSON over HTTP: what to post is written in deliver.yaml.

Most gateways want a number, a text and a reference of ours under names of their own; ``body`` gives
each name its value, with ``$address``, ``$text``, ``$subject``, ``$message_id`` and the trigger's facts
in it. For one that wants another form, write a class with ``send`` (see ``carrier.py``) after this one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import msgspec

from streams.delivery.answer import Answer, Verdict, http_answer
from streams.delivery.errors import Unwritable
from streams.delivery.message import Delivery
from streams.delivery.target import Target
from streams.delivery.texts import Addresses, Texts, facts_of, filled
from streams.delivery.web_client import WebClient, WebFailure

_NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")
_REFERENCES = ("id", "message_id", "sid", "reference")


class GatewayCarrier:
    """Posts one JSON object for each trigger.

    Args:
        headers: sent as they are, an ``Authorization`` among them.
        body: names of the gateway to texts with ``$words``.
    """

    def __init__(
        self,
        target: Target,
        headers: Mapping[str, str],
        body: Mapping[str, str],
        texts: Texts,
        addresses: Addresses,
        client: WebClient,
    ) -> None:
        self._target, self._headers, self._body = target, dict(headers), dict(body)
        self._texts, self._addresses, self._client = texts, addresses, client

    async def send(self, delivery: Delivery, now_ms: int) -> Answer:
        """Post once.

        Raises:
            Unwritable: no number, no template.
        """
        trigger = delivery.record
        number = await asyncio.to_thread(self._addresses.of, trigger)
        if _NUMBER.fullmatch(number) is None:
            raise Unwritable("bad_address", "it is no telephone number in the form +4930123456")
        words = self._texts.words(trigger)
        facts = facts_of(trigger) | {
            "address": number,
            "text": words.text.strip(),
            "subject": words.subject,
            "message_id": delivery.message_id,
        }
        body = msgspec.json.encode({name: filled(text, facts, "'body'") for name, text in self._body.items()})
        # Gateways that know this header send once, however often we must ask.
        headers = {"Content-Type": "application/json", "Idempotency-Key": delivery.message_id, **self._headers}
        try:
            answer = await self._client.post(self._target, body, headers)
        except WebFailure as failure:
            return Answer(Verdict.FAILED, failure.code)
        return http_answer(answer.status, answer.retry_after, now_ms)._replace(reference=_reference(answer.body))

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()


def _reference(body: bytes) -> str | None:
    """The gateway's own name for the message, where its answer has one in a usual place."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    if not isinstance(told, dict):
        return None
    found = next((told[name] for name in _REFERENCES if name in told), None)
    return str(found)[:200] if isinstance(found, str | int) else None
