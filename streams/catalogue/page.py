"""docs/catalogue.md: every moment of the catalogue, from the rules and the policy themselves.

``python -m streams.catalogue > docs/catalogue.md`` writes it.
"""

from __future__ import annotations

from importlib.resources import files

from streams.catalogue import load_catalogue
from streams.detection import Rule, parse_rule
from streams.outreach import Policy, parse_policy

_RULES = "../streams/catalogue"


PARTLY: tuple[tuple[str, str], ...] = (
    ("habit.noticed, price.watch", "days of UTC; the customer's own wait for a time zone in the profile"),
)
"""Moments whose rule covers one half of what they mean."""


def catalogue_page() -> str:
    """The page as Markdown."""
    policy = parse_policy((files("streams.outreach") / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    rules = [(name, parse_rule(text, name)) for name, text in load_catalogue()]
    parts = [_head(len(rules)), _carried(rules, policy), _false_positives(rules), _partly()]
    return "\n\n".join(parts) + "\n"


def _head(number: int) -> str:
    return (
        "# The catalogue of moments\n\n"
        "Written by `python -m streams.catalogue` from the rules and the policy; a test holds it to them.\n\n"
        f"{number} moments are shipped as rules. Each stands in `streams/catalogue/<moment>.yaml`, its tests beside it "
        "in `<moment>.test.yaml`; [rules.md](rules.md) is the language, [touchpoints.md](touchpoints.md) names the "
        "touchpoints that they read. Windows and limits are defaults: change them in the rule. What is answered how "
        "stands in `streams/outreach/policy.yaml`; there is no contact without consent for its purpose."
    )


def _carried(rules: list[tuple[str, Rule]], policy: Policy) -> str:
    lines = ["| moment | emotion | what it detects | answered by | rule |", "| --- | --- | --- | --- | --- |"]
    for name, rule in rules:
        action = policy.by_moment.get(rule.id)
        answer = f"`{action.id}` ({action.action_class}, for {action.purpose})" if action else "nothing"
        file = f"[{name}]({_RULES}/{name})"
        lines.append(f"| {rule.id} | {rule.emotion} | {_cell(rule.description)} | {answer} | {file} |")
    return "\n".join(lines)


def _false_positives(rules: list[tuple[str, Rule]]) -> str:
    lines = ["## When they err", ""]
    for _, rule in rules:
        lines.append(f"- **{rule.id}**: {' '.join(_cell(said) for said in rule.false_positives)}")
    return "\n".join(lines)


def _partly() -> str:
    lines = ["## Carried in part", ""]
    lines += [f"- **{moments}**: {what}." for moments, what in PARTLY]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
