from __future__ import annotations

import re

import pytest

from streams.authoring import drawn, explained, shipped_policy_text
from streams.authoring.condition_words import duration_words
from streams.catalogue import load_catalogue
from streams.detection import parse_rule
from streams.detection.durations import duration_ms
from streams.detection.moment_types import LEVEL_TYPE
from streams.outreach import parse_policy

TEXTS = dict(load_catalogue())
POLICY = parse_policy(shipped_policy_text(), "policy.yaml")
_DURATION = re.compile(r"(?<![\w.])(?:\d+(?:ms|[smhdw]))+(?![\w.])")


def body(text: str) -> str:
    """What a rule says besides its prose."""
    return text[text.index("detect:") : text.index("references:")]


@pytest.mark.parametrize("name", TEXTS)
def test_the_explanation_names_every_type_of_every_condition(name: str) -> None:
    rule = parse_rule(TEXTS[name], name)
    types = rule.detect.types().union(*(clause.condition.types() for clause in rule.resolved_by)) - {LEVEL_TYPE}
    told = explained(rule, POLICY)
    assert [one for one in sorted(types) if not re.search(rf"(?<![\w.]){re.escape(one)}(?![\w]|\.\w)", told)] == []


@pytest.mark.parametrize("name", TEXTS)
def test_the_explanation_names_every_duration(name: str) -> None:
    durations = {duration_words(duration_ms(text)) for text in _DURATION.findall(body(TEXTS[name]))}
    told = explained(parse_rule(TEXTS[name], name), POLICY)
    assert [one for one in sorted(durations) if one not in told] == []


@pytest.mark.parametrize("name", TEXTS)
def test_the_explanation_names_the_action_that_answers(name: str) -> None:
    rule = parse_rule(TEXTS[name], name)
    assert f"  {POLICY.by_moment[rule.id].id} (" in explained(rule, POLICY)


@pytest.mark.parametrize("name", TEXTS)
def test_the_drawing_names_every_type_looked_for_and_ends_with_the_moment(name: str) -> None:
    rule = parse_rule(TEXTS[name], name)
    lines = drawn(rule).splitlines()
    assert [one for one in sorted(rule.detect.types() - {LEVEL_TYPE}) if one not in drawn(rule)] == []
    assert f"  *   {rule.id} ({rule.emotion})" in lines


PATTERN = """\
id: test.pattern
version: 1
title: Everything
description: What a pattern can say.
emotion: anxious
detect:
  sequence:
    - not_before: {type: app.opened}
      for: 30d
    - start: {type: bill.issued}
      name: first_bill
    - followed_by: {type: bill.issued, amount|gt: {last: first_bill}}
      name: higher
      times: {at_least: 1, at_most: 3}
      greedy: true
    - not_followed_by: {type: contact.started}
      for: 1d
    - followed_by_any: {type: contract.cancelled}
      within: 14d
  within: 90d
  every: whole
  skip: {skip_to_last: higher}
  report: both
"""


def test_every_word_of_a_pattern_is_told() -> None:
    told = explained(parse_rule(PATTERN, "test.pattern.yaml"), POLICY)
    begin, end = told.index("What it looks for"), told.index("For whom")
    assert told[begin:end].strip().splitlines()[1:] == [
        "  For 30 days before it begins there was no app.opened.",
        "  It begins with bill.issued (called first_bill).",
        "  Later follows bill.issued, where amount is above the amount of the last 'first_bill', 1 to 3 times, "
        "as many as come (called higher).",
        "  There must not be contact.started between the steps for 1 day.",
        "  Later follows, each making a match of its own, contract.cancelled, less than 14 days after the one before.",
        "  From the first step to the last it takes less than 90 days.",
        "  Nothing begins while one is under way.",
        "  A match drops what began before the last of higher.",
        "  What was under way when its time ran out is reported too.",
    ]


def test_a_drawing_runs_from_the_first_touchpoint_down_to_the_quiet_after_the_moment() -> None:
    assert drawn(parse_rule(TEXTS["queue.abandoned_silent.yaml"], "queue.abandoned_silent.yaml")).splitlines() == [
        "  o   ivr.entered, contact.started or chat.started",
        "  |",
        "  o   queue.abandoned, where it does not hold that wait_seconds is below 5",
        "  |   less than 4 hours from the first step",
        "  | x none of: anything that ends it, for 3 days after the last step",
        "  | x ended by: ivr.entered, contact.started, chat.started or email.received, "
        "of another correlation_id than the first",
        "  | x ended by: agent.connected",
        "  |",
        "  *   queue.abandoned_silent (neglected)",
        "  :",
        "  :   quiet for 7 days",
    ]


TOLD = {
    "{sum: amount, of: {type: payment.made}, at_least: 500, within: 7d}": [
        "It looks at touchpoints that are payment.made.",
        "It fires when the sum of amount is at least 500, over at least 1 of them, all less than 7 days apart.",
    ],
    "{rising: amount, of: {type: bill.issued}, in_a_row: 3, within: 1w, inclusive: true}": [
        "It looks at touchpoints that are bill.issued.",
        "It fires when 3 of them in a row have each a higher amount than the one before, all at most 7 days apart.",
    ],
    "{habit: {type: app.opened}, at_least: 5, within: 14d, stopped_for: 1d12h}": [
        "There is a habit when app.opened comes on at least 5 of 14 days.",
        "It fires when that then stays away for 1 day 12 hours.",
    ],
    "{habit: {type: app.opened}, at_least: 5, within: 14d, resumed_after: 30d}": [
        "There is a habit when app.opened comes on at least 5 of 14 days.",
        "It fires when it is taken up again after 30 days or more without.",
    ],
    "{count: {channel|ne: [app, web]}, at_least: 2, within: 1ms}": [
        "It fires when there are at least 2 touchpoints that are anything, where channel is known and not app nor web.",
        "First and last of them lie less than 1 millisecond apart.",
    ],
}


@pytest.mark.parametrize("detect", TOLD)
def test_operators_that_no_shipped_rule_uses_are_told_too(detect: str) -> None:
    head = "id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: joyful\n"
    told = explained(parse_rule(f"{head}detect: {detect}\n", "a.b.yaml"), POLICY).splitlines()
    assert [line.strip() for line in told[told.index("What it looks for") + 1 : told.index("For whom") - 1]] == TOLD[
        detect
    ]
