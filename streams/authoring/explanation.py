"""A rule in plain sentences, and drawn."""

from __future__ import annotations

from streams.authoring.condition_words import clause_words, duration_words, fields_words
from streams.authoring.operator_words import by_words, operator_words
from streams.authoring.told import Mark
from streams.detection import Rule
from streams.outreach import Policy

_MODES = {
    "live": "",
    "shadow": "It is in the shadow: it finds and records, and nobody is contacted.",
    "off": "It is off: it finds nothing.",
}


def explained(rule: Rule, policy: Policy) -> str:
    """What begins it, what must follow or stay away, when it may fire again, what ends it, what answers it."""
    sections = [
        ("", [" ".join(rule.description.split())]),
        ("What it looks for", operator_words(rule.detect).sentences),
        ("For whom", _for_whom(rule)),
        ("Afterwards", _afterwards(rule)),
        ("Answered by", [_answer(rule, policy)]),
    ]
    lines = [f"{rule.id}, version {rule.version}: {rule.title} ({rule.emotion}, intensity {rule.intensity:g})"]
    for heading, sentences in sections:
        lines += ["", *([heading] if heading else [])]
        lines += [f"  {sentence}" for sentence in sentences if sentence]
    return "\n".join(lines)


def drawn(rule: Rule) -> str:
    """The time line from top to bottom: ``o`` a touchpoint, ``x`` what must stay away, ``*`` the moment."""
    marks = [*operator_words(rule.detect).marks, Mark("*", f"{rule.id} ({rule.emotion})")]
    lines = []
    for place, (sign, label) in enumerate(marks):
        inner = sign in "x|"
        lines += ["  |"] if place and not inner else []
        lines.append(f"  | {'x' if sign == 'x' else ' '} {label}" if inner else f"  {sign}   {label}")
    if rule.cool_down is not None:
        lines += ["  :", f"  :   quiet for {duration_words(rule.cool_down.ms)}"]
    return "\n".join(lines)


def _for_whom(rule: Rule) -> list[str]:
    late = {
        "ignore": "Touchpoints that arrive out of order are left out.",
        "apply": "Touchpoints that arrive out of order count at their own time.",
    }
    whom = "Customers who are identified." if rule.identified_only else "Every customer, identified or not."
    return [
        whom,
        by_words(rule.by),
        late[rule.late] if rule.detect.default_late is not None else "",
        _MODES[rule.mode],
    ]


def _afterwards(rule: Rule) -> list[str]:
    if rule.cool_down is None:
        again = "It may fire again at once."
    else:
        per = f" for the same {fields_words(rule.cool_down.by)}" if rule.cool_down.by else ""
        again = f"After the moment it is quiet{per} for {duration_words(rule.cool_down.ms)}."
    lines = [again, f"Nobody is contacted about it later than {duration_words(rule.expires_after_ms)} after it."]
    lines += [f"It is over when there is {clause_words(clause)}." for clause in rule.resolved_by]
    if not rule.resolved_by:
        lines.append("No touchpoint ends its cause.")
    return [*lines, f"The moment carries {fields_words(rule.keep)}." if rule.keep else ""]


def _answer(rule: Rule, policy: Policy) -> str:
    action = policy.by_moment.get(rule.id)
    if action is None:
        return f"Nothing: policy '{policy.id}' has no action for it."
    channels = ", else ".join(action.channels)
    quiet = f"to the same customer not again for {duration_words(action.cool_down)}"
    return f"{action.id} ({action.action_class}, for {action.purpose}) by {channels}; {quiet}."
