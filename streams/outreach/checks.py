"""The checks of a decision, one function each, in the order in which they are made.

Order (the full policy adds to it, at the places named): pause -> still valid -> identity -> consent
(suppression lists) -> cool-down (ask/use, holdout, arbitration) -> channel (frequency cap, quiet
hours, capacity).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas import Check, Moment
from streams.outreach.pause import ALL, NO_PAUSES, Pauses
from streams.outreach.policy import Action
from streams.outreach.state import GRANTED, OutreachState

OK = "ok"

REASONS = {
    OK: "every check passed: triggered",
    "no_action": "the policy has no action for moments of this rule",
    "paused": "the kill switch is thrown, for all outreach or for this action",
    "shadow": "the rule rehearses: detected and recorded, never answered",
    "expired": "the moment's answer would come too late",
    "resolved": "what the customer did later made the answer pointless",
    "anonymous": "the customer is not identified",
    "consent_none": "no consent for the purpose on any channel of the action",
    "consent_denied": "consent was denied",
    "consent_withdrawn": "consent was given once and taken back",
    "cool_down": "the same customer got the same action a short while ago",
}
"""Every reason that a decision may give."""


@dataclass(slots=True)
class Candidate:
    """One action that could answer one moment, as it is being judged.

    Attributes:
        now: ms UTC; later than the moment's detection when an overdue deadline fired it.
        allowed: channels that are left, preferred first; checks narrow them.
        pauses: the kill switches that are thrown.
    """

    moment: Moment
    action: Action
    state: OutreachState
    now: int
    resolved_at: int | None
    allowed: list[str] = field(default_factory=list)
    pauses: Pauses = field(default_factory=lambda: NO_PAUSES)


Judgement = tuple[str, dict[str, str]]
"""The reason (``ok`` when passed) and what was looked at."""


def pause(candidate: Candidate) -> Judgement:
    """Neither all outreach nor this action is stopped by the kill switch."""
    pauses = candidate.pauses
    found = (pauses.get(ALL) or pauses.get(candidate.action.id)) if pauses else None
    if found is None:
        return OK, {"paused": "no"}
    return "paused", {"paused": "all" if found.id == ALL else found.id, "since": str(found.at)}


def still_valid(candidate: Candidate) -> Judgement:
    """Neither expired nor already resolved, nor a rehearsal of a rule in shadow mode."""
    moment = candidate.moment
    inputs = {"expires_at": str(moment["expires_at"]), "mode": moment["mode"], "now": str(candidate.now)}
    if moment["mode"] != "live":
        return "shadow", inputs
    if candidate.now >= moment["expires_at"]:
        return "expired", inputs
    if candidate.resolved_at is not None and candidate.resolved_at > moment["evidence"][-1]["occurred_at"]:
        return "resolved", {**inputs, "resolved_at": str(candidate.resolved_at)}
    return OK, inputs


def identity(candidate: Candidate) -> Judgement:
    """A stand-in id is nobody whom one could contact."""
    identified = candidate.moment["identified"]
    return (OK if identified else "anonymous"), {"identified": str(identified).lower()}


def consent(candidate: Candidate) -> Judgement:
    """Opt-in for the purpose on at least one of the action's channels; none means no."""
    action, state = candidate.action, candidate.state
    answers = {channel: state.consent(action.purpose, channel) for channel in candidate.allowed}
    candidate.allowed = [channel for channel, answer in answers.items() if answer == GRANTED]
    inputs = {
        "purpose": action.purpose,
        **{f"consent.{channel}": answer for channel, answer in sorted(answers.items())},
    }
    if candidate.allowed:
        return OK, inputs
    refused = [answer for answer in answers.values() if answer != "none"]
    return (f"consent_{refused[0]}" if refused else "consent_none"), inputs


def cool_down(candidate: Candidate) -> Judgement:
    """The same action not again before its cool-down has passed."""
    until = candidate.state.cooling.get(candidate.action.id)
    if until is None:
        return OK, {}
    return ("cool_down" if candidate.now < until else OK), {"until": str(until), "now": str(candidate.now)}


def channel(candidate: Candidate) -> Judgement:
    """The first channel, in the action's order of preference, that is left."""
    chosen = candidate.allowed[0]
    return OK, {"allowed": " ".join(candidate.allowed), "chosen": chosen}


CHECKS: tuple[tuple[str, Callable[[Candidate], Judgement]], ...] = (
    ("pause", pause),
    ("still_valid", still_valid),
    ("identity", identity),
    ("consent", consent),
    ("cool_down", cool_down),
    ("channel", channel),
)


def run_checks(candidate: Candidate) -> tuple[str, list[Check]]:
    """Judge the candidate.

    Returns:
        The first failed check's reason or ``ok``, and the checks made, the failed one last.
    """
    made: list[Check] = []
    for name, judge in CHECKS:
        reason, inputs = judge(candidate)
        made.append({"name": name, "passed": reason == OK, "reason": reason, "inputs": inputs})
        if reason != OK:
            return reason, made
    return OK, made
