"""Times and fields as the cases of a test file write them."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.detection.document import Mapping, Node, Scalar
from streams.detection.durations import duration_ms
from streams.detection.reader import Reader, described

START = "2026-01-05T09:00:00Z"
"""When a case begins unless it says otherwise."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OFFSET_REMEDY = "write the time since the start, like 0s, 30m or 7d-1ms"


def read_fields(
    reader: Reader,
    node: Node | None,
    defaults: AbstractMapping[str, Any],
    apart: tuple[str, ...] = (),
    start: int | None = None,
) -> dict[str, Any]:
    """Field values of a mapping, over the defaults; single values only.

    Args:
        reader: of the file.
        node: the mapping; None: there are only defaults.
        defaults: what holds where the mapping says nothing.
        apart: keys that somebody else reads.
        start: ms UTC; then ``{at: 10h}`` stands for a time since it.
    """
    fields = dict(defaults)
    if node is None:
        return fields
    if not isinstance(node, Mapping):
        reader.note(node, f"fields are {described(node)}", "write {channel: ivr, skill: billing}")
        return fields
    for key, value in node.entries:
        if key.text in apart:
            continue
        if start is not None and isinstance(value, Mapping) and [one.text for one, _ in value.entries] == ["at"]:
            offset = read_offset(reader, value.entries[0][1], f"'{key.text}'")
            fields[key.text] = None if offset is None else start + offset
        elif not isinstance(value, Scalar):
            reader.note(value, f"'{key.text}' is {described(value)}", "write a single value")
        elif key.text in ("event_id", "occurred_at"):
            reader.note(key, f"'{key.text}' in a time line", "write 'id' and 'at'")
        else:
            fields[key.text] = value.value
    return fields


def read_offset(reader: Reader, node: Node, what: str) -> int | None:
    """Milliseconds since the start: a duration, or two with a sign between them, like ``7d-1ms``."""
    text = node.text.replace(" ", "") if isinstance(node, Scalar) else ""
    first, sign, second = text.partition("-") if "-" in text else text.partition("+")
    try:
        change = duration_ms(second) if sign else 0
        return duration_ms(first) + (-change if sign == "-" else change)
    except ValueError:
        reader.note(node, f"{what} is {described(node)}", _OFFSET_REMEDY)
        return None


def read_start(reader: Reader, node: Node | None) -> int:
    """When a case begins, ms UTC; :data:`START` where it does not say."""
    text = START if node is None else node.text if isinstance(node, Scalar) else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        if node is not None:
            reader.note(node, f"'start' is {described(node)}", f"write a time with its zone, like {START}")
        return 0
    return (moment - _EPOCH) // timedelta(milliseconds=1)
