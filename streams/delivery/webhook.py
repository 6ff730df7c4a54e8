"""A Standard Webhook: JSON, signed, the same id at every attempt."""

from __future__ import annotations

from collections.abc import Sequence

from streams.delivery.answer import Answer, Verdict, http_answer
from streams.delivery.message import Delivery
from streams.delivery.signature import Secret, signed_headers
from streams.delivery.target import Target
from streams.delivery.web_client import WebClient, WebFailure


class WebhookCarrier:
    """Posts to one endpoint.

    Args:
        target: where.
        secrets: all sign.
        client: posts; closed with this.
    """

    def __init__(self, target: Target, secrets: Sequence[Secret], client: WebClient) -> None:
        self._target, self._secrets, self._client = target, tuple(secrets), client

    async def send(self, delivery: Delivery, now_ms: int) -> Answer:
        """Post once."""
        body = delivery.body()
        headers = signed_headers(self._secrets, delivery.message_id, now_ms // 1000, body)
        headers["Content-Type"] = "application/json"
        try:
            answer = await self._client.post(self._target, body, headers)
        except WebFailure as failure:
            return Answer(Verdict.FAILED, failure.code)
        return http_answer(answer.status, answer.retry_after, now_ms)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()
