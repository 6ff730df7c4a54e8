"""Touchpoints as JSON, one a line: what ``momentous publish`` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from schemas import Touchpoint
from streams.importers.channels import CHANNELS
from streams.importers.refusal import Refusal

Word = Annotated[str, Meta(min_length=1)]
Zoned = Annotated[datetime, Meta(tz=True)]
Long = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Value = None | bool | Long | float | str


class JsonTouchpoint(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A touchpoint as a line carries it; ``occurred_at`` is ISO 8601 with a zone, or ms UTC."""

    event_id: Word
    source: Word
    channel: Word
    type: Word
    occurred_at: Long | Zoned
    customer_id: Word | None = None
    identified: bool = True
    correlation_id: str | None = None
    session_id: str | None = None
    identities: dict[str, str] = {}
    properties: dict[str, Value] = {}


_decoder = msgspec.json.Decoder(JsonTouchpoint)


def read_json_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, Touchpoint | Refusal]]:
    """Each line's number and its touchpoint, or why it is refused; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, _touchpoint(_decoder.decode(line))
            except (ValueError, msgspec.MsgspecError) as error:
                yield number, Refusal(number, str(error))


def _touchpoint(read: JsonTouchpoint) -> Touchpoint:
    if read.channel not in CHANNELS:
        raise ValueError(f"channel {read.channel!r}, expected one of {', '.join(CHANNELS)}")
    at = read.occurred_at
    return {
        "event_id": read.event_id,
        "source": read.source,
        "customer_id": read.customer_id or _anonymous(read),
        "identified": read.identified,
        "channel": read.channel,
        "type": read.type,
        "occurred_at": at if isinstance(at, int) else round(at.timestamp() * 1000),
        "correlation_id": read.correlation_id,
        "session_id": read.session_id,
        "identities": read.identities,
        "properties": dict(sorted(read.properties.items())),
    }


def _anonymous(read: JsonTouchpoint) -> str:
    if read.identified:
        raise ValueError("no customer_id; give one, or identified: false with a correlation_id")
    if not read.correlation_id:
        raise ValueError("neither a customer_id nor a correlation_id")
    return f"anon:{read.correlation_id}"
