"""The one hook through which every personal field passes on its way in and out of Avro.

Until erasure is built nothing is sealed. A sealed value is text, and sealing must be
deterministic: replays and resent batches have to be the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Sealer(Protocol):
    """Seals and opens one personal text of one customer."""

    def seal(self, customer_id: str, text: str) -> str:
        """The sealed text; the same input gives the same output."""

    def open(self, customer_id: str, text: str) -> str:
        """The text back from its seal."""


def sealed(record: Mapping[str, Any], fields: tuple[str, ...], seal: Callable[[str, str], str]) -> dict[str, Any]:
    """A copy of ``record`` whose personal ``fields`` went through ``seal``.

    A field is a text or a map; of a map the texts are sealed and numbers stay as they are.
    """
    copy = dict(record)
    if not fields:
        return copy
    customer_id = record["customer_id"]
    for field in fields:
        value = copy[field]
        if isinstance(value, str):
            copy[field] = seal(customer_id, value)
        elif value:
            copy[field] = {
                name: seal(customer_id, item) if isinstance(item, str) else item for name, item in value.items()
            }
    return copy
