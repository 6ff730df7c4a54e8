"""The definitions that a worker is measured with: all shipped rules, or eight of them, and the shipped policy."""

from __future__ import annotations

from pathlib import Path

import streams.outreach
from schemas import Control
from streams.catalogue import load_catalogue
from streams.controls import activation
from streams.detection import parse_rule
from streams.outreach import parse_policy

EIGHT = (
    "flow.abandoned",
    "contact.repeated",
    "contact.third",
    "contact.bounced",
    "ivr.abandoned",
    "queue.long_wait",
    "queue.abandoned",
    "queue.abandoned_silent",
)
"""The rules of calls, which the goals for throughput were set with."""

RULES = ("all", "eight")
"""What may be measured with: every rule of the catalogue, or the :data:`EIGHT`."""


def shipped_rules(rules: str = "all") -> list[Control]:
    """Activations of the rules of the catalogue; ``rules`` is one of :data:`RULES`."""
    texts = {filename.removesuffix(".yaml"): text for filename, text in load_catalogue()}
    return [rule_activation(texts[name], f"{name}.yaml") for name in (EIGHT if rules == "eight" else texts)]


def shipped(rules: str = "all") -> list[Control]:
    """The same, and the activation of the shipped policy."""
    text = Path(streams.outreach.__file__).with_name("policy.yaml").read_text(encoding="utf-8")
    return [*shipped_rules(rules), policy_activation(text)]


def rule_activation(text: str, filename: str = "benchmark") -> Control:
    """The activation of a rule's text."""
    rule = parse_rule(text, filename)
    return activation("rule", rule.id, rule.version, text)


def policy_activation(text: str, filename: str = "benchmark") -> Control:
    """The activation of a policy's text."""
    policy = parse_policy(text, filename)
    return activation("policy", policy.id, policy.version, text)
