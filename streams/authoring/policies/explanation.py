"""A policy in plain sentences: who gets what, within which limits, and when never."""

from __future__ import annotations

from streams.authoring.condition_words import duration_words, joined
from streams.authoring.policies.limit_words import holdout_words, limits_sentences, suppression_sentence
from streams.outreach import Action, Policy
from streams.outreach.policy import HOLDOUT

_OVERRIDES = {
    "caps": "caps",
    "quiet_hours": "quiet hours",
    "ask_use": "the ask/use ratio",
    "holdout": "control groups",
    "arbitration": "the contest with others",
}


def explained_policy(policy: Policy) -> str:
    """Never, limits, contest, and each action, under headings."""
    everybody = "Everybody else" if policy.variants else "Everybody"
    sections = [
        ("", [" ".join(policy.description.split())]),
        ("Never", _never(policy)),
        *((_variant(one.section, one.name), limits_sentences(one.limits)) for one in policy.variants),
        (everybody, limits_sentences(policy.limits)),
        ("When several could go out", _contest(policy)),
        ("Who gets what", [_action(action) for action in policy.actions]),
    ]
    lines = [f"{policy.id}, version {policy.version}"]
    for heading, sentences in sections:
        lines += ["", *([heading] if heading else [])]
        lines += [f"  {sentence}" for sentence in sentences if sentence]
    return "\n".join(lines)


def _variant(section: str, name: str) -> str:
    return f"Customers of persona '{name}'" if section == "persona" else f"Customers in segment '{name}'"


def _never(policy: Policy) -> list[str]:
    lines = ["Without consent for the purpose on that channel nobody is contacted; none is no."]
    lines += [suppression_sentence(one) for one in policy.suppressions]
    if policy.holdout is not None:
        free = [action.id for action in policy.actions if HOLDOUT in action.may_override]
        but = f" nothing but {joined(free, 'or')}" if free else " nothing"
        lines.append(f"Control group: {holdout_words(policy.holdout)}, get{but}.")
    return lines


def _contest(policy: Policy) -> list[str]:
    wait = (
        f"A candidate waits {duration_words(policy.arbitration_wait)} for others to compete with."
        if policy.arbitration_wait
        else "Only candidates of the same moment in time compete."
    )
    costs = [f"{channel} {cost:g}" for channel, cost in policy.channel_costs]
    return [
        wait,
        "The one whose priority times value times propensity is highest goes out, the others are refused.",
        f"A contact costs by {', by '.join(costs)}." if costs else "",
    ]


def _action(action: Action) -> str:
    """As ``call.back (service, for care) on queue.abandoned, by sms, else email; not again for 7 days.``"""
    parts = [
        f"{action.id} ({action.action_class}, for {action.purpose}) on {joined(action.moments, 'or')}, "
        f"by {', else '.join(action.channels)}"
    ]
    if action.cool_down:
        parts.append(f"not again for {duration_words(action.cool_down)}")
    if action.bought_within:
        parts.append(f"not if the product was bought in the last {duration_words(action.bought_within)}")
    weight = action.priority * action.value * action.propensity
    if weight != 1:
        parts.append(f"weighs {weight:g} ({action.priority} x {action.value:g} x {action.propensity:g})")
    if action.may_override:
        parts.append(f"passes over {joined([_OVERRIDES[limit] for limit in action.may_override])}")
    if not action.counts_toward_caps:
        parts.append("fills no cap")
    if action.quiet_fallback is not None:
        waits = {"abort": "is not made in quiet hours", "next_available": "waits in quiet hours"}
        parts.append(waits[action.quiet_fallback])
    if action.holdout is not None:
        parts.append(f"withheld from {holdout_words(action.holdout)}")
    if action.sandbox:
        parts.append("rehearsed: triggers are marked, and nobody gets it")
    return "; ".join(parts) + "."
