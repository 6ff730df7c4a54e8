"""A small policy for tests, with whatever is put on top of it, and its parts in the order of lint."""

from __future__ import annotations

from streams.authoring.policies import PolicyFile, lint_policy
from streams.vocabulary import shipped_vocabulary

HEAD = "id: small\nversion: 1\ndescription: For tests.\n"
HELP = """\
actions:
  - id: help
    moments: [queue.abandoned]
    class: service
    purpose: care
    channels: [sms, email]
    template: help
    cool_down: 1d
"""
OFFER = """\
  - id: offer
    moments: [cart.abandoned]
    class: promotional
    purpose: offers
    channels: [email]
    template: offer
    cool_down: 14d
"""
LIMITS = """\
limits:
  caps:
    - {id: day, most: 1, within: 1d}
  quiet_hours:
    windows: [{from: "21:00", to: "08:00"}]
    zones: [Europe/Vienna]
suppressions:
  - {list: do_not_contact, classes: [service, promotional]}
"""
CART = """\
id: cart.abandoned
version: 1
title: t
description: d
emotion: neglected
detect: {event: {type: cart.emptied}}
expires_after: 2d
"""
QUEUE = """\
id: queue.abandoned
version: 1
title: t
description: d
emotion: stressed
detect: {event: {type: queue.abandoned}}
expires_after: 1d
resolved_by: {type: agent.connected}
keep: [skill]
"""
RULES = {"queue.abandoned": QUEUE, "cart.abandoned": CART}
CASES = """\
policy: small
customer: {consents: {care: [sms]}, profile: {time_zone: Europe/Vienna}}
cases:
  - name: yes
    time_line: [{at: 0s, moment: a, rule: queue.abandoned}]
    decisions: [{at: 0s, moment: a, status: triggered}]
  - name: no
    customer: {consents: {}}
    time_line: [{at: 0s, moment: a, rule: queue.abandoned}]
    decisions: [{at: 0s, moment: a, status: refused, reason: consent_none}]
"""


def small(more: str = LIMITS, actions: str = HELP + OFFER, tests: str | None = CASES) -> PolicyFile:
    """The policy; ``more`` stands after its actions."""
    return PolicyFile("small.yaml", HEAD + actions + more, "small.test.yaml", tests)


def findings(file: PolicyFile, rules: dict[str, str] = RULES) -> list[str]:
    """What lint finds, without the file's name."""
    return [
        finding.text.removeprefix(f"{finding.filename}:") for finding in lint_policy(file, rules, shipped_vocabulary())
    ]
