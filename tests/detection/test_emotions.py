"""The emotions definition: what a file says, and every mistake in it with its place."""

from __future__ import annotations

import pytest

from streams.detection import shipped_emotions
from streams.detection.emotions import EmotionsFileError, parse_emotions
from tests.detection.timeline import touchpoint

HOUR = 3_600_000
LIVES = "{vulnerable: 3h, anxious: 1h, joyful: 3h, stressed: 2h, neglected: 7h, frustrated: 2h}"
HEAD = f"id: emotions\nversion: 2\nhalf_lives: {LIVES}\nmost: 5\n"
MOMENTS = "moments: {frustrated: {frustrated: 1}}\n"


def test_a_file_says_half_lives_the_highest_level_and_what_moves_which() -> None:
    emotions = parse_emotions(HEAD + MOMENTS + "resolved: 0.5\n", "e.yaml")
    assert (emotions.version, emotions.most, emotions.resolved) == (2, 5.0, 0.5)
    assert emotions.half_lives_ms == (3 * HOUR, HOUR, 3 * HOUR, 2 * HOUR, 7 * HOUR, 2 * HOUR)
    assert emotions.moments == ((), (), (), (), (), ((5, 1.0),))


def test_the_first_condition_that_a_touchpoint_meets_says_what_it_moves() -> None:
    emotions = parse_emotions(
        HEAD
        + MOMENTS
        + "touchpoints:\n"
        + "  - {event: {type: complaint.made, v: 1}, moves: {frustrated: 2, joyful: -1}}\n"
        + "  - {event: {type: [complaint.made, call.dropped]}, moves: {anxious: 1}}\n",
        "e.yaml",
    )
    assert emotions.moves_of(touchpoint(0, "e1", "complaint.made", v=1)) == ((2, -1.0), (5, 2.0))
    assert emotions.moves_of(touchpoint(0, "e2", "complaint.made", v=2)) == ((1, 1.0),)
    assert emotions.moves_of(touchpoint(0, "e3", "call.dropped")) == ((1, 1.0),)
    assert emotions.moves_of(touchpoint(0, "e4", "page.viewed")) == ()


def test_in_the_shipped_ones_a_moment_of_each_emotion_raises_it_by_its_intensity() -> None:
    assert [dict(moves)[place] for place, moves in enumerate(shipped_emotions().moments)] == [1.0] * 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD.replace("emotions", "feelings", 1) + MOMENTS, "e.yaml:1:5: unknown id 'feelings'; one of emotions"),
        (HEAD, "e.yaml:1:1: an emotions file has no 'moments'; say what a moment of each emotion moves"),
        (
            HEAD + "moments: {furious: {frustrated: 1}}\n",
            "e.yaml:5:11: unknown key 'furious' in 'moments'; known are vulnerable, anxious, joyful, stressed, "
            "neglected, frustrated",
        ),
        (
            HEAD + "moments: {joyful: {joyfull: 1}}\n",
            "e.yaml:5:20: unknown emotion 'joyfull'; did you mean 'joyful'?",
        ),
        (HEAD + "moments: {joyful: {joyful: 11}}\n", "e.yaml:5:28: 'joyful' is 11; write a number from -10 to 10"),
        (
            HEAD + "moments: {joyful: 1}\n",
            "e.yaml:5:19: 'joyful' is 1; write like {frustrated: 1, joyful: -0.25}",
        ),
        (
            HEAD.replace("anxious: 1h, ", "") + MOMENTS,
            "e.yaml:3:13: 'half_lives' has no 'anxious'; write how long, like anxious: 2d",
        ),
        (
            HEAD.replace("joyful: 3h", "joyful: 1ms") + MOMENTS,
            "e.yaml:3:51: 'joyful' of 1ms is out of bounds; write 1s to 366d",
        ),
        (HEAD + MOMENTS + "resolved: 2\n", "e.yaml:6:11: 'resolved' is 2; write a number from 0 to 1"),
        (
            HEAD + MOMENTS + "touchpoints: [{event: {amount|gt: 3}, moves: {anxious: 1}}]\n",
            "e.yaml:6:16: 'event' is met by touchpoints of any type; begin with the types, like event: {type: "
            "complaint.made}",
        ),
        (
            HEAD + MOMENTS + "touchpoints: [{event: {type: moment.detected}, moves: {anxious: 1}}]\n",
            "e.yaml:6:16: 'event' names moment.detected; what moments move stands under 'moments'",
        ),
        (
            HEAD + MOMENTS + "touchpoints: [{event: {type: a}}]\n",
            "e.yaml:6:15: a part of 'touchpoints' has no 'moves'; write like {frustrated: 1, joyful: -0.25}",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(text: str, message: str) -> None:
    with pytest.raises(EmotionsFileError) as error:
        parse_emotions(text, "e.yaml")
    assert str(error.value) == message
