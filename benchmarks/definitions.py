"""The definitions that a worker is measured with: all shipped rules and the shipped policy."""

from __future__ import annotations

from pathlib import Path

import streams.outreach
from schemas import Control
from streams.catalogue import load_catalogue
from streams.controls import activation
from streams.detection import parse_rule
from streams.outreach import parse_policy


def shipped_rules() -> list[Control]:
    """Activations of every rule of the catalogue."""
    return [rule_activation(text, filename) for filename, text in load_catalogue()]


def shipped() -> list[Control]:
    """Activations of every rule of the catalogue, and of the shipped policy."""
    text = Path(streams.outreach.__file__).with_name("policy.yaml").read_text(encoding="utf-8")
    return [*shipped_rules(), policy_activation(text)]


def rule_activation(text: str, filename: str = "benchmark") -> Control:
    """The activation of a rule's text."""
    rule = parse_rule(text, filename)
    return activation("rule", rule.id, rule.version, text)


def policy_activation(text: str, filename: str = "benchmark") -> Control:
    """The activation of a policy's text."""
    policy = parse_policy(text, filename)
    return activation("policy", policy.id, policy.version, text)
