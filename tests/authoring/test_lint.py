"""What lint says of rules that can be read and will still disappoint."""

from __future__ import annotations

import pytest

from streams.authoring import RuleFile, lint, shipped_policy_text, shipped_rule_files
from streams.detection import run_rule_tests
from streams.outreach import parse_policy
from streams.vocabulary import shipped_vocabulary

POLICY = parse_policy(shipped_policy_text(), "policy.yaml")
VOCABULARY = shipped_vocabulary()
HEAD = """\
id: queue.long_wait
version: 1
title: A rule
description: Something happened.
emotion: stressed
detect:
"""
LINE = """\
rule: queue.long_wait
defaults: {channel: voice, type: queue.abandoned, wait_seconds: 9}
cases:
  - name: One after the other, and nothing comes of it
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1m, id: b}
      - {at: 2m, id: c, type: ivr.entered}
      - {at: 1d, id: d}
    until: 30d
    moments: []
"""
FIRING = (
    LINE
    + """\
  - name: And here something does
    touchpoints: [{at: 0s, id: a}]
    moments: [{at: 0s, evidence: [a]}]
"""
)


def found(detect: str, tests: str | None = FIRING, head: str = HEAD, name: str = "queue.long_wait.yaml") -> list[str]:
    file = RuleFile(name, head + detect, "queue.long_wait.test.yaml", tests)
    return [one.text for one in lint([file], shipped_vocabulary(), POLICY)]


def test_the_shipped_rules_have_nothing_that_lint_would_find() -> None:
    assert lint(shipped_rule_files(), shipped_vocabulary(), POLICY) == []


def test_a_rule_that_cannot_be_read_shows_all_its_mistakes() -> None:
    head = HEAD.replace("stressed", "angry").replace("title", "titel")
    assert found("  count: {type: queue.abandoned}\n  at_least: 2\n", head=head) == [
        "queue.long_wait.yaml:1:1: error: a rule has no 'title'; write a few words for lists and reports",
        "queue.long_wait.yaml:3:1: error: unknown key 'titel' in a rule; did you mean 'title'?",
        "queue.long_wait.yaml:5:10: error: unknown emotion 'angry'; "
        "one of vulnerable, anxious, joyful, stressed, neglected, frustrated",
        "queue.long_wait.yaml:7:3: error: 'count' has no 'within'; "
        "a rule without a bound is refused; write 'within', like within: 7d",
    ]


NEVER = {
    "a number between two bounds that cross": "  event: {wait_seconds|gt: 9, wait_seconds|lt: 9}\n",
    "a type that is denied at once": "  event: {type: queue.abandoned, not: {type: [queue.abandoned, ivr.entered]}}\n",
    "a field that is both there and missing": (
        "  event: {type: queue.abandoned, wait_seconds|exists: false, wait_seconds|gte: 9}\n"
    ),
    "an 'unless' that ends whatever is counted": (
        "  count: {type: queue.abandoned}\n  at_least: 2\n  within: 7d\n"
        "  unless: {type: [queue.abandoned, ivr.entered]}\n"
    ),
    "more types than the condition names": (
        "  distinct: type\n  of: {type: [queue.abandoned, ivr.entered]}\n  at_least: 3\n  within: 7d\n"
    ),
    "more days than the window touches": "  days: {type: queue.abandoned}\n  at_least: 3\n  within: 23h\n",
    "a score that only falls": (
        "  score: [{event: {type: queue.abandoned}, weight: -2}]\n  half_life: 1d\n  above: 1\n"
    ),
    "a step that always cancels": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - followed_by: {type: ivr.entered}\n"
        "  within: 1d\n  cancelled_by: {type: [ivr.entered, chat.started]}\n"
    ),
    "a step that is forbidden before it": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - not_followed_by: {type: ivr.entered}\n"
        "    - followed_by: {type: ivr.entered, wait_seconds: 9}\n  within: 1d\n"
    ),
}

NEVER |= {
    "a step of a pattern that always cancels": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - followed_by_any: {type: ivr.entered}\n"
        "  within: 1d\n  cancelled_by: {type: [ivr.entered, chat.started]}\n"
    ),
    "an absence between two steps that outlasts the whole": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - not_followed_by: {type: chat.started}\n"
        "      for: 1d\n    - followed_by: {type: queue.abandoned}\n  within: 1d\n"
    ),
    "a channel that there is not": "  event: {type: queue.abandoned, channel: moon}\n",
    "any of several that all cannot hold": (
        "  event:\n    any: [{type: queue.abandoned, channel: app, not: {channel: app}}, {x|exists: false, x: 1}]\n"
    ),
}


@pytest.mark.parametrize("detect", NEVER.values(), ids=NEVER)
def test_a_rule_that_can_never_fire_is_an_error(detect: str) -> None:
    lines = [line for line in found(detect) if ": error: " in line]
    assert len(lines) == 1
    assert "it can never fire" in lines[0] or "no touchpoint has the channel 'moon'" in lines[0]


@pytest.mark.parametrize("detect", NEVER.values(), ids=NEVER)
def test_what_is_said_never_to_fire_does_not(detect: str) -> None:
    assert all(result.passed for result in run_rule_tests(HEAD + detect, LINE))


