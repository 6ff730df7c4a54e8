"""Emotional state in the core: what moves a level, what is told of it, what overload comes of it."""

from __future__ import annotations

import pytest

from schemas import Emotion
from streams.catalogue import load_catalogue
from streams.customer import decode_customer, encode_customer
from tests.customer.log import (
    DAY,
    HOUR,
    HUNG_UP,
    MINUTE,
    SILENCE,
    T0,
    Log,
    Outcome,
    changes,
    compacted,
    played,
    restored,
)

OVERLOAD = dict(load_catalogue())["emotion.overload.yaml"]
EMOTIONS = """
id: emotions
version: 4
half_lives: {vulnerable: 1h, anxious: 1h, joyful: 1h, stressed: 1h, neglected: 1h, frustrated: 1h}
most: 10
resolved: 0.5
moments: {stressed: {stressed: 1}, frustrated: {frustrated: 2, joyful: -1}, joyful: {joyful: 1}}
touchpoints:
  - {event: {type: outreach.complained}, moves: {frustrated: 1}}
  - {event: {type: outreach.accepted}, moves: {stressed: -0.125}}
  - {event: {type: complaint.made}, moves: {stressed: 4}}
"""
GLAD = """
id: glad.twice
version: 1
title: Hung up twice
description: Two moments of the first stratum.
emotion: joyful
detect: {count: {type: moment.detected, rule: queue.abandoned}, at_least: 2, within: 1h}
"""
AFTER_GLAD = """
id: after.glad
version: 1
title: Would hear the second stratum
description: It never does.
emotion: joyful
detect: {event: {type: moment.detected, rule: [glad.twice, after.glad, emotion.overload]}}
"""


def feeling(*rules: str) -> Log:
    """A log that begins with the emotions and rules; intensity is 0.5 unless a rule says otherwise."""
    log = Log()
    log.emotions(T0, EMOTIONS)
    log.rule(T0, *rules)
    return log


def told(emotions: list[Emotion]) -> list[tuple[str, float, float, str, str]]:
    return [
        (one["emotion"], one["level_before"], one["level_after"], one["cause"], one["cause_name"]) for one in emotions
    ]


def test_a_moment_moves_its_emotion_by_its_intensity() -> None:
    log = feeling(HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    found = played(log)
    (moment,) = found.moments
    assert found.emotions == [
        {
            "customer_id": "c1",
            "emotion": "stressed",
            "level_before": 0.0,
            "level_after": 0.5,
            "cause": "moment",
            "cause_id": moment["moment_id"],
            "cause_name": "queue.abandoned",
            "dominant": "stressed",
            "occurred_at": T0,
            "at": T0,
            "definition_version": 4,
        }
    ]


def test_the_record_lies_in_the_customers_partition_under_its_key_with_cloudevents_headers() -> None:
    log = feeling(HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    (output,) = played(log).of("emotions")
    headers = dict(output.headers)
    assert (output.key, output.partition) == (b"c1", 0)
    assert (headers["ce_type"], headers["ce_source"]) == (b"momentous.emotion", b"momentous/emotions")
    assert headers["ce_time"] == b"2026-11-23T08:30:00.000Z"


def test_a_level_has_faded_by_half_when_the_next_cause_comes_a_half_life_later() -> None:
    log = feeling(HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + HOUR, "queue.abandoned")
    assert told(played(log).emotions)[1] == ("stressed", 0.25, 0.75, "moment", "queue.abandoned")


def test_a_resolution_takes_away_its_share_of_what_is_left_of_the_moments_effect() -> None:
    log = feeling(HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + HOUR - 1, "agent.connected")
    moved = told(played(log).emotions)[1]
    assert (moved[0], moved[3], moved[4]) == ("stressed", "resolution", "queue.abandoned")
    assert moved[1:3] == pytest.approx((0.5, 0.25), abs=1e-9)


def test_a_resolution_names_the_moment() -> None:
    log = feeling(HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "agent.connected")
    found = played(log)
    assert {one["cause_id"] for one in found.emotions} == {found.moments[0]["moment_id"]}


def test_outcomes_of_outreach_and_other_named_touchpoints_move_levels() -> None:
    log = feeling()
    log.touchpoint(T0, "complaint.made")
    log.touchpoint(T0, "outreach.complained", trigger_id="t1")
    log.touchpoint(T0, "outreach.accepted", trigger_id="t1")
    assert told(played(log).emotions) == [
        ("stressed", 0.0, 4.0, "touchpoint", "complaint.made"),
        ("frustrated", 0.0, 1.0, "outcome", "outreach.complained"),
        ("stressed", 4.0, 3.875, "outcome", "outreach.accepted"),
    ]


def test_nothing_is_told_of_a_touchpoint_that_moves_no_level() -> None:
    log = feeling()
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "outreach.accepted", trigger_id="t1")
    assert played(log).emotions == []


def test_a_moment_that_moves_two_levels_is_told_of_each() -> None:
    log = feeling(
        HUNG_UP.replace("stressed", "frustrated"), HUNG_UP.replace("queue.", "gift.").replace("stressed", "joyful")
    )
    log.touchpoint(T0, "gift.abandoned")
    log.touchpoint(T0, "queue.abandoned")
    assert told(played(log).emotions)[1:] == [
        ("joyful", 0.5, 0.0, "moment", "queue.abandoned"),
        ("frustrated", 0.0, 1.0, "moment", "queue.abandoned"),
    ]


def test_the_moment_of_an_absence_takes_effect_at_its_deadline() -> None:
    log = feeling(SILENCE)
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(T0 + HOUR)
    assert [(one["occurred_at"], one["at"]) for one in played(log).emotions] == [
        (T0 + 10 * MINUTE, T0 + 10 * MINUTE)
    ] * 1


def test_a_late_moment_is_placed_where_its_touchpoint_occurred() -> None:
    log = feeling(HUNG_UP)
    log.touchpoint(T0 + HOUR, "queue.abandoned")
    log.touchpoint(T0 + HOUR, "queue.abandoned", occurred_at=T0)
    late = played(log).emotions[1]
    assert (late["occurred_at"], late["at"]) == (T0, T0 + HOUR)
    assert (late["level_before"], late["level_after"]) == (0.5, 0.75)


def test_without_a_definition_no_level_moves() -> None:
    log = Log()
    log.rule(T0, HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    assert played(log).emotions == []


def test_a_rule_in_shadow_moves_no_level_and_is_heard_by_none() -> None:
    log = feeling(HUNG_UP + "mode: shadow\n", GLAD)
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0, "queue.abandoned")
    found = played(log)
    assert ([one["rule"] for one in found.moments], found.emotions) == (["queue.abandoned"] * 2, [])


def test_a_rule_of_the_second_stratum_hears_moments_of_the_first() -> None:
    log = feeling(HUNG_UP, GLAD)
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "queue.abandoned")
    found = played(log)
    assert [one["rule"] for one in found.moments] == ["queue.abandoned", "queue.abandoned", "glad.twice"]
    assert [one["event_id"] for one in found.moments[2]["evidence"]] == [one["moment_id"] for one in found.moments[:2]]
    assert told(found.emotions)[2] == ("joyful", 0.0, 0.5, "moment", "glad.twice")


