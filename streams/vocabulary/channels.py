"""The channels that the contract knows, read from the Touchpoint schema."""

from __future__ import annotations

import json

from schemas import newest_schemas


def _symbols() -> tuple[str, ...]:
    fields = json.loads(newest_schemas()["Touchpoint"].text)["fields"]
    (symbols,) = (field["type"]["symbols"] for field in fields if field["name"] == "channel")
    return tuple(symbol for symbol in symbols if symbol != "unknown")


CHANNELS = _symbols()
"""All but ``unknown``, which only stands for a newer writer's word."""