ALIVE = {
    "bounds that meet": "  event: {type: queue.abandoned, wait_seconds|gte: 9, wait_seconds|lte: 9}\n",
    "one of several values is denied": "  event: {type: [queue.abandoned, ivr.entered], not: {type: ivr.entered}}\n",
    "what ends the count is not counted": (
        "  count: {type: queue.abandoned, wait_seconds|gt: 5}\n  at_least: 2\n  within: 7d\n"
        "  unless: {type: queue.abandoned, wait_seconds|lt: 5}\n"
    ),
    "an absence just shorter than the whole": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - not_followed_by: {type: chat.started}\n"
        "      for: 1d\n    - followed_by: {type: queue.abandoned}\n  within: 1d1ms\n"
    ),
    "an absence before a step that may be left out": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - not_followed_by: {type: chat.started}\n"
        "      for: 1d\n    - followed_by: {type: queue.abandoned}\n      optional: true\n  within: 1d\n"
    ),
    "the second beginning cancels the first, but not itself": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - silent_for: 3d\n"
        "  cancelled_by: {type: queue.abandoned}\n"
    ),
}


@pytest.mark.parametrize("detect", ALIVE.values(), ids=ALIVE)
def test_a_rule_that_can_fire_is_none(detect: str) -> None:
    assert found(detect) == []


def test_one_branch_that_cannot_hold_is_a_warning() -> None:
    detect = "  event:\n    any:\n      - {type: queue.abandoned}\n      - {channel: app, not: {channel: app}}\n"
    assert found(detect) == [
        "queue.long_wait.yaml:10:9: warning: this condition can never hold; "
        "its tests exclude each other; take one away, or write any: [...]"
    ]


DEAD_WAY = (
    "    - sequence:\n        - start: {type: queue.abandoned}\n        - not_followed_by: {type: ivr.entered}\n"
    "        - followed_by: {type: ivr.entered}\n      within: 1d\n"
)


def test_one_way_that_can_never_show_is_a_warning() -> None:
    assert found("  either:\n    - event: {type: queue.abandoned}\n" + DEAD_WAY) == [
        "queue.long_wait.yaml:9:7: warning: this way it can never show: "
        "what step 2 waits for must not happen before it; leave one of the two out"
    ]
    detect = "  either:\n    - event: {type: queue.abandoned}\n    - event: {channel: app, not: {channel: app}}\n"
    assert found(detect) == [
        "queue.long_wait.yaml:9:14: warning: this condition can never hold; "
        "its tests exclude each other; take one away, or write any: [...]"
    ]


def test_a_rule_of_which_no_way_can_show_never_fires() -> None:
    places = [line.partition(": it can never fire")[0] for line in found("  either:\n" + DEAD_WAY + DEAD_WAY)]
    assert places == ["queue.long_wait.yaml:8:7: error", "queue.long_wait.yaml:13:7: error"]


def test_levels_that_cannot_add_up_to_the_threshold_are_named() -> None:
    assert found("  levels: [stressed, anxious]\n  above: 20\n") == []
    assert found("  levels: [stressed, anxious]\n  above: 20.5\n") == [
        "queue.long_wait.yaml:7:3: warning: by the shipped emotions these levels add up to 20 at most, which is less "
        "than 'above'; write a lower number, or publish emotions with a higher 'most'"
    ]


HEARD = {
    "emotion: stresssed": "error: no moment has the emotion 'stresssed'; did you mean 'stressed'?",
    "emotion: [joyful, sad]": "error: no moment has the emotion 'sad'; "
    "known are vulnerable, anxious, joyful, stressed, neglected, frustrated",
    "rule: no.such": "warning: there is no rule 'no.such' here, and none is shipped; "
    "check its id, or lint both together",
    "rule|ne: advocate.ready": "error: moments of 'advocate.ready' are heard by no rule that names moments: "
    "it hears some itself; name rules that hear touchpoints only",
    "rule: emotion.overload": "error: moments of 'emotion.overload' are heard by no rule that names moments: "
    "it hears some itself; name rules that hear touchpoints only",
}


@pytest.mark.parametrize(("test", "said"), HEARD.items(), ids=HEARD)
def test_moments_that_nobody_finds_are_named(test: str, said: str) -> None:
    lines = found(f"  event: {{type: moment.detected, {test}}}\n")
    assert [line.partition(": ")[2] for line in lines] == [said]


def test_moments_of_a_shipped_rule_are_known_and_other_touchpoints_may_have_an_emotion_of_their_own() -> None:
    assert found("  event: {type: moment.detected, rule: first.service, emotion: joyful}\n") == []
    assert found("  event: {type: x.mood, emotion: sad, rule: mine}\n") == []


def test_moments_of_a_rule_in_the_shadow_are_heard_by_nobody() -> None:
    hearing = RuleFile(
        "queue.long_wait.yaml", HEAD + "  event: {type: moment.detected, rule: queue.abandoned}\n", "", None
    )
    heard = HEAD.replace("queue.long_wait", "queue.abandoned") + EVENT + "mode: shadow\n"
    lines = [one.text for one in lint([hearing, RuleFile("queue.abandoned.yaml", heard, "", None)], VOCABULARY, POLICY)]
    assert [line for line in lines if "tests" not in line] == [
        "queue.long_wait.yaml:7:40: warning: 'queue.abandoned' is in mode shadow, so its moments are heard by nobody; "
        "let it be live first"
    ]


