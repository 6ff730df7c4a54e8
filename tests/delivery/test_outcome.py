"""What comes back as a touchpoint, and under which id."""

from __future__ import annotations

import json

import pytest

from streams.delivery.message import Delivery
from streams.delivery.outcome import ENDINGS, Ending, Outcome, outcome_touchpoint
from streams.identifiers import digest_id
from streams.vocabulary import shipped_vocabulary
from tests.delivery.triggers import cancelling, delivery

NOW = 1_700_000_000_000
TOLD = {
    "sent": ("outreach.sent", {"template": "call_back_offer", "message_id": "ref"}),
    "bounced": ("outreach.bounced", {"code": "why", "hard": True}),
    "expired": ("outreach.expired", {"reason": "why"}),
    "no_capacity": ("outreach.no_capacity", {"code": "why"}),
}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_an_ending_comes_back_as_the_type_that_fits_or_not_at_all(ending: Ending) -> None:
    one = delivery(1)
    touchpoint = outcome_touchpoint(one, Outcome(ending, "why", reference="ref"), NOW)
    if ending not in TOLD:
        assert touchpoint is None
        return
    assert touchpoint is not None
    kind, properties = TOLD[ending]
    assert (touchpoint["type"], touchpoint["channel"], touchpoint["occurred_at"]) == (kind, "sms", NOW)
    assert touchpoint["properties"] == {"action": "call.back", "trigger_id": one.trigger_id, **properties}
    assert list(touchpoint["properties"]) == sorted(touchpoint["properties"])
    assert touchpoint["event_id"] == digest_id(one.trigger_id, kind)
    assert shipped_vocabulary().kinds(touchpoint) == ()


def test_what_failed_to_the_end_tells_nothing_since_it_may_be_replayed() -> None:
    one = delivery(1)
    one.attempts = 4
    assert outcome_touchpoint(one, Outcome("dead", "HTTP_503"), NOW) is None


def test_rehearsals_and_cancellations_tell_nothing() -> None:
    assert outcome_touchpoint(delivery(1, sandbox=True), Outcome("sent"), NOW) is None
    assert outcome_touchpoint(cancelling(1), Outcome("sent"), NOW) is None


def test_an_anonymous_customer_is_not_identified() -> None:
    touchpoint = outcome_touchpoint(delivery(1, "anon:device"), Outcome("sent"), NOW)
    assert touchpoint is not None
    assert touchpoint["identified"] is False


def body(one: Delivery) -> dict[str, object]:
    found: dict[str, object] = json.loads(one.body())
    return found


def test_a_webhook_has_type_time_and_the_whole_trigger() -> None:
    one = delivery(1, not_before=NOW, deliver_until=NOW, expires_at=NOW)
    told = body(one)
    assert (told["type"], told["timestamp"]) == ("outreach.triggered", "2023-11-14T22:13:20.000Z")
    data = told["data"]
    assert isinstance(data, dict)
    assert set(data) == set(one.record)
    assert (data["deliver_until"], data["context"], data["evidence"][0]["occurred_at"]) == (
        "2023-11-14T22:13:20.000Z",
        {"number": 1},
        "2023-11-14T22:13:20.000Z",
    )


def test_every_attempt_has_the_same_bytes() -> None:
    one = delivery(1)
    assert one.body() == one.body() == Delivery("trigger", dict(reversed(one.record.items())), one.origin).body()


def test_a_cancellation_has_an_id_of_its_own_and_names_its_trigger() -> None:
    one, stop = delivery(1), cancelling(1)
    assert one.message_id == one.trigger_id
    assert stop.message_id != one.message_id
    assert stop.trigger_id == one.trigger_id
    assert body(stop)["type"] == "outreach.cancelled"