def test_nothing_hears_the_second_stratum() -> None:
    log = feeling(HUNG_UP, GLAD, AFTER_GLAD)
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "queue.abandoned")
    assert [one["rule"] for one in played(log).moments] == ["queue.abandoned", "queue.abandoned", "glad.twice"]


def test_a_published_touchpoint_cannot_pass_for_a_moment() -> None:
    log = feeling(HUNG_UP, GLAD, AFTER_GLAD)
    for _ in range(3):
        log.touchpoint(T0, "moment.detected", rule="queue.abandoned", emotion="joyful", intensity=1.0)
    found = played(log)
    assert (found.moments, found.emotions, found.counters["accepted"]) == ([], [], 3)


def test_overload_carries_the_dominant_emotion_and_moves_no_level_itself() -> None:
    log = feeling(HUNG_UP, OVERLOAD)
    log.touchpoint(T0, "complaint.made")
    found = played(log)
    (moment,) = found.moments
    assert (moment["rule"], moment["emotion"]) == ("emotion.overload", "stressed")
    assert moment["context"] == {"dominant": "stressed", "level": 4.0}
    assert len(found.emotions) == 1


def test_overload_may_follow_from_a_deadline() -> None:
    log = feeling(SILENCE.replace("emotion: frustrated", "emotion: frustrated\nintensity: 1"), OVERLOAD)
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(T0 + 1, "flow.started", correlation_id="l")
    log.touchpoint(T0 + 2, "flow.started", correlation_id="m")
    log.tick(T0 + HOUR)
    found = played(log)
    assert [(one["rule"], one["detected_at"]) for one in found.moments] == [
        ("flow.abandoned", T0 + 10 * MINUTE),
        ("flow.abandoned", T0 + 10 * MINUTE + 1),
        ("flow.abandoned", T0 + 10 * MINUTE + 2),
        ("emotion.overload", T0 + 10 * MINUTE + 2),
    ]


def test_levels_outlive_a_restart() -> None:
    log = feeling(HUNG_UP, OVERLOAD)
    log.touchpoint(T0, "queue.abandoned")
    before = len(log.records)
    log.touchpoint(T0 + HOUR, "queue.abandoned")
    whole = played(log)
    first = Outcome().play(log.records[:before])
    second = restored(compacted(changes(first.partition)).items()).play(log.records[before:])
    assert second.emotions == whole.emotions[1:]


def test_a_customer_without_levels_is_stored_as_before() -> None:
    log = feeling()
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0, "complaint.made", "c2")
    stored = {key: value for key, value in changes(played(log).partition) if value is not None}
    assert decode_customer(stored[b"c1"]).emotions is None
    assert len(stored[b"c2"]) - len(stored[b"c1"]) <= 24
    assert encode_customer(decode_customer(stored[b"c2"])) == stored[b"c2"]


def test_levels_that_have_faded_are_forgotten_and_with_them_the_customer() -> None:
    log = feeling()
    log.touchpoint(T0, "complaint.made")
    log.tick(T0 + 30 * DAY)
    partition = played(log).partition
    assert len(partition) == 0


def test_a_bad_definition_is_buried_and_the_one_before_stays() -> None:
    log = feeling()
    log.emotions(T0, EMOTIONS.replace("version: 4", "version: 5").replace("most: 10", "most: none"))
    log.touchpoint(T0, "complaint.made")
    found = played(log)
    assert [letter["reason"] for letter in found.letters] == ["bad_activation"]
    assert [one["definition_version"] for one in found.emotions] == [4]