def test_a_rule_whose_emotion_is_the_dominant_one_is_told_of_without_it() -> None:
    head = HEAD.replace("queue.long_wait", "queue.mine").replace("emotion: stressed", "emotion: dominant")
    tests = FIRING.replace("queue.long_wait", "queue.mine")
    assert found("  levels: [stressed]\n  above: 2\n", tests, head, "queue.mine.yaml") == [
        "queue.mine.yaml:1:5: warning: no action of policy 'outreach' answers it, "
        "so its customers hear nothing; name it in the 'moments' of an action"
    ]


EVENT = "  event: {type: queue.abandoned}\n"


def test_a_rule_that_is_off_is_named() -> None:
    assert found(EVENT + "mode: 'off'\n") == [
        "queue.long_wait.yaml:8:7: warning: the rule is off, so it never fires; "
        "write mode: live, mode: shadow, or take the file away"
    ]


def test_types_and_properties_that_nobody_has_heard_of_are_named_where_they_stand() -> None:
    assert found("  event: {type: queue.abandonned, wait_second|gt: 9}\n") == [
        "queue.long_wait.yaml:7:17: warning: type 'queue.abandonned' is not in the vocabulary; "
        "did you mean 'queue.abandoned'?",
        "queue.long_wait.yaml:7:35: warning: property 'wait_second' is not in the vocabulary; "
        "did you mean 'wait_seconds'?",
    ]


def test_types_of_ones_own_may_have_properties_of_ones_own() -> None:
    assert found("  event: {type: x.garage_left, garage: north}\n") == []


def test_missing_tests_are_named() -> None:
    assert found(EVENT, tests=None) == [
        "queue.long_wait.yaml:1:5: warning: it has no tests; write queue.long_wait.test.yaml"
    ]


def test_tests_that_only_fire_or_never_do_are_named() -> None:
    assert found(EVENT, tests=LINE) == [
        "queue.long_wait.test.yaml:1:1: warning: no case in which it must fire; add one with the moments expected"
    ]
    only_firing = FIRING.replace(LINE, LINE[: LINE.index("  - name")])
    assert found(EVENT, tests=only_firing) == [
        "queue.long_wait.test.yaml:1:1: warning: no case in which it must not fire; add one with 'moments: []'"
    ]


def test_a_moment_that_no_action_answers_is_named() -> None:
    tests, head = FIRING.replace("queue.long_wait", "queue.mine"), HEAD.replace("queue.long_wait", "queue.mine")
    assert found(EVENT, tests, head, "queue.mine.yaml") == [
        "queue.mine.yaml:1:5: warning: no action of policy 'outreach' answers it, "
        "so its stressed customers hear nothing; name it in the 'moments' of an action"
    ]


def test_a_file_that_is_not_named_after_its_rule_is_named() -> None:
    assert found(EVENT, name="wait.yaml") == [
        "wait.yaml:1:5: warning: the file of queue.long_wait is wait.yaml; name it queue.long_wait.yaml"
    ]


def overlapping(one: str, other: str) -> list[str]:
    head = HEAD.replace("queue.long_wait", "queue.abandoned")
    files = [
        RuleFile(
            "queue.abandoned.yaml", head + one, "a.test.yaml", FIRING.replace("queue.long_wait", "queue.abandoned")
        ),
        RuleFile("queue.long_wait.yaml", HEAD + other, "b.test.yaml", FIRING),
    ]
    return [one.text for one in lint(files, shipped_vocabulary(), POLICY)]


COUNT = "  count: {type: queue.abandoned, wait_seconds|gt: 5}\n  at_least: 2\n  within: 7d\n"


def test_rules_that_differ_in_numbers_only_overlap() -> None:
    assert overlapping(COUNT, COUNT.replace("2", "3").replace("7d", "14d").replace("5", "60")) == [
        "queue.long_wait.yaml:7:3: warning: queue.long_wait differs only in numbers from queue.abandoned "
        "in queue.abandoned.yaml; keep one, or let them listen to different things"
    ]


def test_rules_that_listen_to_different_things_do_not_overlap() -> None:
    assert overlapping(COUNT, COUNT.replace("queue.abandoned", "ivr.abandoned")) == []
    assert overlapping(COUNT, COUNT + "by: [skill]\n") == []


def test_one_id_in_two_files_is_an_error() -> None:
    files = [
        RuleFile(name, HEAD + EVENT, "queue.long_wait.test.yaml", FIRING)
        for name in ("a/queue.long_wait.yaml", "b/queue.long_wait.yaml")
    ]
    assert [one.text for one in lint(files, shipped_vocabulary(), POLICY) if one.level == "error"] == [
        "b/queue.long_wait.yaml:1:5: error: queue.long_wait stands in a/queue.long_wait.yaml too; keep one"
    ]
