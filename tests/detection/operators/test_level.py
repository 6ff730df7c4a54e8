"""Emotional levels over a threshold."""

from __future__ import annotations

import pytest

from streams.detection import DetectionState, Detector, Feelings, Firing, Levels
from streams.detection.emotions import parse_emotions
from streams.detection.memory import MAX_LEVEL_EVIDENCE
from tests.detection.timeline import START, ids, rule, touchpoint

HOUR = 3_600_000
EMOTIONS = parse_emotions(
    "{id: emotions, version: 1, most: 100, resolved: 1, half_lives: {vulnerable: 1h, anxious: 1h, joyful: 1h,"
    " stressed: 1h, neglected: 1h, frustrated: 1h}, moments: {anxious: {anxious: 1}, stressed: {stressed: 1},"
    " joyful: {joyful: 1}}, touchpoints: [{event: {type: relief}, moves: {stressed: -1, anxious: -1}}]}",
    "e.yaml",
)
LEVEL = "detect:\n  levels: [anxious, stressed]\n  above: 2\n  again_below: 1\n"


class Mood:
    """A customer whose levels move."""

    def __init__(self, body: str = LEVEL) -> None:
        self.detector, self.state = Detector([rule(body)]), DetectionState()
        self.levels: Levels | None = None
        self.reports: list[Firing] = []

    def feels(self, at: int, event_id: str, emotion: str, intensity: float = 1.0) -> Mood:
        """A moment of that emotion, ``at`` ms after the start."""
        facts = {"emotion": emotion, "intensity": intensity, "rule": "test.moment"}
        heard = touchpoint(at, event_id, "moment.detected", **facts)
        return self._after(lambda feelings: feelings.moment(heard, START + at))

    def meets(self, at: int, event_id: str, kind: str) -> Mood:
        """A touchpoint."""
        met = touchpoint(at, event_id, kind)
        return self._after(lambda feelings: feelings.touchpoint(met, EMOTIONS.moves_of(met), START + at))

    def _after(self, move):  # type: ignore[no-untyped-def]
        feelings = Feelings(self.detector, self.state, EMOTIONS, self.levels)
        self.reports += move(feelings)
        self.levels = feelings.levels
        return self

    @property
    def fired(self) -> list[tuple[int, str]]:
        """Offset and evidence of each firing."""
        return [(one.detected_at - START, ids(one)) for one in self.reports]


def test_it_fires_when_the_levels_reach_the_threshold_together() -> None:
    mood = Mood().feels(0, "a", "stressed").feels(0, "b", "anxious")
    assert (mood.fired, mood.reports[0].context) == ([(0, "a b")], {"dominant": "anxious", "level": 2.0})


def test_other_emotions_do_not_count() -> None:
    assert Mood().feels(0, "a", "stressed").feels(0, "b", "joyful", 5.0).fired == []


def test_above_the_threshold_it_does_not_fire_again() -> None:
    mood = Mood().feels(0, "a", "stressed", 3.0).feels(1, "b", "stressed", 3.0)
    assert mood.fired == [(0, "a")]


@pytest.mark.parametrize(("gap", "fired"), [(HOUR, 1), (HOUR + 1, 2)])
def test_it_fires_again_only_after_they_fell_below(gap: int, fired: int) -> None:
    assert len(Mood().feels(0, "a", "stressed", 2.0).feels(gap, "b", "stressed", 2.0).fired) == fired


def test_relief_brings_them_below_at_once() -> None:
    mood = Mood().feels(0, "a", "stressed", 2.0).meets(0, "r", "relief").meets(0, "s", "relief")
    assert mood.feels(0, "b", "stressed", 2.0).fired == [(0, "a"), (0, "b")]


def test_the_evidence_is_what_raised_them() -> None:
    mood = Mood().feels(0, "a", "stressed").meets(1, "r", "relief").feels(2, "b", "stressed", 1.5)
    assert mood.feels(3, "c", "stressed").fired == [(3, "b c")]


def test_only_so_many_causes_are_shown() -> None:
    mood = Mood(LEVEL.replace("above: 2", "above: 30"))
    for number in range(35):
        mood.feels(number, f"{number:02}", "stressed")
    assert len(mood.reports[0].evidence) == MAX_LEVEL_EVIDENCE


def test_the_emotion_of_a_rule_that_does_not_ask_for_the_dominant_one_is_its_own() -> None:
    assert Mood().feels(0, "a", "anxious", 2.0).reports[0].emotion == "stressed"
