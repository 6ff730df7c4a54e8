"""What customers say when asked, and in public."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage


class _Answer(NamedTuple):
    metric: str
    score: int
    scale_low: int
    scale_high: int
    direction: str


def _answers(given: _Answer, negative: bool, stage: Stage, script: Script, at: int) -> None:
    """One answer on its scale."""
    answer = script.say(at, "survey.answered", "survey", **given._asdict())
    if negative:
        script.expect("feedback.negative", answer, at)


def _mentions(sentiment: float, public: bool, stage: Stage, script: Script, at: int) -> None:
    said = script.say(at, "social.mentioned", "social", sentiment=sentiment, public=public, network="mastodon")
    if sentiment < 0 and public:
        script.expect("feedback.negative", said, at)


def _scores(scores: tuple[int, ...], declines: bool, stage: Stage, script: Script, at: int) -> None:
    """One question, asked day after day."""
    for day, points in enumerate(scores):
        given = _Answer("other", points, 0, 100, _HIGH)
        script.say(at + day * DAY_MS, "survey.answered", "survey", **given._asdict())
    if declines:
        script.expect("feedback.declining", script.lines[0].touchpoint, at + (len(scores) - 1) * DAY_MS)


def _recommends(first: str, days_ms: int, ready: bool, stage: Stage, script: Script, at: int) -> None:
    """Something happens, and so long after it a promoter's answer."""
    script.say(at, first, script.person.channel, topic="delivery")
    given = _Answer("nps", 9, 0, 10, _HIGH)
    answer = script.say(at + days_ms, "survey.answered", "survey", **given._asdict())
    if ready:
        script.expect("advocate.ready", answer, at + days_ms)


_HIGH, _LOW = "high_is_good", "low_is_good"
_RULES = ("feedback.negative",)
_DECLINES = ("feedback.declining",)
_READY = ("advocate.ready",)
_MONTH_MS = 30 * DAY_MS

PLOTS = (
    Plot("CSAT 2 of 5", _RULES, partial(_answers, _Answer("csat", 2, 1, 5, _HIGH), True)),
    Plot("CSAT 3 of 5", _RULES, partial(_answers, _Answer("csat", 3, 1, 5, _HIGH), False)),
    Plot("NPS 6", _RULES, partial(_answers, _Answer("nps", 6, 0, 10, _HIGH), True)),
    Plot("NPS 7", _RULES, partial(_answers, _Answer("nps", 7, 0, 10, _HIGH), False)),
    Plot("CES 3 of 7, where 7 is easy", _RULES, partial(_answers, _Answer("ces", 3, 1, 7, _HIGH), True)),
    Plot("CES 2 of 5, where 5 is hard", _RULES, partial(_answers, _Answer("ces", 2, 1, 5, _LOW), False)),
    Plot("CES 4 of 5, where 5 is hard", _RULES, partial(_answers, _Answer("ces", 4, 1, 5, _LOW), True)),
    Plot("Three scores, each lower", _DECLINES, partial(_scores, (90, 80, 70), True)),
    Plot("Three scores, the last two the same", _DECLINES, partial(_scores, (90, 80, 80), False)),
    Plot("Scores that go down, up and down", _DECLINES, partial(_scores, (90, 60, 80, 50), False)),
    Plot("A promoter known for thirty days", _READY, partial(_recommends, "help.viewed", _MONTH_MS, True)),
    Plot("A promoter thirty days after a complaint", _READY, partial(_recommends, "complaint.made", _MONTH_MS, True)),
    Plot("A promoter just within", _READY, partial(_recommends, "complaint.made", _MONTH_MS - 1, False)),
    Plot("A bad word in public", _RULES, partial(_mentions, -0.8, True)),
    Plot("A bad word in private", _RULES, partial(_mentions, -0.8, False)),
)
