"""What the consumer samples carry out of ``outreach.triggers``."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.samples.conftest import Told

pytestmark = pytest.mark.timeout(900)


def ids(told: Told, language: str) -> Counter[str]:
    return Counter(line["trigger_id"] for line in told.printed[language])


def test_every_trigger_is_carried_out_once_though_it_came_twice(told: Told, language: str) -> None:
    assert ids(told, language) == Counter(told.live)


def test_nothing_of_an_aborted_transaction_is_carried_out(told: Told, language: str) -> None:
    assert "aborted" not in ids(told, language)


@pytest.mark.parametrize("trigger_id", ["expired", "too-late"])
def test_what_is_past_its_time_is_not_carried_out(told: Told, language: str, trigger_id: str) -> None:
    assert trigger_id not in ids(told, language)


def test_a_rehearsal_reaches_nobody(told: Told, language: str) -> None:
    assert "rehearsal" not in ids(told, language)


def test_what_was_called_off_is_not_begun_though_its_trigger_comes_again(told: Told, language: str) -> None:
    assert "called-off" not in ids(told, language)


def test_a_newer_version_is_read_without_what_is_unknown(told: Told, language: str) -> None:
    (newer,) = [line for line in told.printed[language] if line["trigger_id"] == "newer"]
    assert newer["channel"] == "unknown"
    assert "scent" not in newer


def test_after_a_restart_what_was_carried_out_is_still_known(told: Told, language: str) -> None:
    assert told.again[language] == []


def test_the_context_for_personal_words_is_what_was_published(told: Told, language: str) -> None:
    found = {line["customer_id"]: line["context"] for line in told.printed[language]}
    assert found[f"{language}-kundin-größer-3"] == {
        "note": "lange gewartet, 5 € 😀",
        "ratio": 0.5,
        "vip": False,
        "wait_seconds": 300_000_000_075,
    }


def test_a_line_says_what_to_do(told: Told, language: str) -> None:
    (first,) = [line for line in told.printed[language] if line["trigger_id"] == "last-0"]
    del first["customer_id"], first["context"]
    assert first == {
        "trigger_id": "last-0",
        "action": "call.back",
        "channel": "sms",
        "template": "call_back",
        "emotion": "stressed",
    }
