"""The sealing hook: exactly the personal texts pass through it, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import Codec
from tests.schemas.records import RECORDS


class Marker:
    """Seals visibly; opens only what it sealed for that customer."""

    def seal(self, customer_id: str, text: str) -> str:
        """The text in brackets with its customer."""
        return f"<{customer_id}:{text}>"

    def open(self, customer_id: str, text: str) -> str:
        """The text from its brackets."""
        assert text.startswith(f"<{customer_id}:")
        return text.removeprefix(f"<{customer_id}:").removesuffix(">")


SEALED: dict[str, dict[str, Any]] = {
    "Touchpoint": {
        "identities": {"email": "<c1:ann@example.org>"},
        "properties": {"gift": False, "note": "<c1:blue>", "price": 9.5, "quantity": 2, "voucher": None},
    },
    "Moment": {"context": {"price": 9.5, "product": "<c1:lamp>"}},
    "Trigger": {"context": {"price": 9.5, "product": "<c1:lamp>"}},
    "Control": {},
    "Decision": {},
    "DeadLetter": {},
    "Verdict": {},
    "Emotion": {},
    "Cancellation": {},
}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_exactly_the_texts_in_personal_fields_are_sealed(name: str) -> None:
    data = Codec(sealer=Marker()).encode(name, RECORDS[name])
    assert Codec().decode(data) == (name, {**RECORDS[name], **SEALED[name]})


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_what_was_sealed_is_opened_on_reading(name: str) -> None:
    codec = Codec(sealer=Marker())
    assert codec.decode(codec.encode(name, RECORDS[name])) == (name, RECORDS[name])


def test_sealing_leaves_the_callers_record_alone() -> None:
    record = {**RECORDS["Touchpoint"], "identities": {"phone": "1"}}
    Codec(sealer=Marker()).encode("Touchpoint", record)
    assert record["identities"] == {"phone": "1"}
