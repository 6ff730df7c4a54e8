"""A new rule with its tests, to be changed into what is meant."""

from __future__ import annotations

from pathlib import Path

from streams.authoring.rule_files import TEST_SUFFIX

_HEAD = """\
id: {name}
version: 1
title: {title}
description: >
  {description} Say here in a sentence what the customer went through.
emotion: {emotion}
"""
_FOOT = """\
cool_down: 7d
expires_after: 24h
references:
  - Where the idea comes from.
false_positives:
  - When it errs.
"""
_FIRST = "rule: {name}\ndefaults: {{channel: voice, type: queue.abandoned}}\ncases:\n"

_DETECT = {
    "event": "  event: {type: queue.abandoned, wait_seconds|gt: 300}\n",
    "count": "  count: {type: queue.abandoned}\n  at_least: 3\n  within: 7d\n",
    "distinct": "  distinct: skill\n  of: {type: queue.abandoned}\n  at_least: 2\n  within: 7d\n",
    "sequence": (
        "  sequence:\n    - start: {type: queue.abandoned}\n    - followed_by: {type: complaint.made}\n  within: 1d\n"
    ),
    "absence": (
        "  sequence:\n    - start: {type: queue.abandoned}\n"
        "    - not_followed_by: {type: agent.connected}\n      for: 1d\n"
    ),
    "score": (
        "  score:\n    - {event: {type: queue.abandoned}, weight: 2}\n    - {event: {type: praise.given}, weight: -2}\n"
        "  half_life: 2d\n  above: 3\n"
    ),
}
KINDS = tuple(_DETECT)
"""What a draft can look for."""

_SAYS = {
    "event": "The customer gave up after more than five minutes in a queue.",
    "count": "Three calls given up in a queue within seven days.",
    "distinct": "Calls given up in the queues of two different skills within seven days.",
    "sequence": "A call given up in a queue, and a complaint within a day.",
    "absence": "A call given up in a queue, and for a day nobody talked to the customer.",
    "score": "Calls given up add up, fading by half in two days; praise takes away.",
}
_CASES = {
    "event": """\
  - name: Just more than five minutes
    touchpoints:
      - {at: 0s, id: a, wait_seconds: 301}
    moments:
      - {at: 0s, evidence: [a]}

  - name: Five minutes are not more
    touchpoints:
      - {at: 0s, id: a, wait_seconds: 300}
    moments: []
""",
    "count": """\
  - name: The third within seven days
    touchpoints:
      - {at: 0s, id: a}
      - {at: 3d, id: b}
      - {at: 7d-1ms, id: c}
    moments:
      - {at: 7d-1ms, evidence: [a, b, c], context: {count: 3}}

  - name: At exactly seven days the first no longer counts
    touchpoints:
      - {at: 0s, id: a}
      - {at: 3d, id: b}
      - {at: 7d, id: c}
    moments: []
""",
    "distinct": """\
  - name: The second skill within seven days
    touchpoints:
      - {at: 0s, id: a, skill: billing}
      - {at: 7d-1ms, id: b, skill: moving}
    moments:
      - {at: 7d-1ms, evidence: [a, b], context: {distinct: 2}}

  - name: At exactly seven days the first no longer counts
    touchpoints:
      - {at: 0s, id: a, skill: billing}
      - {at: 7d, id: b, skill: moving}
    moments: []

  - name: Twice the same skill is one
    touchpoints:
      - {at: 0s, id: a, skill: billing}
      - {at: 1h, id: b, skill: billing}
    moments: []
""",
    "sequence": """\
  - name: A complaint just within the day
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1d-1ms, id: b, type: complaint.made}
    moments:
      - {at: 1d-1ms, evidence: [a, b]}

  - name: At exactly a day it is too late
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1d, id: b, type: complaint.made}
    moments: []
""",
    "absence": """\
  - name: For a day nobody talks to the customer
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1d, id: b, type: agent.connected}
    until: 30d
    moments:
      - {at: 1d, evidence: [a]}

  - name: An agent just before the day is over
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1d-1ms, id: b, type: agent.connected}
    until: 30d
    moments: []
""",
    "score": """\
  - name: The second soon after the first
    touchpoints:
      - {at: 0s, id: a}
      - {at: 2d, id: b}
    moments:
      - {at: 2d, evidence: [a, b]}

  - name: A moment later the first has faded too far
    touchpoints:
      - {at: 0s, id: a}
      - {at: 2d+1s, id: b}
    moments: []

  - name: Praise takes away
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1h, id: b, type: praise.given}
      - {at: 2h, id: c}
    moments: []
""",
}


def drafted(name: str, emotion: str, kind: str) -> tuple[str, str]:
    """The text of a rule and of its tests, which pass.

    Args:
        name: the rule's id, ``family.moment``.
        emotion: one of the six.
        kind: one of ``KINDS``.
    """
    title = name.replace(".", " ").replace("_", " ").capitalize()
    head = _HEAD.format(name=name, title=title, description=_SAYS[kind], emotion=emotion)
    return f"{head}detect:\n{_DETECT[kind]}{_FOOT}", _FIRST.format(name=name) + _CASES[kind]


def write_draft(folder: Path, name: str, emotion: str, kind: str) -> tuple[Path, Path]:
    """Write both files; the folder is made where there is none.

    Raises:
        FileExistsError: one of them is there already; then neither is written.
    """
    rule, tests = folder / f"{name}.yaml", folder / f"{name}{TEST_SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (rule, tests):
        if path.exists():
            raise FileExistsError(17, "is there already and is not overwritten", str(path))
    for path, text in zip((rule, tests), drafted(name, emotion, kind), strict=True):
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return rule, tests
