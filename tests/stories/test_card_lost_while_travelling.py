"""Vulnerable: a credit card lost while travelling, to be turned into trust."""

from __future__ import annotations

import pytest

from tests.stories.stage import START, decision, moments, play, story_of, triggers, without

RULE = "card.lost_travelling"
STORY = story_of("vulnerable").touchpoints
HOUR = 3_600_000
LOST_AT = START + 33 * HOUR


def test_the_moment_is_seen_at_the_report_and_rests_on_the_journey() -> None:
    moment = moments(play(STORY), RULE)[0]
    assert (moment["emotion"], moment["detected_at"]) == ("vulnerable", LOST_AT)
    assert [evidence["type"] for evidence in moment["evidence"]] == ["travel.started", "card.reported_lost"]


def test_the_trigger_says_where_what_is_promised_and_until_when() -> None:
    (trigger,) = triggers(play(STORY), RULE)
    assert trigger["context"] == {
        "card_id": "card-4f2a",
        "country": "PT",
        "due_at": LOST_AT + 24 * HOUR,
        "place": "Lisbon",
        "promise": "new card at the hotel",
        "stolen": True,
        "usual_place": "Graz",
    }


def test_the_contact_is_care_by_text_message_at_once_and_pointless_after_twelve_hours() -> None:
    (trigger,) = triggers(play(STORY), RULE)
    assert (trigger["action"], trigger["template"]) == ("card.safe", "card_blocked_new_one_on_its_way")
    assert (trigger["purpose"], trigger["channel"]) == ("care", "sms")
    assert (trigger["not_before"], trigger["expires_at"]) == (LOST_AT, LOST_AT + 12 * HOUR)


def test_the_decision_names_every_check_that_it_passed() -> None:
    made = decision(play(STORY), RULE)
    assert (made["status"], made["reason"], made["action_class"]) == ("triggered", "ok", "service")
    assert all(check["passed"] for check in made["checks"])


def test_the_new_card_in_hand_resolves_the_moment() -> None:
    detected, resolved = moments(play(STORY), RULE)
    assert (detected["phase"], resolved["phase"]) == ("detected", "resolved")
    assert resolved["detected_at"] == LOST_AT + 10 * HOUR


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param(("travel.started", "location.seen"), id="nobody knows that they are away"),
        pytest.param(("card.reported_lost",), id="nothing is lost"),
    ],
)
def test_without_either_half_there_is_no_such_moment(missing: tuple[str, ...]) -> None:
    assert moments(play(without(STORY, *missing)), RULE) == []


def test_without_consent_the_moment_is_recorded_and_nobody_is_contacted() -> None:
    outcome = play(without(STORY, "consent.given"))
    assert (decision(outcome, RULE)["status"], decision(outcome, RULE)["reason"]) == ("refused", "consent_none")
    assert triggers(outcome, RULE) == []


def test_the_same_report_delivered_twice_is_one_contact() -> None:
    (report,) = (one for one in STORY if one["type"] == "card.reported_lost")
    place = STORY.index(report)
    outcome = play([*STORY[: place + 1], report, *STORY[place + 1 :]])
    assert len(triggers(outcome, RULE)) == 1
    assert outcome.counters["duplicate"] == 1


def test_a_sign_of_the_customer_abroad_that_arrives_after_the_departure_changes_nothing() -> None:
    trip, seen = (STORY.index(one) for one in STORY if one["type"] in ("travel.started", "location.seen"))
    swapped = list(STORY)
    swapped[trip], swapped[seen] = swapped[seen], swapped[trip]
    assert len(triggers(play(swapped), RULE)) == 1


def test_the_card_that_comes_half_a_day_early_is_seen_as_better_than_promised() -> None:
    (exceeded,) = moments(play(STORY), "promise.exceeded")
    assert exceeded["emotion"] == "joyful"
    assert exceeded["context"] == {
        "due_at": LOST_AT + 24 * HOUR,
        "level": "exceeded",
        "promise": "new card at the hotel",
        "promise_id": "card-4f2a-replacement",
    }


def test_who_agreed_to_care_only_is_not_congratulated_on_it() -> None:
    assert decision(play(STORY), "promise.exceeded")["reason"] == "consent_none"


def test_the_card_that_does_not_come_is_a_broken_promise_at_its_due_time() -> None:
    (broken,) = moments(play(without(STORY, "card.replaced", "promise.kept")), "promise.broken")
    assert (broken["emotion"], broken["detected_at"]) == ("frustrated", LOST_AT + 24 * HOUR)
