"""Joyful: a first car service done, to be turned into advocacy."""

from __future__ import annotations

from tests.stories.stage import START, decision, moments, play, story_of, triggers, without

RULE = "first.service"
STORY = story_of("joyful").touchpoints
HOUR = 3_600_000
DONE_AT = START + 58 * HOUR


def test_the_moment_is_seen_when_the_service_is_done_and_rests_on_the_purchase() -> None:
    (moment,) = moments(play(STORY), RULE)
    assert (moment["emotion"], moment["detected_at"]) == ("joyful", DONE_AT)
    assert [evidence["type"] for evidence in moment["evidence"]] == ["product.owned", "service.completed"]


def test_the_trigger_says_what_was_done_where_and_which_gift_goes_with_it() -> None:
    (trigger,) = triggers(play(STORY), RULE)
    assert trigger["context"] == {
        "benefit_id": "free-winter-check",
        "kind": "inspection",
        "mileage_km": 15_230,
        "place": "Graz",
        "product": "Estate 2",
        "product_id": "estate-2",
        "shop_id": "shop-05",
    }


def test_the_thank_you_goes_by_email_to_who_agreed_to_hear_such_things() -> None:
    (trigger,) = triggers(play(STORY), RULE)
    assert (trigger["action"], trigger["template"]) == ("thank.gift", "thank_you_with_a_gift")
    assert (trigger["purpose"], trigger["channel"]) == ("loyalty", "email")
    made = decision(play(STORY), RULE)
    assert (made["status"], made["action_class"]) == ("triggered", "promotional")


def test_the_second_service_is_routine() -> None:
    (service,) = (one for one in STORY if one["type"] == "service.completed")
    again = {**service, "event_id": "again", "occurred_at": DONE_AT + 90 * 24 * HOUR}
    assert len(moments(play([*STORY, again]), RULE)) == 1  # type: ignore[list-item]


def test_a_repair_is_nothing_to_be_glad_about() -> None:
    broken = [
        {**one, "properties": {**one["properties"], "kind": "repair"}} if one["type"] == "service.completed" else one
        for one in STORY
    ]
    assert moments(play(broken), RULE) == []  # type: ignore[arg-type]


def test_who_is_not_known_to_be_an_owner_is_no_new_owner() -> None:
    assert moments(play(without(STORY, "product.owned")), RULE) == []


def test_consent_to_care_is_no_consent_to_gifts() -> None:
    care_only = [
        {**one, "properties": {**one["properties"], "purpose": "care"}} if one["type"] == "consent.given" else one
        for one in STORY
    ]
    outcome = play(care_only)  # type: ignore[arg-type]
    assert decision(outcome, RULE)["reason"] == "consent_none"
    assert triggers(outcome, RULE) == []
