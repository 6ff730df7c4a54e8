"""Nothing after a withdrawal: triggers held against the consents of the log, without the core."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas import Codec, DecodeError
from tests.kafka.reader import Record

_WORDS = ("consent.given", "consent.denied", "consent.withdrawn")


@dataclass
class Consented:
    """How contacts keep to the consents of the log.

    Attributes:
        forbidden: ids of triggers that no consent allowed.
        taken_back: withdrawals that followed a contact for their purpose on their channel, each
            followed by a touchpoint of the customer: where a contact could have been forbidden.
    """

    forbidden: list[str]
    taken_back: int


def consented(codec: Codec, touchpoints: Iterable[Record], triggers: Iterable[Record]) -> Consented:
    """Hold triggers against consents.

    Of a live log. A trigger's ``not_before`` is the append time of the record that made it, so every consent that was
    appended earlier lay before it. What was appended in the same millisecond may lie on either side: where
    it speaks of the same purpose and channel, the trigger is passed over.
    """
    said: dict[tuple[str, object, object], list[tuple[int, int, int, str]]] = {}
    seen: set[tuple[str, str]] = set()
    newest: dict[str, int] = {}
    first: dict[tuple[str, object, object], int] = {}
    for record in touchpoints:
        try:
            name, body = codec.decode(record.value)
        except DecodeError:
            continue
        if name != "Touchpoint":
            continue
        newest[body["customer_id"]] = record.timestamp
        if body["type"] in _WORDS and (body["source"], body["event_id"]) not in seen:
            seen.add((body["source"], body["event_id"]))
            facts = body["properties"]
            key = (body["customer_id"], facts.get("purpose"), facts.get("channel"))
            said.setdefault(key, []).append((record.timestamp, body["occurred_at"], record.offset, body["type"]))
    forbidden = []
    for record in triggers:
        name, body = codec.decode(record.value)
        if name != "Trigger":
            continue
        key = (body["customer_id"], body["purpose"], body["channel"])
        first[key] = min(body["not_before"], first.get(key, body["not_before"]))
        words = said.get(key, [])
        if any(appended == body["not_before"] for appended, *_ in words):
            continue
        before = [
            (occurred, offset, word) for appended, occurred, offset, word in words if appended < body["not_before"]
        ]
        if not before or max(before)[2] != "consent.given":
            forbidden.append(str(body["trigger_id"]))
    taken_back = sum(
        word == "consent.withdrawn" and first.get(key, appended) < appended < newest[key[0]]
        for key, words in said.items()
        for appended, _, _, word in words
    )
    return Consented(forbidden, taken_back)
