"""Anxious: a car that broke down, to be turned into relief."""

from __future__ import annotations

from tests.stories.stage import START, decision, moments, play, story_of, triggers, without

RULE = "vehicle.breakdown"
STORY = story_of("anxious").touchpoints
MINUTE = 60_000
STRANDED_AT = START + 41 * 60 * MINUTE


def test_the_moment_is_seen_at_the_call_from_the_roadside() -> None:
    moment = moments(play(STORY), RULE)[0]
    assert (moment["emotion"], moment["detected_at"], moment["intensity"]) == ("anxious", STRANDED_AT, 0.9)
    assert [evidence["type"] for evidence in moment["evidence"]] == ["vehicle.broke_down"]


def test_the_trigger_says_where_they_stand_and_when_help_arrives() -> None:
    (trigger,) = triggers(play(STORY), RULE)
    assert trigger["context"] == {
        "due_at": STRANDED_AT + 45 * MINUTE,
        "place": "A9, exit Leoben",
        "place_kind": "roadside",
        "promise": "roadside help",
        "symptom": "engine_stopped",
        "urgent": True,
        "vehicle_id": "veh-3",
    }


def test_they_learn_that_help_is_coming_by_text_message_at_once() -> None:
    (trigger,) = triggers(play(STORY), RULE)
    assert (trigger["action"], trigger["template"]) == ("help.coming", "help_is_on_its_way")
    assert (trigger["channel"], trigger["not_before"]) == ("sms", STRANDED_AT)
    assert decision(play(STORY), RULE)["status"] == "triggered"


def test_the_car_running_again_resolves_the_moment() -> None:
    detected, resolved = moments(play(STORY), RULE)
    assert resolved["phase"] == "resolved"
    assert resolved["detected_at"] == detected["detected_at"] + 41 * MINUTE


def test_the_cars_own_signal_and_the_call_are_one_breakdown() -> None:
    (call,) = (one for one in STORY if one["type"] == "vehicle.broke_down")
    place = STORY.index(call)
    signal = {**call, "event_id": "signal", "source": "car", "channel": "iot", "occurred_at": STRANDED_AT - MINUTE}
    outcome = play([*STORY[:place], signal, *STORY[place:]])  # type: ignore[list-item]
    assert len(triggers(outcome, RULE)) == 1


def test_help_alone_is_no_breakdown() -> None:
    assert moments(play(without(STORY, "vehicle.broke_down")), RULE) == []


def test_without_consent_the_moment_is_recorded_and_nobody_is_contacted() -> None:
    outcome = play(without(STORY, "consent.given"))
    assert decision(outcome, RULE)["reason"] == "consent_none"
    assert triggers(outcome, RULE) == []
